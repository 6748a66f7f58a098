"""The transaction that gives a time slot to a booking: queue, take over what lapsed, ask the rules, insert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.candidates import around, candidates_for, first_allowed, rooms_of, window_of
from activities.messages import BookingName, ReserveTimeSlot, WantedTimeSlot
from activities.once import find_made, keep_made
from activities.participants import queues_of
from domain.availability import Situation
from domain.errors import (
    BookMeError,
    HoldReleased,
    NotFound,
    NotYours,
    TimeSlotAlreadyBooked,
    TooManyEndUserHolds,
    TooManyHolds,
    TooManyRenewals,
    instant,
    retold,
)
from domain.time_slots import Interval, TimeSlotStatus
from storage import holds, time_slots
from storage.booking_tables import TimeSlotRow
from storage.companions import add_companions, with_companions
from storage.end_users import count_holds, note_hold, queue_of_end_user
from storage.events import EventKind, tell
from storage.holds import ReservationState
from storage.meetings import find_as_stored, find_meeting
from storage.refused_steps import find_refusal, queue_of_step
from storage.situations import read_reservation
from storage.time_slots import Sighting

AT_ONCE: Final = 200
"""More reservations of one client than are under way in one moment."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits that the operator sets: of the life of a hold, and of the holds of one client and one end user."""

    reservation_ttl: timedelta
    booked_ttl: timedelta
    max_holds: int
    max_end_user_holds: int = 5
    max_renewals: int = 10


async def reserve(session: AsyncSession, step: ReserveTimeSlot, terms: Terms) -> Sighting:
    """Hold the wanted time slot, in place of what this booking held before.

    Raises:
        TimeSlotTaken, NotOffered, NotFound, NotYours, TooManyHolds, TooManyEndUserHolds, TooManyRenewals: nothing has
            changed.
        TimeSlotAlreadyBooked, HoldReleased, HoldExpired: nor then; the step comes too late.

    """
    moved = await slot_of_meeting(session, step.booking, step.wanted)
    own = with_companions(moved)
    candidates = await candidates_for(session, step.booking, step.wanted, own)
    await time_slots.lock(session, _queues(step, candidates))
    state, situation = await _read_state(session, step, candidates)
    if state.is_decided:
        return await _reserved_before(session, step.time_slot_id)
    if await find_made(session, step.key) is not None:
        raise HoldReleased("reserved by an earlier request with the same Idempotency-Key")
    await _lock_meeting(session, step.wanted.existing_meeting_id)
    if state.ends_something:
        await _end_what_it_replaces(session, step, candidates)
    if state.ends_something or step.wanted.existing_meeting_id is not None:
        state, situation = await _read_state(session, step, candidates)
    await _check_limit(session, step, state.live_holds, terms.max_holds)
    employee_id = await first_allowed(session, step.wanted, candidates, own, situation=situation)
    await _check_end_user(session, step, employee_id, terms)
    held = await holds.add_hold(session, terms.reservation_ttl, _values(step, employee_id, moved))
    await add_companions(session, held.slot, held.slot.additional_employees)
    if step.end_user is not None:
        await note_hold(session, step.end_user, held.slot)
    await keep_made(session, step.key, held.slot.id)
    return held


async def refusal_of(session: AsyncSession, wanted: WantedTimeSlot) -> BookMeError | None:
    """Why nobody can have the wanted time slot now who has nothing of it yet."""
    try:
        await first_allowed(session, wanted, await candidates_for(session, None, wanted, frozenset()), frozenset())
    except BookMeError as refused:
        return refused
    return None


async def look(
    session: AsyncSession, booking: BookingName, wanted: WantedTimeSlot, refused: BookMeError | None = None
) -> TimeSlotRow | None:
    """What this booking has already, if it is the wanted time slot; None when it may be reserved now.

    Changes nothing and takes no lock, so that a conflict which is visible costs no more than this. `refused` is what
    `refusal_of` said a moment before.

    Raises:
        NotFound, NotYours, TimeSlotAlreadyBooked: whatever happens meanwhile, it cannot be reserved.
        TimeSlotTaken, NotOffered: now it cannot; a taken one names the next free time slots.

    """
    asked = Interval(wanted.start, wanted.end)
    held = await time_slots.find_asked_before(session, booking.client_id, booking.token, asked)
    if held is not None and _is_wanted(held, wanted):
        return held
    if held is not None and held.hold_expires_at is None:
        held = None
    if held is not None and held.status == TimeSlotStatus.BOOKED:
        raise TimeSlotAlreadyBooked(held.id)
    if refused is not None and held is None and wanted.existing_meeting_id is None:
        raise retold(refused.reason, refused.message, refused.facts)
    moved = await slot_of_meeting(session, booking, wanted)
    own = with_companions(held, moved)
    candidates = await candidates_for(session, booking, wanted, own)
    try:
        await first_allowed(session, wanted, candidates, own)
    except BookMeError:
        # A repeat of the request that holds it by now would be refused for its own hold.
        held = await time_slots.find_asked_before(session, booking.client_id, booking.token, asked)
        if held is not None and _is_wanted(held, wanted):
            return held
        raise
    return None


