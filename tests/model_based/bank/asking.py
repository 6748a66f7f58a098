"""What a customer, an operator or a worker may ask for, of what there is and of what there was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from hypothesis import strategies as st

from devstack.demo_data import identity
from domain.meetings import BookedBy, MeetingType
from domain.messages.booking import (
    BookingKey,
    BookTimeSlot,
    CreateMeetingStep,
    MeetingContent,
    ReserveTimeSlot,
    WantedTimeSlot,
)
from domain.messages.meeting import CancelMeetingStep, ChangeMeetingStep, MeetingTerms, MoveMeetingStep, RemindOf
from tests.model_based.bank.bank_day import EVERYBODY, HALF, ROOMS, STARTS
from tests.model_based.bank.ledger import Meeting, Slot

LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
NAMES: Final = UUID("0d0c3d0a-52a5-5a5c-9d4a-70726f6f6673")
"""The namespace of the ids, which are the same in each run of an example."""

Thing = TypeVar("Thing")
Same = None
"""What is asked for is what there is already."""


@dataclass(frozen=True)
class Wish:
    """When, for how many half hours, with whom and where."""

    start: int
    halves: int
    employee: UUID | None
    others: tuple[UUID, ...]
    room: UUID | None
    by_staff: bool


TEAMS: Final = st.lists(st.sampled_from(EVERYBODY), max_size=2, unique=True).map(tuple)
WISHES: Final = st.builds(
    Wish,
    start=st.integers(0, STARTS - 1),
    halves=st.sampled_from([2, 2, 1, 3]),
    employee=st.sampled_from([*EVERYBODY, *EVERYBODY, None]),
    others=st.one_of(st.just(()), st.just(()), TEAMS),
    room=st.sampled_from([None, None, *ROOMS]),
    by_staff=st.booleans(),
)
BOOKINGS: Final = st.builds(
    BookingKey, client_id=st.sampled_from(["bank", "bank", "broker"]), token=st.sampled_from(["a", "b", "c"])
)


@dataclass(frozen=True)
class NewTerms:
    """How a meeting is to be: None is as it is, but for the room, of which there may be none."""

    title: str | None
    team: tuple[UUID, ...] | None
    room: UUID | str | None
    type: MeetingType | None


NEW_TERMS: Final = st.builds(
    NewTerms,
    title=st.sampled_from([Same, "One", "Two"]),
    team=st.one_of(st.just(Same), TEAMS),
    room=st.sampled_from(["the same", "the same", None, *ROOMS]),
    type=st.sampled_from([Same, MeetingType.ONLINE, MeetingType.PHYSICAL]),
)


class Asking:
    """Makes steps: those who ask know the ledger as it is now, or are mistaken by so many versions."""

    def __init__(self, opens: datetime) -> None:
        self._opens = opens
        self._numbers = count(1)

    def new_id(self) -> UUID:
        return uuid5(NAMES, str(next(self._numbers)))

    def wanted(self, wish: Wish, meeting: UUID | None = None) -> WantedTimeSlot:
        start = self._opens + HALF * wish.start
        return WantedTimeSlot(
            start=start.astimezone(UTC),
            end=(start + HALF * wish.halves).astimezone(UTC),
            employee_id=wish.employee,
            room_id=wish.room,
            existing_meeting_id=meeting,
            by_staff=wish.by_staff,
            additional_employees=tuple(each for each in wish.others if each != wish.employee),
        )

    def reserve(self, booking: BookingKey, wish: Wish, meeting: UUID | None = None) -> ReserveTimeSlot:
        number = next(self._numbers)
        return ReserveTimeSlot(
            booking=booking,
            time_slot_id=self.new_id(),
            booking_key=self.new_id(),
            wanted=self.wanted(wish, meeting),
            asked_at=LONG_AGO + timedelta(seconds=number),
        )

    def book(self, slot: Slot, off: int) -> BookTimeSlot:
        return BookTimeSlot(time_slot_id=slot.id, version=slot.version + off)

    def create(self, slot: Slot, new: NewTerms, off: int) -> CreateMeetingStep:
        content = MeetingContent(
            booked_by=BookedBy.CUSTOMER,
            customer_type_id=identity("Private"),
            topic_id=identity("home-loan"),
            type=new.type or MeetingType.ONLINE,
            employee_id=slot.employee,
            customer_id="customer-4711",
            room_id=slot.room if isinstance(new.room, str) else new.room,
            title=new.title,
            additional_employees=new.team or (),
            keeps_team=new.team is Same,
        )
        return CreateMeetingStep(
            meeting_id=self.new_id(), time_slot_id=slot.id, version=slot.version + off, content=content, by_staff=True
        )

    def change(self, meeting: Meeting, new: NewTerms, off: int) -> ChangeMeetingStep:
        as_it_is = {"time_slot_id": meeting.slot or meeting.id, "room_id": meeting.room, "team": meeting.team}
        return self._change(meeting, as_it_is, new, off)

    def take_another(self, meeting: Meeting, slot: Slot, new: NewTerms, off: int) -> ChangeMeetingStep:
        as_that_is = {"time_slot_id": slot.id, "room_id": slot.room, "team": slot.team}
        return self._change(meeting, as_that_is, new, off)

    def _change(self, meeting: Meeting, as_it_is: dict[str, Any], new: NewTerms, off: int) -> ChangeMeetingStep:
        terms = MeetingTerms(
            time_slot_id=as_it_is["time_slot_id"],
            type=new.type or meeting.said["type"],
            room_id=as_it_is["room_id"] if isinstance(new.room, str) else new.room,
            title=new.title or meeting.said["title"],
            additional_employees=as_it_is["team"] if new.team is Same else new.team,
        )
        return ChangeMeetingStep(meeting_id=meeting.id, sequence=meeting.sequence + off, terms=terms, by_staff=True)

    def move(self, meeting: Meeting, wish: Wish, off: int) -> MoveMeetingStep:
        return MoveMeetingStep(
            meeting_id=meeting.id,
            sequence=meeting.sequence + off,
            time_slot_id=self.new_id(),
            wanted=self.wanted(wish, meeting.id),
        )

    def cancel(self, meeting: Meeting, off: int | None) -> CancelMeetingStep:
        return CancelMeetingStep(meeting_id=meeting.id, sequence=None if off is None else meeting.sequence + off)

    def remind(self, meeting: Meeting, before: str) -> RemindOf:
        return RemindOf(meeting_id=meeting.id, start=meeting.start, before=before)


def pick(which: int, of: Sequence[Thing]) -> Thing:
    """The newest for 0: what has just happened is what goes on."""
    return of[-1 - which % len(of)]
