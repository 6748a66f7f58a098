"""Facts about workflow runs: their status, why they ended, what was refused, and what they cannot finish."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from temporalio.api.common.v1 import SearchAttributes
from temporalio.api.enums.v1 import EventType, PendingActivityState, PendingWorkflowTaskState
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.service import RPCError, RPCStatusCode

from workflows.common import search_attributes as attributes

RPC_TIMEOUT: Final = timedelta(seconds=5)
MOST_RUNS: Final = 5
"""Runs of one workflow id that a story shows: the newest ones."""

MOST_HISTORY: Final = 2_000
"""Events of one history that are read."""

WORDS: Final = {
    "read_booking": "Read the booking from the database",
    "open_meeting": "Start the meeting's run",
    "read_meeting": "Read the meeting from the database",
    "change_meeting": "Change the meeting",
    "move_meeting": "Move the meeting",
    "cancel_meeting": "Cancel the meeting",
    "remind_of": "Remind of the meeting",
    "release_time_slot": "Undo: release the time slot",
    "withdraw_meeting": "Undo: withdraw the meeting",
    "send_invitations": "Mail the invitations",
    "give_up_invitations": "Mark unsent mails as failed",
    "deliver_events": "Deliver events to webhooks",
    "relay_events": "Publish events",
}
"""Activities in the words of the Temporal UI."""


class Said(NamedTuple):
    """Something that a history records: when, and in words."""

    at: datetime
    text: str


class PendingStep(NamedTuple):
    """An activity that has failed and is retried.

    `attempt` is the number of the next or running attempt, `last_at` the start of the last one.
    """

    name: str
    attempt: int
    last_at: datetime
    failure: str


@dataclass(slots=True)
class RunFacts:
    """One run. `refusals` are refused requests, `statuses` the reached statuses, `deadlines` the deadlines of holds."""

    run: WorkflowExecution
    refusals: list[Said] = field(default_factory=list)
    statuses: list[Said] = field(default_factory=list)
    deadlines: list[tuple[datetime, datetime]] = field(default_factory=list)
    terminated: Said | None = None
    cancel_requested: Said | None = None
    failed: Said | None = None
    pending: list[PendingStep] = field(default_factory=list)
    task_attempt: int = 0
    """Attempt of the pending workflow task. More than a few mean a bug: the task of a healthy run succeeds at once."""
    no_worker_since: datetime | None = None
    """Time since which a task of the run waits for a worker, or None. Tasks of steps that have failed do not count."""

    @property
    def is_running(self) -> bool:
        return self.run.status is WorkflowExecutionStatus.RUNNING

    @property
    def is_terminated(self) -> bool:
        return self.run.status is WorkflowExecutionStatus.TERMINATED


async def read_runs(
    client: Client, workflow_id: str, *, most: int = MOST_RUNS, with_history: bool = True
) -> list[RunFacts]:
    """Return the runs of this workflow id, the newest first. Empty if the engine has none.

    Raises:
        RPCError, RuntimeError: the engine cannot be used.

    """
    newest = await describe(client, workflow_id)
    if newest is None:
        return []
    runs: list[WorkflowExecution] = [newest]
    # The index of runs may be a moment late. The newest run is read from the engine itself.
    listed = client.list_workflows(f"WorkflowId = '{workflow_id}'", limit=most, rpc_timeout=RPC_TIMEOUT)
    runs.extend([run async for run in listed if run.run_id != newest.run_id])
    facts = [RunFacts(run) for run in runs[:most]]
    await _note_pending(client, facts[0], newest)
    if with_history:
        for each in facts:
            await _note_history(client, each)
    return facts


async def describe(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    """Return the newest run of this workflow id, or None."""
    try:
        return await client.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _note_pending(client: Client, facts: RunFacts, described: WorkflowExecutionDescription) -> None:
    raw = described.raw_description
    facts.pending = [await _pending(client, each) for each in raw.pending_activities if each.HasField("last_failure")]
    if raw.HasField("pending_workflow_task"):
        facts.task_attempt = raw.pending_workflow_task.attempt
    facts.no_worker_since = min(_waiting_for_worker(raw), default=None)


def _waiting_for_worker(raw: DescribeWorkflowExecutionResponse) -> Iterator[datetime]:
    """Yield the times at which the tasks were queued that no worker has taken yet."""
    task = raw.pending_workflow_task
    if task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED:
        yield instant_of(task.scheduled_time)
    for each in raw.pending_activities:
        is_queued = each.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
        if is_queued and not each.HasField("last_failure"):
            yield instant_of(each.scheduled_time)


async def _pending(client: Client, activity: PendingActivityInfo) -> PendingStep:
    name = activity.activity_type.name
    return PendingStep(
        name=WORDS.get(name, name),
        attempt=activity.attempt,
        last_at=instant_of(
            activity.last_started_time if activity.HasField("last_started_time") else activity.scheduled_time
        ),
        failure=await in_words(client, activity.last_failure),
    )


async def in_words(client: Client, failure: Failure) -> str:
    """Return the failure and its last cause in one phrase. A failure that cannot be decrypted says so."""
    try:
        outer = await client.data_converter.decode_failure(failure)
    except ValueError as error:
        return f"cannot be decrypted: {error}"
    while isinstance(outer, FailureError) and not isinstance(outer, ApplicationError) and outer.cause is not None:
        outer = outer.cause
    inner = outer
    while isinstance(inner, FailureError) and inner.cause is not None:
        inner = inner.cause
    said = _sentence(outer)
    return said if inner is outer else f"{said.rstrip('.')}, because of {_sentence(inner)}"


def _sentence(error: BaseException) -> str:
    kind = error.type if isinstance(error, ApplicationError) else None
    message = error.message if isinstance(error, FailureError) else str(error)
    return f"{kind}: {message}" if kind and kind not in message else message


async def _note_history(client: Client, facts: RunFacts) -> None:
    """Read the run's history, up to `MOST_HISTORY` events."""
    handle = client.get_workflow_handle(facts.run.id, run_id=facts.run.run_id)
    read = 0
    async for event in _events(handle.fetch_history_events(rpc_timeout=RPC_TIMEOUT)):
        await _note(client, facts, event)
        read += 1
        if read >= MOST_HISTORY:
            return


