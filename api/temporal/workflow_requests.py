"""Base class of requests that read the database first, and may then ask a workflow run."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.temporal.gateway import TemporalGateway
from api.temporal.interval_gate import Claim
from domain.errors import BookMeError
from workflows.booking.messages import Asked

Answer = TypeVar("Answer")
Told = TypeVar("Told", bound=Asked)
Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class NeedsWorkflow(Generic[Subject]):
    """The database has no answer: a run must be asked. `subject` identifies the run, and may hold the request."""

    subject: Subject


class WorkflowRequest(ABC, Generic[Answer, Told, Subject]):
    """Request that the database or a workflow run answers.

    `attempt` is the id of the update: a repeat with the same id is the same attempt.
    """

    @property
    @abstractmethod
    def attempt(self) -> str: ...

    @property
    def is_final(self) -> bool:
        """Return whether a refusal that was stored for an earlier request of this name also answers this request."""
        return False

    @property
    def needs_one_moment(self) -> bool:
        """Return whether all statements of `look` need one snapshot. A snapshot costs two more round trips."""
        return True

    @property
    def claim(self) -> Claim | None:
        """Return the time for which only one request at a time should ask, or None."""
        return None

    @abstractmethod
    async def look(self, session: AsyncSession) -> Answer | NeedsWorkflow[Subject]:
        """Return the answer if the database has it, else the run to ask.

        Raises:
            BookMeError: the request is refused.

        """

    @property
    def wish(self) -> Hashable:
        """Return a key that is equal for requests that want the same. Waiters with equal keys share `find_refusal`."""
        return None

    async def find_refusal(self, _session: AsyncSession) -> BookMeError | None:
        """Return the refusal of every request with this wish that has no hold yet, or None."""
        return None

    async def look_again(self, session: AsyncSession, _refused: BookMeError | None) -> Answer | NeedsWorkflow[Subject]:
        """Do the same as `look`, after `find_refusal` has returned this result since the request came."""
        return await self.look(session)

    @abstractmethod
    async def ask(self, engine: TemporalGateway, subject: Subject, attempt: str, asked: str) -> Told: ...

    @abstractmethod
    def answer(self, told: Told) -> Answer: ...

    async def ensure_run(self, _engine: TemporalGateway, _answer: Answer) -> None:
        """Start the run that belongs to an answer from the database, if the run is gone. Never raise."""

    async def recall(self, _session: AsyncSession, _told: Told) -> Answer | None:
        """Return the answer of an outcome that was stored for an earlier request, or None if it is no longer true."""
        return None
