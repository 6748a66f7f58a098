"""What looking for broken promises has found, each in the fewest steps."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.meetings import MeetingType
from domain.messages.booking import MeetingCreated, WantedTimeSlot
from tests.integration.activities.booking_fixture import FREJA, KASTELLET, MAGNUS
from tests.model_based.steps.meeting_cases import change
from tests.model_based.steps.scene import Answer, Scene

HALF = timedelta(minutes=30)


@pytest.fixture
async def meeting(scene: Scene) -> MeetingCreated:
    """In another room than the one that it is to have."""
    return await scene.bookings.met(await scene.bookings.physical())


async def change_room(scene: Scene, meeting: MeetingCreated) -> Answer:
    answer = await scene.take("change_meeting", change(meeting, type=MeetingType.PHYSICAL, room_id=KASTELLET))
    return answer["room_id"] if isinstance(answer, dict) else answer


async def test_a_hold_that_lapsed_keeps_no_meeting_from_its_room(scene: Scene, meeting: MeetingCreated) -> None:
    """Nobody has removed its row yet, and the constraint knows no time."""
    lapsed = await scene.bookings.held(there(meeting, MAGNUS))
    await scene.bookings.expire(lapsed.id)
    assert await change_room(scene, meeting) == str(KASTELLET)
    assert await scene.bookings.events(lapsed.id) == ["booking.reserved", "booking.expired"]


async def test_a_meeting_that_is_to_be_moved_is_not_in_its_own_way(scene: Scene, meeting: MeetingCreated) -> None:
    """Room vacancies tell that the room is free for it."""
    moving = there(meeting, FREJA, HALF).model_copy(update={"existing_meeting_id": meeting.id})
    await scene.bookings.held(moving)
    assert await change_room(scene, meeting) == str(KASTELLET)


def there(meeting: MeetingCreated, employee: UUID, later: timedelta = timedelta(0)) -> WantedTimeSlot:
    start, end = meeting.start + later, meeting.end + later
    return WantedTimeSlot(start=start, end=end, employee_id=employee, room_id=KASTELLET, by_staff=True)
