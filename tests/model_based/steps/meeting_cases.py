"""The steps of a meeting's life, and the one that gives it a run, where they do different things."""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from activities.signatures import MeetingOpening, MeetingSteps, MeetingSweeping
from domain.meetings import MeetingType
from domain.messages.booking import MeetingCreated, WantedTimeSlot
from domain.messages.meeting import (
    CancelMeetingStep,
    ChangeMeetingStep,
    LostRuns,
    MeetingTerms,
    MoveMeetingStep,
    NearMeetings,
    OpenMeeting,
    ReadMeeting,
    RemindOf,
)
from tests.integration.activities.booking_fixture import CLIENT, INGRID, KASTELLET, MAGNUS, BookingFixture, meeting_of
from tests.model_based.steps.case import case
from tests.model_based.steps.scene import Scene

NO_ROW_IS_LOCKED: Final = "SELECT id FROM meeting FOR NO KEY UPDATE"
"""Waits for the transaction of a connection that was lost. The step passes over rows that it still holds."""


async def met_with_others(bookings: BookingFixture) -> MeetingCreated:
    slot = await bookings.booked(await bookings.team(MAGNUS))
    return await bookings.steps.create_meeting(meeting_of(slot, keeps_team=True))


def change(meeting: MeetingCreated, sequence: int = 0, **terms: object) -> ChangeMeetingStep:
    as_it_is: dict[str, object] = {"time_slot_id": meeting.time_slot_id, "room_id": meeting.room_id}
    as_it_is |= {"type": MeetingType.ONLINE, "additional_employees": meeting.content.additional_employees}
    wanted = MeetingTerms.model_validate(as_it_is | terms)
    return ChangeMeetingStep(meeting_id=meeting.id, sequence=sequence, terms=wanted, by_staff=True)


def move(meeting: MeetingCreated, wanted: WantedTimeSlot, sequence: int = 0) -> MoveMeetingStep:
    there = wanted.model_copy(update={"existing_meeting_id": meeting.id})
    return MoveMeetingStep(meeting_id=meeting.id, sequence=sequence, time_slot_id=uuid4(), wanted=there)


def none_failed(answer: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(answer, dict) and answer["failed"] == 0


def is_there_already(answer: Any) -> bool:  # noqa: ANN401 - JSON
    """The booking whose time slot it took is named once; its run finds out at its deadline all the same."""
    return isinstance(answer, dict) and answer["sequence"] == 1 and answer["moved_by"] is None


@case(MeetingSteps.read_meeting)
async def read_meeting(scene: Scene) -> ReadMeeting:
    return ReadMeeting(meeting_id=(await scene.bookings.met()).id)


@case(MeetingSteps.change_meeting)
async def change_what_is_said_and_who_takes_part(scene: Scene) -> ChangeMeetingStep:
    return change(await met_with_others(scene.bookings), title="New", additional_employees=(INGRID,))


@case(MeetingSteps.change_meeting)
async def change_the_room(scene: Scene) -> ChangeMeetingStep:
    meeting = await scene.bookings.met(await scene.bookings.physical())
    return change(meeting, type=MeetingType.PHYSICAL, room_id=KASTELLET)


@case(MeetingSteps.change_meeting, also=is_there_already)
async def change_when_it_is(scene: Scene) -> ChangeMeetingStep:
    meeting = await met_with_others(scene.bookings)
    wanted = await scene.bookings.team(MAGNUS, number=2)
    slot = await scene.bookings.booked(wanted.model_copy(update={"existing_meeting_id": meeting.id}), "another")
    return change(meeting, time_slot_id=slot.id, title="Later")


@case(MeetingSteps.change_meeting)
async def change_a_version_that_is_gone(scene: Scene) -> ChangeMeetingStep:
    return change(await scene.bookings.met(), sequence=1, title="Nobody has seen this")


@case(MeetingSteps.move_meeting)
async def move_with_others(scene: Scene) -> MoveMeetingStep:
    meeting = await met_with_others(scene.bookings)
    return move(meeting, await scene.bookings.team(INGRID, number=2))


@case(MeetingSteps.move_meeting)
async def move_to_what_is_taken(scene: Scene) -> MoveMeetingStep:
    wanted = await scene.bookings.wanted(2)
    await scene.bookings.held(wanted)
    return move(await scene.bookings.met(), wanted)


@case(MeetingSteps.cancel_meeting)
async def cancel_with_others(scene: Scene) -> CancelMeetingStep:
    meeting = await met_with_others(scene.bookings)
    return CancelMeetingStep(meeting_id=meeting.id, sequence=0, reason="Illness")


def is_cancelled_already(answer: Any) -> bool:  # noqa: ANN401 - JSON
    """The bookings that lost their time slots are named once; their runs find out at their deadlines all the same."""
    return isinstance(answer, dict) and answer["cancelled_at"] is not None and answer["freed"] == []


@case(MeetingSteps.cancel_meeting, also=is_cancelled_already)
async def cancel_what_was_to_be_moved(scene: Scene) -> CancelMeetingStep:
    meeting = await met_with_others(scene.bookings)
    wanted = await scene.bookings.team(MAGNUS, number=2)
    await scene.bookings.held(wanted.model_copy(update={"existing_meeting_id": meeting.id}), "another")
    return CancelMeetingStep(meeting_id=meeting.id, sequence=0)


@case(MeetingSteps.change_meeting)
async def change_what_is_not_offered_so(scene: Scene) -> ChangeMeetingStep:
    meeting = await scene.bookings.met()
    return change(meeting, type=MeetingType.PHYSICAL).model_copy(update={"by_staff": False})


@case(MeetingSteps.remind_of)
async def remind(scene: Scene) -> RemindOf:
    meeting = await scene.bookings.met()
    return RemindOf(meeting_id=meeting.id, start=meeting.start, before="P1D")


@case(MeetingSweeping.open_near_meetings, also=none_failed, later=NO_ROW_IS_LOCKED)
async def open_near_meetings(scene: Scene) -> NearMeetings:
    """Each gets one run, and is noted; what is noted already is not counted again."""
    meeting = await scene.bookings.met()
    await scene.rows.do(f"UPDATE meeting SET start_at = now() + interval '1 h' WHERE id = '{meeting.id}'")
    return NearMeetings()


@case(MeetingSweeping.find_lost_runs)
async def find_lost_runs(scene: Scene) -> LostRuns:
    """A meeting whose run was not lost keeps its note."""
    meeting = await scene.bookings.met()
    await scene.rows.do(f"UPDATE meeting SET run_opened_at = now() WHERE id = '{meeting.id}'")
    return LostRuns(within=timedelta(days=1))


@case(MeetingOpening.open_meeting)
async def open_meeting(scene: Scene) -> OpenMeeting:
    meeting = await scene.bookings.met()
    return OpenMeeting(
        meeting_id=meeting.id,
        client_id=CLIENT,
        employee_id=meeting.content.employee_id,
        start=meeting.start,
        end=meeting.end,
    )