async def _events(found: AsyncIterator[HistoryEvent]) -> AsyncIterator[HistoryEvent]:
    """Yield the events. A history that was deleted meanwhile ends."""
    try:
        async for event in found:
            yield event
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def _note(client: Client, facts: RunFacts, event: HistoryEvent) -> None:
    at = instant_of(event.event_time)
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
            outcome = event.workflow_execution_update_completed_event_attributes.outcome
            if outcome.HasField("failure"):
                facts.refusals.append(Said(at, await in_words(client, outcome.failure)))
        case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
            _note_attributes(facts, at, event.upsert_workflow_search_attributes_event_attributes.search_attributes)
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
            ended = event.workflow_execution_terminated_event_attributes
            facts.terminated = Said(at, _by(ended.identity, ended.reason))
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
            asked = event.workflow_execution_cancel_requested_event_attributes
            facts.cancel_requested = Said(at, _by(asked.identity, asked.cause))
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
            failure = event.workflow_execution_failed_event_attributes.failure
            facts.failed = Said(at, await in_words(client, failure))


def _note_attributes(facts: RunFacts, at: datetime, found: SearchAttributes) -> None:
    for key in (attributes.BOOKING_STATUS, attributes.MEETING_STATUS):
        if status := _text_of(found, key.name):
            facts.statuses.append(Said(at, status))
    if until := _text_of(found, attributes.HOLD_EXPIRES_AT.name):
        facts.deadlines.append((at, datetime.fromisoformat(until)))


def _text_of(found: SearchAttributes, name: str) -> str | None:
    """Return the value of the attribute, or None if it is unset. The SDK's own decoder fails for an unset time."""
    data = found.indexed_fields[name].data if name in found.indexed_fields else b""
    value = json.loads(data) if data else None
    return value if isinstance(value, str) else None


def _by(identity: str, reason: str) -> str:
    """Return who asked for it and why, as far as the engine knows."""
    return " ".join(filter(None, [f"by {identity}" if identity else "", f"({reason})" if reason else ""]))


def instant_of(timestamp: Any) -> datetime:  # noqa: ANN401 - protobuf's
    at: datetime = timestamp.ToDatetime(tzinfo=UTC)
    return at
