"""Current details and search attributes of a booking run, for operators in the Temporal UI."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from domain.messages.booking import TimeSlotSnapshot
from workflows.booking.messages import BookingStatus
from workflows.common import search_attributes as attributes
from workflows.common.details import StatusView, clock

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


class BookingStatusView:
    """Writes the current details (Markdown) and the search attributes of the executing run, without personal data.

    The first values of the search attributes are set by the start of the run (`workflows.common.starts`).
    """

    def __init__(self) -> None:
        self._details = StatusView()
        self._status: BookingStatus | None = None

    def begin(self, status: BookingStatus, what: str) -> None:
        """Add a line for the first status. The start of the run has set its search attribute already."""
        self.tell(f"**{status}**: {what}")

    def tell(self, what: str) -> None:
        """Add a line with the current time."""
        self._details.tell(what)

    def reach(self, status: BookingStatus, what: str, slot: TimeSlotSnapshot | None = None) -> None:
        """Add a line for the new status, show the next awaited event, and update the search attributes."""
        self._show_what_is_awaited(status, slot)
        self.tell(f"**{status}**: {what}")
        self._make_searchable(status, slot)

    def _show_what_is_awaited(self, status: BookingStatus, slot: TimeSlotSnapshot | None) -> None:
        if status in WAITS_FOR and slot is not None and slot.kept_until is not None:
            self._details.await_(f"{WAITS_FOR[status]}, until {clock(slot.kept_until)}; then it is released.")
        elif status in UNDONE:
            self._details.await_(
                "what was done for the booking to be undone; a pending activity shows what is in the way."
            )
        else:
            self._details.await_nothing()

    def undone(self) -> None:
        """Add a line that nothing is held any more, and show no awaited event."""
        self._details.await_nothing()
        self.tell("nothing is held any more")

    def _make_searchable(self, status: BookingStatus, slot: TimeSlotSnapshot | None) -> None:
        waits = status in WAITS_FOR and slot is not None and slot.kept_until is not None
        updates: list[SearchAttributeUpdate[Any]] = [attributes.BOOKING_STATUS.value_set(status)]
        if slot is not None:
            updates.append(attributes.EMPLOYEE_ID.value_set(str(slot.employee_id)))
            updates.append(attributes.SLOT_START.value_set(slot.start))
        if waits and slot is not None and slot.kept_until is not None:
            updates.append(attributes.HOLD_EXPIRES_AT.value_set(slot.kept_until))
        elif self._status in WAITS_FOR:
            updates.append(attributes.HOLD_EXPIRES_AT.value_unset())
        self._status = status
        workflow.upsert_search_attributes(updates)


def describe(slot: TimeSlotSnapshot) -> str:
    """Return the times, the employees and the room of the time slot in one phrase."""
    others = len(slot.additional_employees)
    team = f"employee `{slot.employee_id}`" + (f" and {others} more" if others else "")
    room = f", room `{slot.room_id}`" if slot.room_id else ""
    return f"{clock(slot.start)} to {clock(slot.end)} with {team}{room}"
