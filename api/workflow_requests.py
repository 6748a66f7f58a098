"""What the API asks of a workflow: it looks first what the database says already, and may then ask a run."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.engine import Engine
from api.gate import Claim
from domain.errors import BookMeError
from workflows.messages import Asked

Answer = TypeVar("Answer")
Told = TypeVar("Told", bound=Asked)
Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Unsettled(Generic[Subject]):
    """The database does not say: a run is to be asked. `subject` tells which one, and what."""

    subject: Subject


class WorkflowRequest(ABC, Generic[Answer, Told, Subject]):
    """`attempt` names the request for its workflow: a repeat with the same name is the same attempt."""

    @property
    @abstractmethod
    def attempt(self) -> str: ...

    @property
    def is_final(self) -> bool:
        """Whether a refusal that was stored for an earlier request of this name is the answer to this one too."""
        return False

    @property
    def needs_one_moment(self) -> bool:
        """Whether all statements of a look must see the same moment, which costs two more round trips."""
        return True

    @property
    def claim(self) -> Claim | None:
        """The time that no two requests should ask for at once."""
        return None

    @abstractmethod
    async def look(self, session: AsyncSession) -> Answer | Unsettled[Subject]:
        """What is settled already; else whom to ask. Raises what refuses the request."""

    @property
    def wish(self) -> Hashable:
        """What others may want as well: of those who wait for the same, one asks for all what refuses it."""
        return None

    async def find_refusal(self, _session: AsyncSession) -> BookMeError | None:
        """What refuses whoever has this wish, and nothing of it yet."""
        return None

    async def look_again(self, session: AsyncSession, _refused: BookMeError | None) -> Answer | Unsettled[Subject]:
        """The same as `look`, when that refusal was found since this was asked."""
        return await self.look(session)

    @abstractmethod
    async def ask(self, engine: Engine, subject: Subject, attempt: str, asked: str) -> Told: ...

    @abstractmethod
    def answer(self, told: Told) -> Answer: ...

    async def ensure_run(self, _engine: Engine, _answer: Answer) -> None:
        """Start the run that should be behind an answer from the database, if it is gone. Never raises."""

    async def recall(self, _session: AsyncSession, _told: Told) -> Answer | None:
        """What an outcome says that was stored for an earlier request; None when it says nothing any more."""
        return None
