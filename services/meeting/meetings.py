"""Transaction that creates the meeting of a `Booked` time slot."""

from collections.abc import Iterator
from uuid import UUID

from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError, NotFound, TimeSlotNotBooked
from domain.meeting_errors import MeetingExists, MeetingMismatch
from domain.meetings import BookedBy
from domain.messages.booking import CreateMeetingStep, MeetingContent
from domain.time_slots import TimeSlotStatus
from services.booking.once import find_outcome_id, keep_outcome_id
from services.meeting.rules import MeetingDetails, hold_for_meeting, lock_names
from storage import locks
from storage.bookings import holds, time_slots
from storage.bookings.refused_steps import check_not_refused, keep_refusal
from storage.configuration.lookups import Known, find_named
from storage.meetings.meetings import add_meeting, find_meeting_of
from storage.tables.booking import MeetingRow, TimeSlotRow


async def create(session: AsyncSession, step: CreateMeetingStep) -> tuple[MeetingRow, TimeSlotRow]:
    """Create the meeting of the time slot, once. A repeat of a completed step returns the same meeting.

    The time slot is made permanent first, because this conditional update decides every race.

    Raises:
        NotFound, MeetingMismatch, MeetingExists, TimeSlotNotBooked, HoldExpired, HoldReleased: nothing has changed.
        TimeSlotTaken, NotOffered: nothing has changed; the rules refuse the meeting, its room or an additional
            employee.

    """
    earlier_id = await find_outcome_id(session, step.key)
    if earlier_id is not None and earlier_id != step.meeting_id:
        raise MeetingExists(earlier_id)
    slot = await _take_time_slot(session, step)
    if slot is None:
        return await _result_of_earlier_run(session, step)
    await check_content(session, step.content, slot, step.step_id)
    await hold_for_meeting(session, slot, MeetingDetails.of_content(step.content, slot), by_staff=step.by_staff)
    meeting = await add_meeting(session, slot, _meeting(step, slot))
    await keep_outcome_id(session, step.key, meeting.id)
    return meeting, slot


async def refuse(session: AsyncSession, error: BookMeError, step: CreateMeetingStep) -> bool:
    """Store the refusal, so that a retry of the step gets the same answer.

    Return False and store nothing if the time slot is gone or has another version.
    """
    slot = await time_slots.find(session, step.time_slot_id, for_update=True)
    if slot is None or slot.version != step.version:
        return False
    await keep_refusal(session, error, step.step_id)
    return True


async def _take_time_slot(session: AsyncSession, step: CreateMeetingStep) -> TimeSlotRow | None:
    """Make the time slot permanent. Return None if it has expired, is not `Booked` or has a new version."""
    await _lock_room_and_employees(session, step)
    return await holds.make_permanent(session, step.time_slot_id, step.version)


async def _lock_room_and_employees(session: AsyncSession, step: CreateMeetingStep) -> None:
    """Take the locks of a reservation, before any row is locked, if the meeting may need more than its slot holds."""
    content = step.content
    needs_more = content.room_id or content.additional_employees
    slot = await time_slots.find(session, step.time_slot_id) if needs_more else None
    if slot is None or (content.room_id in (None, slot.room_id) and not content.additional_employees):
        return
    booking = locks.of_booking(slot.client_id or "", slot.reservation_token or "")
    await locks.lock(session, [booking, *lock_names(content.room_id, content.additional_employees)])


async def _result_of_earlier_run(session: AsyncSession, step: CreateMeetingStep) -> tuple[MeetingRow, TimeSlotRow]:
    """Return the meeting that another run of the step has created, or raise the reason why the slot cannot be used.

    The share lock waits for a worker that is creating the meeting now.
    """
    await time_slots.read_with_share_lock(session, step.time_slot_id)
    found = await find_meeting_of(session, step.time_slot_id)
    if found is None:
        raise await _reason_unusable(session, step.time_slot_id)
    meeting, slot = found
    if meeting.id != step.meeting_id:
        raise MeetingExists(meeting.id)
    check_same(meeting, step.content)
    return meeting, slot


