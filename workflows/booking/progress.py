"""State of a booking run: its status, its time slot with the deadline and, at the end, its meeting."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from temporalio import workflow

from domain.errors import HoldExpired, HoldReleased
from domain.messages.booking import MeetingCreated, TimeSlotSnapshot, WantedTimeSlot
from domain.time_slots import TimeSlotStatus
from workflows.booking.endings import HOW_RELEASED
from workflows.booking.messages import (
    BookingEnding,
    BookingStatus,
    BookRequest,
    CreateMeetingRequest,
    Request,
    ReserveRequest,
)
from workflows.booking.story import BookingStatusView, describe

STATUSES: Final = {
    TimeSlotStatus.RESERVED: BookingStatus.RESERVED,
    TimeSlotStatus.BOOKED: BookingStatus.BOOKED,
}


class Progress:
    """State of one booking run. Each change is written at once to the run's details in the Temporal UI."""

    def __init__(self) -> None:
        self.status = BookingStatus.RESERVING
        self.slot: TimeSlotSnapshot | None = None
        self.deadline = datetime.max.replace(tzinfo=UTC)
        self.meeting: MeetingCreated | None = None
        self._story = BookingStatusView()

    def begin(self, what: str) -> None:
        self._story.begin(self.status, what)

    def keep(self, slot: TimeSlotSnapshot, how: str) -> None:
        """Store the time slot, its status and its deadline.

        The deadline is the workflow's time plus the remaining time, because the database has another clock.
        """
        self.slot = slot
        self.status = STATUSES[slot.status]
        self.deadline = workflow.now() + (slot.kept_for or timedelta(0))
        self._story.reach(self.status, f"{describe(slot)} is {how}", slot)

    def complete_with(self, meeting: MeetingCreated, slot: TimeSlotSnapshot) -> None:
        self.slot = slot
        self.meeting = meeting
        self.status = BookingStatus.MEETING_CREATED
        self._story.reach(self.status, f"meeting `{meeting.id}`", slot)

    def end(self, status: BookingStatus, what: str) -> None:
        """Record that the booking ends without a meeting. The caller runs the compensations afterwards."""
        self.status = status
        self._story.reach(status, what, self.slot)

    def undone(self) -> None:
        self._story.undone()

    def kept_slot(self, time_slot_id: UUID) -> TimeSlotSnapshot:
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

    def accounts_for(self, request: Request) -> bool:
        """Return whether the request can be the next one in the state that this run knows.

        If not, a step may have been completed without a report, because its worker died. The caller must then read
        the booking from the database.
        """
        match request:
            case ReserveRequest():
                return not self.keeps(request.wanted)
            case CreateMeetingRequest() if self.status is not BookingStatus.BOOKED:
                return False
            case BookRequest() if self.status is BookingStatus.BOOKED:
                return False
            case _:
                return self.slot is not None and self.slot.id == request.time_slot_id

    def keeps(self, wanted: WantedTimeSlot) -> bool:
        """Return whether the held time slot is the wanted one. If no employee is named, any employee matches."""
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
