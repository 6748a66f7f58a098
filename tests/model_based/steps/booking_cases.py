"""The steps of a booking, where they do different things."""

from datetime import timedelta
from uuid import uuid4

from activities.signatures import BookingSteps
from domain.meetings import MeetingType
from domain.messages.booking import (
    BookingKey,
    BookTimeSlot,
    CreateMeetingStep,
    ExtendHold,
    ReadBooking,
    ReleaseCause,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    WithdrawMeeting,
)
from tests.integration.activities.booking_fixture import (
    AKSEL,
    CLIENT,
    INGRID,
    MAGNUS,
    NYHAVN,
    booking_of,
    meeting_of,
    reservation,
    wanted_again,
)
from tests.model_based.steps.case import case
from tests.model_based.steps.scene import Scene

HALF = timedelta(minutes=30)


@case(BookingSteps.reserve_time_slot)
async def reserve(scene: Scene) -> ReserveTimeSlot:
    return reservation(await scene.bookings.physical(), "token")


@case(BookingSteps.reserve_time_slot)
async def reserve_another_with_others(scene: Scene) -> ReserveTimeSlot:
    wanted = await scene.bookings.team(MAGNUS, INGRID)
    await scene.bookings.held(await scene.bookings.team(MAGNUS), "token")
    return reservation(wanted, "token")


@case(BookingSteps.reserve_time_slot)
async def reserve_with_anybody(scene: Scene) -> ReserveTimeSlot:
    return reservation(await scene.bookings.wanted(employee_id=None))


@case(BookingSteps.reserve_time_slot)
async def reserve_what_lapsed(scene: Scene) -> ReserveTimeSlot:
    lapsed = await scene.bookings.held(await scene.bookings.team(MAGNUS), client="another")
    await scene.bookings.expire(lapsed.id)
    return reservation(wanted_again(lapsed))


@case(BookingSteps.reserve_time_slot)
async def reserve_to_move_a_meeting(scene: Scene) -> ReserveTimeSlot:
    wanted = await scene.bookings.wanted()
    meeting = await scene.bookings.met(wanted)
    later = {"start": wanted.start + HALF, "end": wanted.end + HALF, "existing_meeting_id": meeting.id}
    return reservation(wanted.model_copy(update=later))


@case(BookingSteps.reserve_time_slot)
async def reserve_what_is_taken(scene: Scene) -> ReserveTimeSlot:
    wanted = await scene.bookings.wanted()
    await scene.bookings.met(wanted)
    await scene.bookings.held(await scene.bookings.wanted(2), "token")
    return reservation(wanted, "token")


@case(BookingSteps.book_time_slot)
async def book_with_others(scene: Scene) -> BookTimeSlot:
    return booking_of(await scene.bookings.held(await scene.bookings.team(MAGNUS, INGRID)))


@case(BookingSteps.book_time_slot)
async def book_what_lapsed(scene: Scene) -> BookTimeSlot:
    held = await scene.bookings.held()
    await scene.bookings.expire(held.id)
    return booking_of(held)


@case(BookingSteps.extend_hold)
async def extend_with_others(scene: Scene) -> ExtendHold:
    slot = await scene.bookings.held(await scene.bookings.team(MAGNUS, INGRID))
    return ExtendHold(time_slot_id=slot.id, version=slot.version, extension_id=uuid4())


@case(BookingSteps.extend_hold)
async def extend_what_was_extended_before(scene: Scene) -> ExtendHold:
    slot = await scene.bookings.booked()
    step = ExtendHold(time_slot_id=slot.id, version=slot.version, extension_id=uuid4())
    await scene.bookings.steps.extend_hold(step)
    return step.model_copy(update={"extension_id": uuid4()})


@case(BookingSteps.extend_hold)
async def extend_what_lapsed(scene: Scene) -> ExtendHold:
    slot = await scene.bookings.held()
    await scene.bookings.expire(slot.id)
    return ExtendHold(time_slot_id=slot.id, version=slot.version, extension_id=uuid4())


