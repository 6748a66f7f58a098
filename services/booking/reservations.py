"""Transaction that gives a time slot to a booking: lock, remove replaced and expired holds, check rules, insert."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.availability import AvailabilityData
from domain.configuration import Employee
from domain.error_payloads import error_from_payload
from domain.errors import (
    BookMeError,
    HoldReleased,
    NotFound,
    NotYours,
    TimeSlotAlreadyBooked,
    TooManyEndUserHolds,
    TooManyHolds,
    TooManyRenewals,
)
from domain.messages.booking import (
    BookingKey,
    Cancellation,
    CancelledBy,
    ReleaseCause,
    ReserveTimeSlot,
    WantedTimeSlot,
)
from domain.time_slots import Interval, TimeSlotStatus
from services.booking.candidates import candidates_for, first_allowed, interval_to_read, interval_with_margin, rooms_of
from services.booking.once import find_outcome_id, keep_outcome_id
from storage import locks
from storage.availability.situations import read_reservation
from storage.bookings import holds, time_slots
from storage.bookings.end_users import count_holds, note_hold
from storage.bookings.events import EventKind, append_event
from storage.bookings.holds import ReservationState
from storage.bookings.refused_steps import find_refusal
from storage.bookings.time_slots import TimedSlot, with_attendee_slots
from storage.meetings.meetings import find_meeting, get_planned
from storage.tables.booking import TimeSlotRow

MAX_CONCURRENT_RESERVATIONS: Final = 200
"""Assumed limit of concurrent reservations of one client. Real numbers are smaller."""


@dataclass(frozen=True, slots=True)
class BookingLimits:
    """Limits that the operator sets: lifetimes of holds, and numbers of holds of one client and of one end user.

    `reservation_ttl` is the lifetime of a `Reserved` hold, `booked_ttl` that of a `Booked` one without a meeting.
    `max_renewals` limits the holds of the same time for one end user within a day. `hold_extension` is the time by
    which a hold can be extended once: zero for never, None for the lifetime of the hold.
    """

    reservation_ttl: timedelta
    booked_ttl: timedelta
    max_holds: int
    max_end_user_holds: int = 5
    max_renewals: int = 10
    hold_extension: timedelta | None = None


async def reserve(session: AsyncSession, step: ReserveTimeSlot, limits: BookingLimits) -> TimedSlot:
    """Reserve the wanted time slot and start its hold, in place of the earlier hold of this booking.

    If the step was completed before, return the time slot that it reserved.

    Raises:
        TimeSlotTaken, NotOffered, NotFound, NotYours, TooManyHolds, TooManyEndUserHolds, TooManyRenewals: nothing has
            changed.
        TimeSlotAlreadyBooked, HoldReleased, HoldExpired: nothing has changed; the step arrives after a newer request
            or after the end of its own hold.

    """
    moved_slot = await slot_of_meeting(session, step.booking, step.wanted)
    ignored_slots = with_attendee_slots(moved_slot)
    candidates = await candidates_for(session, step.booking, step.wanted, ignored_slots)
    await locks.lock(session, _lock_names(step, candidates))
    state, availability = await _read_state(session, step, candidates)
    if state.is_decided:
        return await _result_of_earlier_run(session, step.time_slot_id)
    if await find_outcome_id(session, step.key) is not None:
        raise HoldReleased("reserved by an earlier request with the same Idempotency-Key")
    if step.wanted.existing_meeting_id is not None:
        # Before any time slot, as a cancellation does. A cancelled meeting has released the holds to move it.
        await get_planned(session, step.wanted.existing_meeting_id, for_update=True)
    if state.ends_something:
        await _remove_replaced_holds(session, step, candidates)
    if state.ends_something or step.wanted.existing_meeting_id is not None:
        state, availability = await _read_state(session, step, candidates)
    await _check_limit(session, step, state.live_holds, limits.max_holds)
    employee = await first_allowed(session, step.wanted, candidates, ignored_slots, availability=availability)
    await _check_end_user_limits(session, step, employee.id, limits)
    held = await holds.add_hold(session, limits.reservation_ttl, _column_values(step, employee.id, moved_slot))
    if step.end_user is not None:
        await note_hold(session, step.end_user, held.slot)
    await keep_outcome_id(session, step.key, held.slot.id)
    return replace(held, employee_name=employee.display_name)


async def refusal_without_hold(session: AsyncSession, wanted: WantedTimeSlot) -> BookMeError | None:
    """Return the refusal that a booking without any hold would get for the wanted time slot now, or None."""
    try:
        await first_allowed(session, wanted, await candidates_for(session, None, wanted, frozenset()), frozenset())
    except BookMeError as refused:
        return refused
    return None


async def look(
    session: AsyncSession, booking: BookingKey, wanted: WantedTimeSlot, refused: BookMeError | None = None
) -> TimeSlotRow | Employee:
    """Return the time slot of this booking if it is the wanted one, else the employee whose time may be reserved now.

    The function changes nothing and takes no lock, so that a conflict which the database shows already starts no
    workflow. `refused` is the result of a call of `refusal_without_hold` just before.

    Raises:
        NotFound, NotYours, TimeSlotAlreadyBooked: the time slot cannot be reserved; a retry would not help.
        TimeSlotTaken, NotOffered: the time slot cannot be reserved now; `TimeSlotTaken` lists the next free time slots.

    """
    wanted_interval = Interval(wanted.start, wanted.end)
    held = await time_slots.find_asked_before(session, booking.client_id, booking.token, wanted_interval)
    if held is not None and _matches(held, wanted):
        return held
    if held is not None and held.hold_expires_at is None:
        held = None  # It has its meeting: the booking is complete, and its token may be used for another one.
    if held is not None and held.status == TimeSlotStatus.BOOKED:
        raise TimeSlotAlreadyBooked(held.id)
    if refused is not None and held is None and wanted.existing_meeting_id is None:
        raise error_from_payload(refused.reason, refused.message, refused.facts)
    moved_slot = await slot_of_meeting(session, booking, wanted)
    ignored_slots = with_attendee_slots(held, moved_slot)
    candidates = await candidates_for(session, booking, wanted, ignored_slots)
    try:
        return await first_allowed(session, wanted, candidates, ignored_slots)
    except BookMeError:
        # A concurrent repeat of this request may hold the slot by now. Its own hold must not refuse it.
        held = await time_slots.find_asked_before(session, booking.client_id, booking.token, wanted_interval)
        if held is not None and _matches(held, wanted):
            return held
        raise


async def slot_of_meeting(session: AsyncSession, booking: BookingKey, wanted: WantedTimeSlot) -> TimeSlotRow | None:
    """Return the time slot of the meeting that the reservation is to move, or None if it moves no meeting.

    Raises:
        NotFound: the meeting does not exist, or has no time slot because it was cancelled.
        NotYours: the meeting belongs to another client, and the request is not by staff.

    """
    if wanted.existing_meeting_id is None:
        return None
    found = await find_meeting(session, wanted.existing_meeting_id)
    if found is None:
        raise NotFound("meeting", wanted.existing_meeting_id)
    meeting, slot = found
    if meeting.client_id != booking.client_id and not wanted.by_staff:
        raise NotYours("meeting")
    return slot


def _matches(slot: TimeSlotRow, wanted: WantedTimeSlot) -> bool:
    same_employee = wanted.employee_id in (None, slot.employee_id)
    same_team = set(slot.additional_employees) == set(wanted.additional_employees)
    same_time = (slot.start_at, slot.end_at, slot.room_id) == (wanted.start, wanted.end, wanted.room_id)
    return same_employee and same_team and same_time


def _lock_names(step: ReserveTimeSlot, candidates: Sequence[UUID]) -> list[str]:
    """Return the names of the locks that the reservation keeps until its transaction ends.

    The locks allow one reservation at a time per booking, employee, room, end user and step. All locks are taken before
    the first row is locked, so that a waiting transaction holds nothing that another one waits for.
    """
    booking = locks.of_booking(step.booking.client_id, step.booking.token)
    employees = locks.of_employees((*candidates, *step.wanted.additional_employees))
    rooms = locks.of_rooms(rooms_of(step.wanted))
    end_user = [] if step.end_user is None else [locks.of_end_user(step.end_user)]
    return [booking, *employees, *rooms, *end_user, locks.of_step(step.time_slot_id)]


async def _result_of_earlier_run(session: AsyncSession, time_slot_id: UUID) -> TimedSlot:
    """Return the time slot that an earlier run of this step reserved.

    Raises:
        BookMeError: the refusal of the earlier run, or the reason why its time slot no longer exists.

    """
    timed_slot = await time_slots.read_with_time(session, time_slot_id)
    if timed_slot is None:
        raise await find_refusal(session, time_slot_id) or await time_slots.why_gone(session, time_slot_id)
    return timed_slot


async def _read_state(
    session: AsyncSession, step: ReserveTimeSlot, candidates: Sequence[UUID]
) -> tuple[ReservationState, AvailabilityData]:
    """Read the state and the availability data for the reservation, in one statement.

    Before the call, the caller must take the locks of `_lock_names`.
    """
    wanted, booking = step.wanted, step.booking
    return await read_reservation(
        session,
        interval_to_read(wanted),
        [*candidates, *wanted.additional_employees],
        rooms_of(wanted),
        booking=(booking.client_id, booking.token),
        time_slot_id=step.time_slot_id,
        interval=interval_with_margin(wanted),
    )


async def _remove_replaced_holds(session: AsyncSession, step: ReserveTimeSlot, candidates: Sequence[UUID]) -> None:
    """Remove the booking's own hold, at whatever time, and overdue holds of the wanted time. Write an event for each.

    Raises:
        HoldReleased, TimeSlotAlreadyBooked: the step may not replace the booking's own hold. The caller must roll back.

    """
    wanted, booking = step.wanted, step.booking
    employees = [*candidates, *wanted.additional_employees]
    removed = await holds.remove_superseded(
        session, booking.client_id, booking.token, interval_with_margin(wanted), employees, rooms_of(wanted)
    )
    for slot in removed:
        if (slot.client_id, slot.reservation_token) != (booking.client_id, booking.token):
            await append_event(session, EventKind.EXPIRED, slot)
        else:
            await _check_replaceable(session, slot, step)
            by_client = Cancellation(cancelled_by=CancelledBy.CLIENT)
            cause = ReleaseCause.REPLACED
            await append_event(session, EventKind.RELEASED, slot, cause=cause, cancellation=by_client)


async def _check_limit(session: AsyncSession, step: ReserveTimeSlot, held: int, max_holds: int) -> None:
    """Raise `TooManyHolds` if the client would have more than `max_holds` holds. Each employee of a slot counts as one.

    `held` was counted without a lock. Near the limit, the holds are counted again under a lock, because otherwise
    concurrent reservations would not see each other's holds.
    """
    client_id = step.booking.client_id
    new_holds = len({step.wanted.employee_id, *step.wanted.additional_employees})
    if max_holds - MAX_CONCURRENT_RESERVATIONS < held + new_holds <= max_holds:
        await locks.lock(session, [locks.of_holds(client_id)])
        held = await time_slots.count_live_holds(session, client_id)
    if held + new_holds > max_holds:
        raise TooManyHolds(max_holds)


async def _check_end_user_limits(
    session: AsyncSession, step: ReserveTimeSlot, employee_id: UUID, limits: BookingLimits
) -> None:
    """Raise `TooManyEndUserHolds` or `TooManyRenewals` if the end user may not have this hold."""
    if step.end_user is None:
        return
    wanted = step.wanted
    team = [employee_id, *wanted.additional_employees]
    found = await count_holds(session, step.end_user, Interval(wanted.start, wanted.end), team, wanted.room_id)
    if found.live >= limits.max_end_user_holds:
        raise TooManyEndUserHolds(limits.max_end_user_holds)
    if found.of_this_time >= limits.max_renewals:
        raise TooManyRenewals(limits.max_renewals)


async def _check_replaceable(session: AsyncSession, held: TimeSlotRow, step: ReserveTimeSlot) -> None:
    """Check that the step may replace this time slot of the same booking.

    Raises:
        HoldReleased: the time slot was reserved by a newer request, so this step arrives too late.
        TimeSlotAlreadyBooked: the time slot is `Booked` and has not expired.

    """
    if held.asked_at is not None and step.asked_at is not None and held.asked_at > step.asked_at:
        raise HoldReleased("replaced by another time slot under the same token")
    if held.status != TimeSlotStatus.BOOKED:
        return
    if not TimedSlot(held, await time_slots.database_time(session)).is_overdue:
        raise TimeSlotAlreadyBooked(held.id)


def _column_values(step: ReserveTimeSlot, employee_id: UUID, moved_slot: TimeSlotRow | None) -> dict[str, object]:
    """Return the column values of the hold.

    A hold that moves a meeting gets the meeting's `booking_key`: slots of one booking may overlap each other. A meeting
    may be moved to one of its additional employees, who is then no longer an additional employee.
    """
    return {
        "id": step.time_slot_id,
        "start_at": step.wanted.start,
        "end_at": step.wanted.end,
        "status": TimeSlotStatus.RESERVED,
        "employee_id": employee_id,
        "room_id": step.wanted.room_id,
        "service_group": step.wanted.service_group,
        "booking_key": moved_slot.booking_key if moved_slot else step.booking_key,
        "client_id": step.booking.client_id,
        "reservation_token": step.booking.token,
        "asked_at": step.asked_at,
        "existing_meeting_id": step.wanted.existing_meeting_id,
        "customer_id": step.customer_id,
        "additional_employees": [each for each in step.wanted.additional_employees if each != employee_id],
    }
