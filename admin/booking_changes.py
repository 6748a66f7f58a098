"""Changes of bookings and meetings by an operator: release, cancel, acknowledge."""

from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import WorkflowExecutionDescription

from admin.changes import Change, Operation, describe_open_run, pending_activities
from api.http.preconditions import Precondition
from api.temporal.gateway import errors_translated
from config.errors import StackError
from domain.errors import NotFound, instant
from domain.messages.booking import BookingKey, CancelledBy
from storage.bookings import time_slots
from storage.bookings.events import last_event, last_events_of_token
from storage.bookings.time_slots import TimedSlot
from storage.meetings.meetings import find_as_stored, find_meeting_of
from storage.operator_actions import SubjectKind
from storage.tables.booking import BookingEventRow, TimeSlotRow
from workflows.common import search_attributes
from workflows.common.runs import ACKNOWLEDGE, meeting_workflow_id, when, workflow_id

COMPENSATIONS: Final = frozenset({"release_time_slot", "withdraw_meeting"})
"""Activities that undo the steps of a booking. Temporal retries them until they succeed."""

SETTLED: Final = "An operator has undone the booking by hand."
"""Reason of the termination, which the Temporal UI shows. The operator's own reason is in the log only."""


async def find_time_slot(operation: Operation, token: str, client_id: str | None) -> UUID:
    """Return the time slot that is held under this token, or else the last time slot under this token.

    Raises:
        StackError: nobody has used the token, or several clients have and `client_id` is None.

    """
    async with operation.database.transaction() as session:
        holds = await time_slots.find_holds_of_token(session, token, client_id)
        found = {each.client_id: each.id for each in holds}
        if not found:
            events = await last_events_of_token(session, token, client_id)
            found = {each.client_id: each.time_slot_id for each in events}
    if not found:
        whose = "No client has ever" if client_id is None else f"The client {client_id} has never"
        raise StackError(f"{whose} used the token {token!r}.")
    if len(found) > 1:
        names = ", ".join(sorted(str(each) for each in found))
        raise StackError(f"Several clients have used this token. Choose one with --client: {names}.")
    return next(iter(found.values()))


async def release(operation: Operation, time_slot_id: UUID) -> Change:
    """Return the change that releases the hold, through the workflow of its booking.

    Raises:
        NotFound: the time slot has never existed.
        StackError: the time slot has a meeting, is of no booking, or belongs to another time slot.

    """
    async with operation.database.transaction() as session:
        seen = await time_slots.read_with_time(session, time_slot_id)
        if seen is not None:
            await _check_releasable(session, seen.slot)
        already = await _why_released(session, time_slot_id, seen)

    async def perform(reason: str) -> str:
        await operation.bookings.release(operation.principal, time_slot_id, by=CancelledBy.OPERATOR, reason=reason)
        return f"The time slot {time_slot_id} is released."

    what = "release the time slot" if seen is None else f"release {described(seen.slot)}"
    return Change("release", SubjectKind.TIME_SLOT.named(time_slot_id), what, perform, already)


async def cancel_meeting(operation: Operation, meeting_id: UUID) -> Change:
    """Return the change that cancels the meeting, through its workflow, which informs all participants.

    Raises:
        NotFound: there is no such meeting.

    """
    async with operation.database.transaction() as session:
        meeting = await find_as_stored(session, meeting_id)
    if meeting is None:
        raise NotFound("meeting", meeting_id)
    already = None
    if meeting.cancelled_at is not None:
        already = f"The meeting {meeting_id} was cancelled at {instant(meeting.cancelled_at)}."

    async def perform(reason: str) -> str:
        principal, by = operation.principal, CancelledBy.OPERATOR
        await operation.meetings.cancel(principal, meeting_id, Precondition(), reason, by=by)
        return f"The meeting {meeting_id} is cancelled."

    what = f"cancel the meeting of client {meeting.client_id}, {when(meeting.start_at, meeting.end_at)}"
    return Change("cancel-meeting", SubjectKind.MEETING.named(meeting_id), what, perform, already)


