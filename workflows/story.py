"""What an operator reads in the Temporal UI: a booking's story so far, and what it waits for until when."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from activities.messages import TimeSlotKept
from workflows import search_attributes as attributes
from workflows.details import Details, clock
from workflows.messages import BookingStatus

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


class Story:
    """Writes the current details (Markdown) and the search attributes of the run it is told in. No personal data.

    What the run is found by at first came with its start.
    """

    def __init__(self) -> None:
        self._details = Details()
        self._status: BookingStatus | None = None

    def begin(self, status: BookingStatus, what: str) -> None:
        """The booking is at the status that its start has told already."""
        self.tell(f"**{status}**: {what}")

    def tell(self, what: str) -> None:
        """Add a line that happened now."""
        self._details.tell(what)

    def reach(self, status: BookingStatus, what: str, slot: TimeSlotKept | None = None) -> None:
        """The booking has reached `status`: tell it, say what is waited for, and make it searchable."""
        self._show_what_is_awaited(status, slot)
        self.tell(f"**{status}**: {what}")
        self._make_searchable(status, slot)

    def _show_what_is_awaited(self, status: BookingStatus, slot: TimeSlotKept | None) -> None:
        if status in WAITS_FOR and slot is not None and slot.kept_until is not None:
            self._details.await_(f"{WAITS_FOR[status]}, until {clock(slot.kept_until)}; then it is released.")
        elif status in UNDONE:
            self._details.await_(
                "what was done for the booking to be undone; a pending activity shows what is in the way."
            )
        else:
            self._details.await_nothing()

    def undone(self) -> None:
        """Nothing is held any more, and nothing is waited for."""
        self._details.await_nothing()
        self.tell("nothing is held any more")

    def _make_searchable(self, status: BookingStatus, slot: TimeSlotKept | None) -> None:
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


def describe(slot: TimeSlotKept) -> str:
    """Who and when, in one phrase."""
    others = len(slot.additional_employees)
    team = f"employee `{slot.employee_id}`" + (f" and {others} more" if others else "")
    room = f", room `{slot.room_id}`" if slot.room_id else ""
    return f"{clock(slot.start)} to {clock(slot.end)} with {team}{room}"
