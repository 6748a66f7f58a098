"""State of a booking run, its endings, and what the Temporal UI shows of them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import is_cancelled_exception

from domain.errors import HoldExpired, HoldReleased
from domain.messages.booking import (
    Cancellation,
    CancelledBy,
    MeetingCreated,
    ReleaseCause,
    TimeSlotSnapshot,
    WantedTimeSlot,
)
from domain.time_slots import TimeSlotStatus
from workflows.booking.messages import (
    BookingEnding,
    BookingStatus,
    BookRequest,
    CreateRequest,
    Request,
    ReserveRequest,
)
from workflows.common import search_attributes as attributes
from workflows.common.runs import title
from workflows.common.status_view import StatusView, clock

STATUSES: Final = {
    TimeSlotStatus.RESERVED: BookingStatus.RESERVED,
    TimeSlotStatus.BOOKED: BookingStatus.BOOKED,
}


RELEASE_CAUSES: Final = {
    BookingStatus.EXPIRED: ReleaseCause.EXPIRED,
    BookingStatus.RELEASED: ReleaseCause.RELEASED,
    BookingStatus.CANCELLED: ReleaseCause.CANCELLED,
}
"""Cause that the event log records for each ending. All other endings are recorded as `ReleaseCause.FAILED`."""

ENDED_BY: Final = {
    BookingStatus.EXPIRED: CancelledBy.SYSTEM,
    BookingStatus.CONFLICT: CancelledBy.SYSTEM,
    BookingStatus.CANCELLED: CancelledBy.OPERATOR,
    BookingStatus.FAILED: CancelledBy.SYSTEM,
}
"""Party that causes each ending. For a release, the request names the party."""

HOW_RELEASED: Final = {
    BookingStatus.CANCELLED: "ended by an operator",
    BookingStatus.FAILED: "ended by a failure",
}
"""Text of the `HoldReleased` error for each ending. For all other endings, the client gave the time slot back."""


class BookingOver(Exception):
    """Raised to end a booking without a meeting. The run then completes and does not fail.

    `cancellation` says who asked for the end. Without it, `status` decides which party is named.
    """

    def __init__(self, status: BookingStatus, description: str, cancellation: Cancellation | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.cancellation = cancellation


class Progress:
    """State of one booking run. Each change is written at once to `view`, the run's details in the Temporal UI."""

    def __init__(self, client_id: str) -> None:
        self.status = BookingStatus.RESERVING
        self.slot: TimeSlotSnapshot | None = None
        self.deadline = datetime.max.replace(tzinfo=UTC)
        self.meeting: MeetingCreated | None = None
        self.cancellation = Cancellation()
        self._client_id = client_id
        self.view = BookingStatusView()

    def begin(self, description: str) -> None:
        """Add a line for the first status. The start of the run has set its search attribute already."""
        self.view.add_line(f"**{self.status}**: {description}")

    def store_slot(self, slot: TimeSlotSnapshot, how: str) -> None:
        """Store the time slot, and set the booking's status and deadline from it.

        The deadline is the workflow's time plus `kept_for`, the remaining time by the database's clock, because the two
        clocks may differ. Without `kept_for`, the deadline is now. `how` completes "the time slot is …".
        """
        self.slot = slot = self._with_label(slot)
        self.status = STATUSES[slot.status]
        self.deadline = workflow.now() + (slot.kept_for or timedelta(0))
        self.view.set_title(title(self._client_id, slot.start, slot.end, slot.employee_id, slot.employee_label))
        self.view.reach(self.status, f"{describe(slot)} is {how}", slot)

    def complete_with(self, meeting: MeetingCreated, slot: TimeSlotSnapshot) -> None:
        self.slot = slot = self._with_label(slot)
        self.meeting = meeting
        self.status = BookingStatus.MEETING_CREATED
        self.view.reach(self.status, f"meeting `{meeting.id}`", slot)
        count_ending(self.status)

    def _with_label(self, slot: TimeSlotSnapshot) -> TimeSlotSnapshot:
        """Return the time slot, with the label of the last one if it has no label and the employee is the same."""
        before = self.slot
        if slot.employee_label is not None or before is None or before.employee_id != slot.employee_id:
            return slot
        return slot.model_copy(update={"employee_label": before.employee_label})

    def end(self, status: BookingStatus, description: str, cancellation: Cancellation | None = None) -> None:
        """Record that the booking ends without a meeting. The caller runs the compensations afterwards.

        `cancellation` says who asked for the end. Without it, `status` decides which party is named.
        """
        self.status = status
        self.cancellation = cancellation or Cancellation(cancelled_by=ENDED_BY.get(status))
        self.view.reach(status, description, self.slot)
        count_ending(status)

    def show_undone(self) -> None:
        """Show that nothing is held any more, and that the run has ended."""
        self.view.add_line("nothing is held any more")
        self.show_ended()

    def show_ended(self) -> None:
        self.view.show_ended(self.status)

    def require_slot(self, time_slot_id: UUID) -> TimeSlotSnapshot:
        """Return the time slot that a request is about.

        Raises:
            HoldExpired, HoldReleased: the booking does not hold this time slot, or holds it no longer.

        """
        if self.status is BookingStatus.EXPIRED:
            raise HoldExpired(self.slot.kept_until if self.slot else None)
        if self.slot is None or self.status not in STATUSES.values():
            raise HoldReleased(HOW_RELEASED.get(self.status, "given back"))
        if self.slot.id != time_slot_id:
            raise HoldReleased("replaced by another time slot under the same token")
        return self.slot

    def expects(self, request: Request) -> bool:
        """Return whether the request can be the next one in the state that this run knows.

        If not, a step may have been done whose result never arrived, because its worker died. The caller must then read
        the booking from the database.
        """
        match request:
            case ReserveRequest():
                return not self.holds_wanted(request.wanted)
            case CreateRequest() if self.status is not BookingStatus.BOOKED:
                return False
            case BookRequest() if self.status is BookingStatus.BOOKED:
                return False
            case _:
                return self.slot is not None and self.slot.id == request.time_slot_id

    def holds_wanted(self, wanted: WantedTimeSlot) -> bool:
        """Return whether the held time slot is the wanted one. If the request has no employee, any employee matches."""
        slot = self.slot
        if slot is None or wanted.employee_id not in {None, slot.employee_id}:
            return False
        same_team = set(slot.additional_employees) == set(wanted.additional_employees)
        return same_team and (slot.start, slot.end, slot.room_id) == (wanted.start, wanted.end, wanted.room_id)

    def ending(self) -> BookingEnding:
        return BookingEnding(
            status=self.status,
            time_slot_id=self.slot.id if self.slot else None,
            meeting_id=self.meeting.id if self.meeting else None,
        )