async def acknowledge_meeting(operation: Operation, meeting_id: UUID) -> Change:
    """Return the change that clears `NeedsOperator` of the meeting's run.

    Raises:
        NotFound: there is no such meeting.
        EngineUnavailable, RPCError: Temporal cannot be reached.

    """
    async with operation.database.transaction() as session:
        if await find_as_stored(session, meeting_id) is None:
            raise NotFound("meeting", meeting_id)
    handle = operation.client.get_workflow_handle(meeting_workflow_id(meeting_id))
    found = await describe_open_run(handle)
    needs_operator = found is not None and found.typed_search_attributes.get(search_attributes.NEEDS_OPERATOR)

    async def perform(_: str) -> str:
        request = uuid4().hex
        with errors_translated(request):
            await handle.execute_update(ACKNOWLEDGE, id=request)
        return f"The run of the meeting {meeting_id} needs no operator any more."

    already = None if needs_operator else f"No run of the meeting {meeting_id} needs an operator."
    subject, what = SubjectKind.MEETING.named(meeting_id), "clear NeedsOperator of the meeting's run"
    return Change("acknowledge", subject, what, perform, already, is_final=False)


async def acknowledge_booking(operation: Operation, time_slot_id: UUID) -> Change:
    """Return the change that ends a run whose compensations an operator has settled by hand in the database.

    Raises:
        NotFound: the time slot has never existed.
        StackError: the run undoes nothing, or the database still has what the run is to undo.
        EngineUnavailable, RPCError: Temporal cannot be reached.

    """
    async with operation.database.transaction() as session:
        event = await last_event(session, time_slot_id)
        if event is None:
            raise NotFound("time slot", time_slot_id)
        slot = await time_slots.find(session, time_slot_id)
    booking = BookingKey(client_id=event.client_id, token=event.reservation_token)
    handle = operation.client.get_workflow_handle(workflow_id(booking))
    found = await describe_open_run(handle)
    already = "The run of the booking has ended." if found is None else None
    if found is not None:
        _check_settled(found, slot)

    async def perform(_: str) -> str:
        run_id = None if found is None else found.run_id
        await operation.client.get_workflow_handle(handle.id, run_id=run_id).terminate(SETTLED)
        return "The run of the booking is terminated. Nothing of the booking is held."

    subject, what = SubjectKind.TIME_SLOT.named(time_slot_id), "terminate the run of the booking"
    return Change("acknowledge", subject, what, perform, already)


def described(slot: TimeSlotRow) -> str:
    deadline = f", held until {instant(slot.hold_expires_at)}" if slot.hold_expires_at else ""
    return f"the time slot of client {slot.client_id}, {when(slot.start_at, slot.end_at)} ({slot.status}{deadline})"


async def _check_releasable(session: AsyncSession, slot: TimeSlotRow) -> None:
    if slot.companion_of is not None:
        raise StackError(f"This time slot belongs to the time slot {slot.companion_of}. Release that one.")
    if slot.reservation_token is None:
        raise StackError("This time slot is a busy time, not a booking's. Staff can delete it with the API.")
    if slot.hold_expires_at is None and (made := await find_meeting_of(session, slot.id)) is not None:
        raise StackError(f"This time slot has a meeting. Run: bookme admin cancel-meeting {made.meeting.id}")


async def _why_released(session: AsyncSession, time_slot_id: UUID, seen: TimedSlot | None) -> str | None:
    """Return why the time slot needs no release, or None if it is held."""
    if seen is not None:
        is_over = await time_slots.is_over(session, seen)
        return f"Its hold has expired at {instant(seen.slot.hold_expires_at)}. The time is free." if is_over else None
    event = await last_event(session, time_slot_id)
    if event is None:
        raise NotFound("time slot", time_slot_id)
    return f"The time slot has ended at {instant(event.at)}: {_in_words(event)}."


def _in_words(event: BookingEventRow) -> str:
    cause, who = event.facts.get("cause"), event.facts.get("cancelledBy")
    more = ", ".join(filter(None, (cause and f"cause {cause}", who and f"by {who}")))
    return f"{event.kind} ({more})" if more else event.kind


def _check_settled(run: WorkflowExecutionDescription, slot: TimeSlotRow | None) -> None:
    """Check that the run is in a compensation, and that the database has nothing more to undo."""
    if not pending_activities(run) & COMPENSATIONS:
        raise StackError("The run of this booking undoes nothing. To end the booking, run: bookme admin release")
    if slot is not None:
        raise StackError(f"The database still has the time slot {slot.id} ({slot.status}). Undo it first.")