async def slot_of_meeting(session: AsyncSession, booking: BookingName, wanted: WantedTimeSlot) -> TimeSlotRow | None:
    """The time slot of the meeting that is to be moved, which does not stand in its own way.

    Raises:
        NotFound, NotYours: there is no such meeting of this client.

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


async def _lock_meeting(session: AsyncSession, meeting_id: UUID | None) -> None:
    """Lock the row of the meeting that is to be moved, if any: before the first time slot, as a cancellation does.

    Raises:
        NotFound: it was cancelled meanwhile. Nobody would free what is held for it now.

    """
    if meeting_id is None:
        return
    meeting = await find_as_stored(session, meeting_id, for_update=True)
    if meeting is None:
        raise NotFound("meeting", meeting_id)
    if meeting.cancelled_at is not None:
        raise NotFound("meeting", meeting_id, f"was cancelled at {instant(meeting.cancelled_at)}")


def _is_wanted(slot: TimeSlotRow, wanted: WantedTimeSlot) -> bool:
    same_employee = wanted.employee_id in (None, slot.employee_id)
    same_team = set(slot.additional_employees) == set(wanted.additional_employees)
    same_time = (slot.start_at, slot.end_at, slot.room_id) == (wanted.start, wanted.end, wanted.room_id)
    return same_employee and same_team and same_time


def _queues(step: ReserveTimeSlot, candidates: Sequence[UUID]) -> list[str]:
    """What is locked until the end of the transaction: one reservation at a time of a booking, an employee, a room.

    All of it before the first row is, so that nobody who waits here holds what another one waits for.
    """
    employees = queues_of((*candidates, *step.wanted.additional_employees))
    rooms = (f"room:{each}" for each in rooms_of(step.wanted))
    end_user = [] if step.end_user is None else [queue_of_end_user(step.end_user)]
    return [queue_of(step.booking), *employees, *rooms, *end_user, queue_of_step(step.time_slot_id)]


def queue_of(booking: BookingName) -> str:
    """What one reservation at a time of this booking has locked."""
    return f"booking:{booking.client_id}:{booking.token}"


async def _reserved_before(session: AsyncSession, time_slot_id: UUID) -> Sighting:
    """The step ran before and its answer was lost; or it was refused or undone, and must not be taken any more."""
    seen = await time_slots.sight(session, time_slot_id)
    if seen is None:
        raise await find_refusal(session, time_slot_id) or await time_slots.why_gone(session, time_slot_id)
    return seen


async def _read_state(
    session: AsyncSession, step: ReserveTimeSlot, candidates: Sequence[UUID]
) -> tuple[ReservationState, Situation]:
    """Read what the reservation decides from, in one statement. The caller holds its locks."""
    wanted, booking = step.wanted, step.booking
    return await read_reservation(
        session,
        around(wanted),
        [*candidates, *wanted.additional_employees],
        rooms_of(wanted),
        booking=(booking.client_id, booking.token),
        time_slot_id=step.time_slot_id,
        interval=window_of(wanted),
    )


async def _end_what_it_replaces(session: AsyncSession, step: ReserveTimeSlot, candidates: Sequence[UUID]) -> None:
    wanted, booking = step.wanted, step.booking
    employees = [*candidates, *wanted.additional_employees]
    ended = await holds.remove_what_ends(
        session, booking.client_id, booking.token, window_of(wanted), employees, rooms_of(wanted)
    )
    for slot in ended:
        if (slot.client_id, slot.reservation_token) != (booking.client_id, booking.token):
            await tell(session, EventKind.EXPIRED, slot)
        else:
            await _check_replaceable(session, slot, step)
            await tell(session, EventKind.RELEASED, slot, cause="replaced")


async def _check_limit(session: AsyncSession, step: ReserveTimeSlot, held: int, most: int) -> None:
    """Near its limit, a client's reservations go one at a time: what comes in one moment would not count each other."""
    client_id = step.booking.client_id
    more = len({step.wanted.employee_id, *step.wanted.additional_employees})
    if most - AT_ONCE < held + more <= most:
        await time_slots.lock(session, [f"holds:{client_id}"])
        held = await time_slots.count_live_holds(session, client_id)
    if held + more > most:
        raise TooManyHolds(most)


async def _check_end_user(session: AsyncSession, step: ReserveTimeSlot, employee_id: UUID, terms: Terms) -> None:
    """Raise `TooManyEndUserHolds` or `TooManyRenewals` if the end user may not have this hold."""
    if step.end_user is None:
        return
    wanted = step.wanted
    team = [employee_id, *wanted.additional_employees]
    found = await count_holds(session, step.end_user, Interval(wanted.start, wanted.end), team, wanted.room_id)
    if found.live >= terms.max_end_user_holds:
        raise TooManyEndUserHolds(terms.max_end_user_holds)
    if found.of_this_time >= terms.max_renewals:
        raise TooManyRenewals(terms.max_renewals)


async def _check_replaceable(session: AsyncSession, held: TimeSlotRow, step: ReserveTimeSlot) -> None:
    """A step that woke up late replaces neither a later reservation nor what is Booked meanwhile."""
    if held.asked_at is not None and step.asked_at is not None and held.asked_at > step.asked_at:
        raise HoldReleased("replaced by another time slot under the same token")
    if held.status != TimeSlotStatus.BOOKED:
        return
    if not Sighting(held, await time_slots.database_time(session)).is_overdue:
        raise TimeSlotAlreadyBooked(held.id)


def _values(step: ReserveTimeSlot, employee_id: UUID, moved: TimeSlotRow | None) -> dict[str, object]:
    """The columns of the hold. A meeting that is moved keeps its key: slots of one booking may overlap each other.

    It may be moved to one who takes part in it already, who is no additional employee then.
    """
    return {
        "id": step.time_slot_id,
        "start_at": step.wanted.start,
        "end_at": step.wanted.end,
        "status": TimeSlotStatus.RESERVED,
        "employee_id": employee_id,
        "room_id": step.wanted.room_id,
        "service_group": step.wanted.service_group,
        "booking_key": moved.booking_key if moved else step.booking_key,
        "client_id": step.booking.client_id,
        "reservation_token": step.booking.token,
        "asked_at": step.asked_at,
        "existing_meeting_id": step.wanted.existing_meeting_id,
        "additional_employees": [each for each in step.wanted.additional_employees if each != employee_id],
    }
