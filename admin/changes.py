"""Changes that an operator makes: look first, then carry out, and record both in the log of operators' actions."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from admin.documents import Document
from api.auth.principals import Principal, Scope
from api.http.errors import Unavailable
from api.temporal.bookings import Bookings
from api.temporal.gateway import NoAnswer, TemporalGateway
from api.temporal.meetings import Meetings
from config.errors import StackError
from config.settings import Settings
from config.temporal import EngineUnavailable, SearchAttributeMismatch
from domain.errors import BookMeError
from storage.database import Database, StorageUnavailable
from storage.operator_actions import Action, ActionOutcome, append_action, list_actions

NOT_IN_TIME: Final = (
    "It is not known whether this was done, because no answer came in time. Check that workers run, and repeat the "
    "command: a repeat does nothing twice."
)


class TryAgain(StackError):
    """It is not known whether the change was made. A repeat is safe."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Connections and identity of one command that changes something. `actor` is the operator."""

    settings: Settings
    database: Database
    client: Client
    actor: str

    @property
    def principal(self) -> Principal:
        """The operator as a principal of the API, who may use the bookings of every client."""
        return Principal("operator", self.actor, frozenset({Scope.STAFF}))

    @property
    def bookings(self) -> Bookings:
        gateway = TemporalGateway(self.client, self.settings.task_queue)
        return Bookings(gateway, self.database, show_names=self.settings.show_employee_names)

    @property
    def meetings(self) -> Meetings:
        gateway = TemporalGateway(self.client, self.settings.task_queue)
        return Meetings(gateway, self.database, show_names=self.settings.show_employee_names)


@dataclass(frozen=True, slots=True)
class Change:
    """A change that an operator wants, after a look at the present state.

    `text` says what will be done, as an order. `already` says why nothing needs to be done, or is None. `perform` takes
    the operator's reason, and returns what was done. A change that is not quick may take longer than a request.
    """

    action: str
    subject: str
    text: str
    perform: Callable[[str], Awaitable[str]]
    already: str | None = None
    is_final: bool = True
    is_quick: bool = True


class Changed(Document):
    """Result of a change. `text` says what was done, or what had been done before."""

    action: str
    subject: str
    outcome: ActionOutcome
    text: str
    actor: str


class LoggedAction(Document):
    """An entry in the log of operators' actions."""

    at: datetime
    actor: str
    action: str
    subject: str
    outcome: ActionOutcome
    reason: str


async def carry_out(operation: Operation, change: Change, reason: str) -> Changed:
    """Carry out the change unless it was made before, and record it.

    Raises:
        BookMeError, StackError: the change is refused, and nothing has changed.
        TryAgain: it is not known whether the change was made.
        StorageUnavailable: the database cannot be used.

    """
    action = Action(operation.actor, change.action, change.subject, reason)
    if change.already is not None:
        outcome, text = ActionOutcome.ALREADY_DONE, change.already
    else:
        outcome, text = ActionOutcome.DONE, await _perform(operation, change, action)
    await _record(operation, action, outcome)
    return Changed(action=change.action, subject=change.subject, outcome=outcome, text=text, actor=operation.actor)


async def _perform(operation: Operation, change: Change, action: Action) -> str:
    """Record the request, and perform it. A request that is recorded without an outcome may have been performed."""
    await _record(operation, action, ActionOutcome.REQUESTED)
    try:
        async with asyncio.timeout(operation.settings.request_timeout.total_seconds() if change.is_quick else None):
            return await change.perform(action.reason)
    except (BookMeError, StackError, SearchAttributeMismatch):
        await _record(operation, action, ActionOutcome.REFUSED)
        raise
    except (Unavailable, NoAnswer, TimeoutError, RPCError, RuntimeError, StorageUnavailable) as error:
        with suppress(StorageUnavailable):
            await _record(operation, action, ActionOutcome.UNKNOWN)
        raise TryAgain(f"{NOT_IN_TIME} ({error})" if str(error) else NOT_IN_TIME) from error


async def _record(operation: Operation, action: Action, outcome: ActionOutcome) -> None:
    async with operation.database.transaction() as session:
        await append_action(session, action, outcome)


async def describe_open_run(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription | None:
    """Return the description of the open run, or None if no run is open.

    Raises:
        EngineUnavailable, RPCError: Temporal cannot be reached.

    """
    try:
        found = await handle.describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    except RuntimeError as error:
        raise EngineUnavailable("Temporal cannot be reached. Nothing was changed.") from error
    return found if found.status is WorkflowExecutionStatus.RUNNING else None


def pending_activities(run: WorkflowExecutionDescription) -> set[str]:
    """Return the names of the activities that the run waits for. Local activities are not among them."""
    return {each.activity_type.name for each in run.raw_description.pending_activities}


async def read_log(
    database: Database, *, subject: str | None = None, actor: str | None = None, limit: int
) -> list[LoggedAction]:
    """Return the newest `limit` entries of the log, the newest first."""
    async with database.transaction() as session:
        rows = await list_actions(session, subject=subject, actor=actor, limit=limit)
    return [LoggedAction.model_validate(row) for row in rows]