@case(BookingSteps.create_meeting)
async def create_meeting(scene: Scene) -> CreateMeetingStep:
    return meeting_of(await scene.bookings.booked(await scene.bookings.physical()))


@case(BookingSteps.create_meeting)
async def create_meeting_with_others(scene: Scene) -> CreateMeetingStep:
    slot = await scene.bookings.booked(await scene.bookings.team(MAGNUS, INGRID))
    return meeting_of(slot, additional_employees=(INGRID, AKSEL), by_staff=True)


@case(BookingSteps.create_meeting)
async def create_meeting_with_one_who_is_taken(scene: Scene) -> CreateMeetingStep:
    wanted = await scene.bookings.team(MAGNUS)
    await scene.bookings.met(wanted.model_copy(update={"employee_id": MAGNUS, "additional_employees": ()}))
    slot = await scene.bookings.booked(wanted.model_copy(update={"additional_employees": ()}))
    return meeting_of(slot, additional_employees=(MAGNUS,), by_staff=True)


@case(BookingSteps.create_meeting)
async def create_meeting_in_a_room_that_it_names_first(scene: Scene) -> CreateMeetingStep:
    there = await scene.bookings.physical(NYHAVN)
    lapsed = await scene.bookings.held(
        there.model_copy(update={"employee_id": MAGNUS, "by_staff": True}), client="another"
    )
    await scene.bookings.expire(lapsed.id)
    slot = await scene.bookings.booked(there.model_copy(update={"room_id": None}))
    return meeting_of(slot, type=MeetingType.PHYSICAL, room_id=NYHAVN)


@case(BookingSteps.create_meeting)
async def create_meeting_that_is_not_offered(scene: Scene) -> CreateMeetingStep:
    return meeting_of(await scene.bookings.booked(), type=MeetingType.PHYSICAL)


@case(BookingSteps.read_booking)
async def read_booking(scene: Scene) -> ReadBooking:
    meeting = await scene.bookings.met(token="token")
    return ReadBooking(booking=BookingKey(client_id=CLIENT, token="token"), time_slot_id=meeting.time_slot_id)


@case(BookingSteps.read_booking)
async def read_booking_of_which_a_step_was_given_up(scene: Scene) -> ReadBooking:
    held = await scene.bookings.held(token="token")
    return ReadBooking(booking=BookingKey(client_id=CLIENT, token="token"), given_up=(held.id, uuid4()))


@case(BookingSteps.withdraw_meeting)
async def withdraw(scene: Scene) -> WithdrawMeeting:
    slot = await scene.bookings.booked(await scene.bookings.team(MAGNUS))
    meeting = await scene.bookings.steps.create_meeting(meeting_of(slot, keeps_team=True))
    return WithdrawMeeting(meeting_id=meeting.id, time_slot_id=slot.id)


@case(BookingSteps.withdraw_meeting)
async def withdraw_what_was_never_made(scene: Scene) -> WithdrawMeeting:
    slot = await scene.bookings.booked()
    return WithdrawMeeting(meeting_id=uuid4(), time_slot_id=slot.id)


@case(BookingSteps.release_time_slot)
async def release_with_others(scene: Scene) -> ReleaseTimeSlot:
    slot = await scene.bookings.held(await scene.bookings.team(MAGNUS))
    return ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.RELEASED)


@case(BookingSteps.release_time_slot)
async def release_what_lapsed(scene: Scene) -> ReleaseTimeSlot:
    slot = await scene.bookings.booked()
    await scene.bookings.expire(slot.id)
    return ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.EXPIRED)


@case(BookingSteps.release_time_slot)
async def release_what_was_not_held_yet(_: Scene) -> ReleaseTimeSlot:
    return ReleaseTimeSlot(time_slot_id=uuid4(), cause=ReleaseCause.FAILED)
