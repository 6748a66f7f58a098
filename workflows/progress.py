"""Where a booking is: its status, the time slot that it keeps and until when, and in the end its meeting."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from temporalio import workflow

from activities.messages import MeetingCreated, TimeSlotKept, WantedTimeSlot
from domain.errors import HoldExpired, HoldReleased
from domain.time_slots import TimeSlotStatus
from workflows.endings import HOW_RELEASED
from workflows.messages import BookingEnding, BookingStatus, BookRequest, CreateMeetingRequest, Request, ReserveRequest
from workflows.story import Story, describe

STATUSES: Final = {
    TimeSlotStatus.RESERVED: BookingStatus.RESERVED,
    TimeSlotStatus.BOOKED: BookingStatus.BOOKED,
}


class Progress:
    """Each change is told to the operator as it is made."""

    def __init__(self) -> None:
        self.status = BookingStatus.RESERVING
        self.slot: TimeSlotKept | None = None
        self.deadline = datetime.max.replace(tzinfo=UTC)
        self.meeting: MeetingCreated | None = None
        self._story = Story()

    def begin(self, what: str) -> None:
        self._story.begin(self.status, what)

    def keep(self, slot: TimeSlotKept, how: str) -> None:
        """The time slot is ours until its deadline, which is reckoned from the time left, not from another's clock."""
        self.slot = slot
        self.status = STATUSES[slot.status]
        self.deadline = workflow.now() + (slot.kept_for or timedelta(0))
        self._story.reach(self.status, f"{describe(slot)} is {how}", slot)

    def complete_with(self, meeting: MeetingCreated, slot: TimeSlotKept) -> None:
        self.slot = slot
        self.meeting = meeting
        self.status = BookingStatus.MEETING_CREATED
        self._story.reach(self.status, f"meeting `{meeting.id}`", slot)

    def end(self, status: BookingStatus, what: str) -> None:
        """The booking ends without a meeting; what was done for it is undone next."""
        self.status = status
        self._story.reach(status, what, self.slot)

    def undone(self) -> None:
        self._story.undone()

    def kept_slot(self, time_slot_id: UUID) -> TimeSlotKept:
        """The time slot that a request is about.

        Raises:
            HoldExpired, HoldReleased: the booking does not keep it, or no longer.

        """
        if self.status is BookingStatus.EXPIRED:
            raise HoldExpired(self.slot.kept_until if self.slot else None)
        if self.slot is None or self.status not in STATUSES.values():
            raise HoldReleased(HOW_RELEASED.get(self.status, "given back"))
        if self.slot.id != time_slot_id:
            raise HoldReleased("replaced by another time slot under the same token")
        return self.slot

    def accounts_for(self, request: Request) -> bool:
        """Whether the request could come next, as far as this run knows.

        If not, a step may have been done that was never reported, because its worker died: the database knows.
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
        """Whether the time slot that is kept is the wanted one, whoever was chosen for it."""
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
