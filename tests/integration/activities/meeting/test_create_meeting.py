"""A meeting is made once, of a time slot that is Booked, and only if it fits."""

import asyncio
from uuid import uuid4

import pytest

from devstack.demo_data import identity
from domain.errors import HoldExpired, HoldReleased, NotFound, TimeSlotNotBooked
from domain.meeting_errors import MeetingExists, MeetingMismatch
from domain.meetings import BookedBy, MeetingType
from domain.messages.booking import CreateMeetingStep, MeetingCreated, ReleaseCause, ReleaseTimeSlot
from tests.integration.activities.booking_fixture import (
    FREJA,
    KASTELLET,
    MAGNUS,
    NYHAVN,
    BookingFixture,
    meeting_of,
    wanted_again,
)


async def refused(bookings: BookingFixture, step: CreateMeetingStep, kind: type[Exception]) -> Exception:
    """The refusal; and nothing has changed."""
    before = await bookings.stored()
    with pytest.raises(kind) as error:
        await bookings.steps.create_meeting(step)
    assert await bookings.stored() == before
    return error.value


async def test_stays_for_good(bookings: BookingFixture) -> None:
    slot = await bookings.booked(await bookings.physical(NYHAVN))
    step = meeting_of(slot, title="Advice", description="A first talk")
    meeting = await bookings.steps.create_meeting(step)
    assert (meeting.id, meeting.time_slot_id, meeting.start, meeting.end) == (
        step.meeting_id,
        slot.id,
        slot.start,
        slot.end,
    )
    assert meeting.room_id == NYHAVN, "the time slot's, where none is named"
    assert meeting.content == step.content.model_copy(update={"room_id": NYHAVN})
    stored = await bookings.slot(slot.id)
    assert stored is not None
    assert (stored["hold_expires_at"], stored["version"]) == (None, slot.version + 1)
    assert await bookings.events(slot.id) == ["booking.reserved", "booking.booked", "meeting.created"]


class TestWhatDoesNotFit:
    @pytest.mark.parametrize(
        ("other", "kind"),
        [
            ({"topic_id": uuid4()}, "topic"),
            ({"customer_type_id": uuid4()}, "customer type"),
            ({"employee_id": uuid4()}, "employee"),
            ({"additional_employees": (FREJA, uuid4())}, "employee"),
            ({"room_id": uuid4()}, "room"),
        ],
    )
    async def test_names_what_does_not_exist(
        self, bookings: BookingFixture, other: dict[str, object], kind: str
    ) -> None:
        error = await refused(bookings, meeting_of(await bookings.booked(), **other), NotFound)
        assert f"The {kind} " in str(error)

    @pytest.mark.parametrize(
        ("other", "field"),
        [({"employee_id": MAGNUS}, "employeeId"), ({"room_id": KASTELLET}, "roomId")],
    )
    async def test_is_in_another_time_slot(
        self, bookings: BookingFixture, other: dict[str, object], field: str
    ) -> None:
        slot = await bookings.booked(await bookings.physical(NYHAVN))
        error = await refused(bookings, meeting_of(slot, **other), MeetingMismatch)
        assert isinstance(error, MeetingMismatch)
        assert error.facts["field"] == field

    async def test_customers_may_not_book_topics_of_staff(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        review = {"topic_id": identity("credit-review")}
        error = await refused(bookings, meeting_of(slot, **review), MeetingMismatch)
        assert isinstance(error, MeetingMismatch)
        assert error.facts["field"] == "topicId"
        await bookings.steps.create_meeting(meeting_of(slot, booked_by=BookedBy.EMPLOYEE, **review))

    async def test_may_be_made_to_fit(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        await refused(bookings, meeting_of(slot, employee_id=MAGNUS), MeetingMismatch)
        await bookings.steps.create_meeting(meeting_of(slot))


class TestTimeSlotsThatCannotBeUsed:
    async def test_reserved_only(self, bookings: BookingFixture) -> None:
        await refused(bookings, meeting_of(await bookings.held()), TimeSlotNotBooked)

    async def test_overdue(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        await bookings.expire(slot.id)
        await refused(bookings, meeting_of(slot), HoldExpired)

    async def test_taken_over(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        await bookings.expire(slot.id)
        await bookings.held(wanted_again(slot))
        await refused(bookings, meeting_of(slot), HoldExpired)

    async def test_released(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.RELEASED))
        await refused(bookings, meeting_of(slot), HoldReleased)

    async def test_of_another_version(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        await refused(bookings, meeting_of(slot.model_copy(update={"version": 1})), HoldReleased)

    async def test_that_never_were(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        await refused(bookings, meeting_of(slot.model_copy(update={"id": uuid4()})), NotFound)


class TestTheSecondOne:
    @pytest.mark.parametrize(
        ("other", "differs"),
        [
            ({"customer_id": "somebody else"}, "customerId"),
            ({"title": "Another title"}, "title"),
            ({"type": MeetingType.TELEPHONE}, "type"),
            ({"additional_employees": (MAGNUS,)}, "additionalEmployees"),
        ],
    )
    async def test_of_one_id_with_other_content(
        self, bookings: BookingFixture, other: dict[str, object], differs: str
    ) -> None:
        step = meeting_of(await bookings.booked())
        await bookings.steps.create_meeting(step)
        changed = step.model_copy(update={"content": step.content.model_copy(update=other)})
        error = await refused(bookings, changed, MeetingExists)
        assert isinstance(error, MeetingExists)
        assert error.facts == {"meetingId": str(step.meeting_id), "differs": differs}

    async def test_of_one_time_slot(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        first = await bookings.steps.create_meeting(meeting_of(slot))
        error = await refused(bookings, meeting_of(slot), MeetingExists)
        assert isinstance(error, MeetingExists)
        assert error.facts["meetingId"] == str(first.id)

    async def test_one_of_many_at_once_is_made(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        steps = [meeting_of(slot) for _ in range(8)]
        outcomes = await asyncio.gather(*map(bookings.steps.create_meeting, steps), return_exceptions=True)
        assert [type(one) for one in outcomes].count(MeetingExists) == 7
        assert (await bookings.events(slot.id)).count("meeting.created") == 1

    async def test_the_same_step_many_times_at_once_is_one_meeting(self, bookings: BookingFixture) -> None:
        step = meeting_of(await bookings.booked())
        outcomes = await asyncio.gather(*(bookings.steps.create_meeting(step) for _ in range(8)))
        assert all(isinstance(one, MeetingCreated) and one == outcomes[0] for one in outcomes)