async def _reason_unusable(session: AsyncSession, time_slot_id: UUID) -> BookMeError:
    slot = await time_slots.find(session, time_slot_id)
    if slot is not None and slot.status != TimeSlotStatus.BOOKED:
        return TimeSlotNotBooked(slot.status)
    return await time_slots.why_gone(session, time_slot_id)


async def check_content(
    session: AsyncSession, content: MeetingContent, slot: TimeSlotRow, step_id: UUID | None = None
) -> None:
    """Check that this meeting fits this time slot. The availability rules are checked separately.

    Raises:
        BookMeError: the step `step_id` was refused before.
        NotFound: a resource in the content does not exist.
        MeetingMismatch: the content does not fit the time slot, or customers may not book the topic.

    """
    employees = (content.employee_id, *content.additional_employees)
    names = (employees, content.room_id, content.customer_type_id, content.topic_id)
    known = await find_named(session, *names, step_id)
    if known.was_refused and step_id is not None:
        await check_not_refused(session, step_id)
    if (missing := next(_missing(content, known), None)) is not None:
        raise NotFound(*missing)
    if content.booked_by is BookedBy.CUSTOMER and not known.topic_is_for_customers:
        raise MeetingMismatch("topicId", "customers cannot book this topic themselves")
    _check_resources(content, slot)


def _missing(content: MeetingContent, known: Known) -> Iterator[tuple[str, UUID]]:
    """Yield the kind and id of each resource that the content names and the database does not have."""
    employees = (content.employee_id, *content.additional_employees)
    yield from (("employee", each) for each in employees if each not in known.employees)
    if content.room_id is not None and not known.has_room:
        yield "room", content.room_id
    if not known.has_customer_type:
        yield "customer type", content.customer_type_id
    if known.topic_is_for_customers is None:
        yield "topic", content.topic_id


def _check_resources(content: MeetingContent, slot: TimeSlotRow) -> None:
    if slot.existing_meeting_id is not None:
        why = f"the time slot was reserved to move the meeting {slot.existing_meeting_id}"
        raise MeetingMismatch("timeSlotId", why)
    if content.employee_id != slot.employee_id:
        raise MeetingMismatch("employeeId", "the time slot belongs to another employee")
    if slot.room_id is not None and content.room_id not in (None, slot.room_id):
        raise MeetingMismatch("roomId", "the time slot was reserved with another room")


def check_same(meeting: MeetingRow, content: MeetingContent) -> None:
    """Raise `MeetingExists` unless the fields of the meeting equal those of `content`."""
    wanted_fields = _fields(content, meeting)
    differs = next((field for field, value in wanted_fields.items() if not _same(value, getattr(meeting, field))), None)
    if differs is not None:
        raise MeetingExists(meeting.id, to_camel(differs))


def _same(wanted_fields: object, stored: object) -> bool:
    """Return whether the values are equal. The order of additional employees does not count."""
    return (
        set(wanted_fields) == set(stored)
        if isinstance(wanted_fields, list) and isinstance(stored, list)
        else wanted_fields == stored
    )


def team_of(content: MeetingContent, stored: TimeSlotRow | MeetingRow) -> list[UUID]:
    """Return the additional employees of `content`, or those of `stored` if the request gave none."""
    return list(stored.additional_employees if content.keeps_team else content.additional_employees)


def _meeting(step: CreateMeetingStep, slot: TimeSlotRow) -> dict[str, object]:
    names: dict[str, object] = {"id": step.meeting_id, "time_slot_id": slot.id, "client_id": slot.client_id}
    interval = {"start_at": slot.start_at, "end_at": slot.end_at}
    return names | interval | _fields(step.content, slot)


def _fields(content: MeetingContent, stored: TimeSlotRow | MeetingRow) -> dict[str, object]:
    """Return the columns that the request sets. A room or employees that it does not give are those of `stored`."""
    fields = content.model_dump(exclude={"keeps_team"})
    return fields | {
        "booked_by": content.booked_by.value,
        "type": content.type.value,
        "room_id": content.room_id or stored.room_id,
        "additional_employees": team_of(content, stored),
    }