WAITS_FOR = {
    BookingStatus.RESERVED: "the client to mark the time slot Booked",
    BookingStatus.BOOKED: "the client to create the meeting",
}


UNDONE = frozenset(
    {
        BookingStatus.EXPIRED,
        BookingStatus.RELEASED,
        BookingStatus.CONFLICT,
        BookingStatus.CANCELLED,
        BookingStatus.FAILED,
    }
)
"""The endings after which compensations run."""


class BookingStatusView(StatusView):
    """Details of the executing run, and its search attributes.

    The first values of the search attributes are set by the start of the run (`workflows.common.runs`).
    """

    def __init__(self) -> None:
        super().__init__()
        self._status: BookingStatus | None = None

    def reach(self, status: BookingStatus, description: str, slot: TimeSlotSnapshot | None = None) -> None:
        """Add a line for the new status, show the next awaited event, and update the search attributes."""
        self._show_next(status, slot)
        self.add_line(f"**{status}**: {description}")
        self._make_searchable(status, slot)

    def _show_next(self, status: BookingStatus, slot: TimeSlotSnapshot | None) -> None:
        if expires_at := _expiry(status, slot):
            self.show_awaited(f"{WAITS_FOR[status]}, until {clock(expires_at)}; then it is released.")
        elif status in UNDONE:
            self.show_awaited("the undo of the booking's steps; a pending activity shows what delays it.")
        else:
            self.clear_state()

    def _make_searchable(self, status: BookingStatus, slot: TimeSlotSnapshot | None) -> None:
        updates: list[SearchAttributeUpdate[Any]] = [attributes.BOOKING_STATUS.value_set(status)]
        if slot is not None:
            updates.append(attributes.EMPLOYEE_ID.value_set(str(slot.employee_id)))
            updates.append(attributes.SLOT_START.value_set(slot.start))
        if expires_at := _expiry(status, slot):
            updates.append(attributes.HOLD_EXPIRES_AT.value_set(expires_at))
        elif self._status in WAITS_FOR:
            updates.append(attributes.HOLD_EXPIRES_AT.value_unset())
        self._status = status
        workflow.upsert_search_attributes(updates)


def _expiry(status: BookingStatus, slot: TimeSlotSnapshot | None) -> datetime | None:
    """Return when the time slot expires, or None if the booking does not wait for its client."""
    return slot.kept_until if status in WAITS_FOR and slot is not None else None


def count_ending(status: BookingStatus) -> None:
    """Count the booking by its ending, in the worker's metrics. A replay counts nothing."""
    counter = workflow.metric_meter().create_counter("bookme_bookings_ended_total", "Bookings by their ending.")
    counter.add(1, {"ending": status})


def describe(slot: TimeSlotSnapshot) -> str:
    """Return the times, the employees and the room of the time slot in one phrase."""
    others = len(slot.additional_employees)
    team = (slot.employee_label or f"employee `{slot.employee_id}`") + (f" and {others} more" if others else "")
    room = f", room `{slot.room_id}`" if slot.room_id else ""
    return f"{clock(slot.start)} to {clock(slot.end)} with {team}{room}"


def classify_failure(failure: BaseException) -> tuple[BookingStatus, str]:
    """Return the ending that a failure or a cancellation leads to, and its description for operators."""
    if is_cancelled_exception(failure):
        return BookingStatus.CANCELLED, "an operator cancelled the booking"
    return BookingStatus.FAILED, "the time slot could not be held in time"
