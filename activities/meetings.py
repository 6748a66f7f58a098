"""The transaction that turns a Booked time slot into a meeting."""

from collections.abc import Iterator
from uuid import UUID

from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from activities.meeting_rules import MeetingDetails, hold_for_meeting, queues_for
from activities.messages import CreateMeeting, MeetingContent
from activities.once import find_made, keep_made
from domain.errors import BookMeError, MeetingExists, MeetingMismatch, NotFound, TimeSlotNotBooked
from domain.meetings import BookedBy
from domain.time_slots import TimeSlotStatus
from storage import holds, time_slots
from storage.booking_tables import MeetingRow, TimeSlotRow
from storage.configuration import Known, find_named
from storage.meetings import add_meeting, find_meeting_of
from storage.refused_steps import check_not_refused, keep_refusal


async def create(session: AsyncSession, step: CreateMeeting) -> tuple[MeetingRow, TimeSlotRow]:
    """Make the meeting, once. The time slot is taken for it first: that decides every race.

    Raises:
        NotFound, MeetingMismatch, MeetingExists, TimeSlotNotBooked, HoldExpired, HoldReleased: nothing has changed.
        TimeSlotTaken, NotOffered: nor then; the rules refuse the meeting, or its room or an additional employee that
            is not held yet cannot be had.

    """
    before = await find_made(session, step.key)
    if before is not None and before != step.meeting_id:
        raise MeetingExists(before)
    slot = await _take_time_slot(session, step)
    if slot is None:
        return await _made_before(session, step)
    await check_content(session, step.content, slot, step.step_id)
    await hold_for_meeting(session, slot, MeetingDetails.of_content(step.content, slot), by_staff=step.by_staff)
    meeting = await add_meeting(session, slot, _meeting(step, slot))
    await keep_made(session, step.key, meeting.id)
    return meeting, slot


async def refuse(session: AsyncSession, error: BookMeError, step: CreateMeeting) -> bool:
    """Have the step refused from now on. False if the time slot is not what it was for any more."""
    slot = await time_slots.find(session, step.time_slot_id, for_update=True)
    if slot is None or slot.version != step.version:
        return False
    await keep_refusal(session, error, step.step_id)
    return True


async def _take_time_slot(session: AsyncSession, step: CreateMeeting) -> TimeSlotRow | None:
    """Keep it for good. None if it is not what the step was for any more."""
    await _queue(session, step)
    return await holds.keep_for_good(session, step.time_slot_id, step.version)


async def _queue(session: AsyncSession, step: CreateMeeting) -> None:
    """Where more may be held than is held already, wait as a reservation does: before any row is locked."""
    content = step.content
    named = content.room_id or content.additional_employees
    slot = await time_slots.find(session, step.time_slot_id) if named else None
    if slot is None or (content.room_id in (None, slot.room_id) and not content.additional_employees):
        return
    queues = queues_for(content.room_id, content.additional_employees)
    await time_slots.lock(session, [f"booking:{slot.client_id}:{slot.reservation_token}", *queues])


async def _made_before(session: AsyncSession, step: CreateMeeting) -> tuple[MeetingRow, TimeSlotRow]:
    """The step ran before and its answer was lost, or is being taken by another worker, or the slot cannot be used."""
    await time_slots.sight_settled(session, step.time_slot_id)
    made = await find_meeting_of(session, step.time_slot_id)
    if made is None:
        raise await _why_unusable(session, step.time_slot_id)
    meeting, slot = made
    if meeting.id != step.meeting_id:
        raise MeetingExists(meeting.id)
    check_same(meeting, step.content)
    return meeting, slot


async def _why_unusable(session: AsyncSession, time_slot_id: UUID) -> BookMeError:
    slot = await time_slots.find(session, time_slot_id)
    if slot is not None and slot.status != TimeSlotStatus.BOOKED:
        return TimeSlotNotBooked(slot.status)
    return await time_slots.why_gone(session, time_slot_id)


async def check_content(
    session: AsyncSession, content: MeetingContent, slot: TimeSlotRow, step_id: UUID | None = None
) -> None:
    """Whether this meeting can be held in this time slot; the rules are asked separately.

    Raises:
        BookMeError: the step of that id was refused before.
        NotFound: it names what does not exist.
        MeetingMismatch: it does not fit.

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
    """What the content names and nobody knows."""
    employees = (content.employee_id, *content.additional_employees)
    yield from (("employee", each) for each in employees if each not in known.employees)
    if content.room_id is not None and not known.room:
        yield "room", content.room_id
    if not known.customer_type:
        yield "customer type", content.customer_type_id
    if known.topic_is_for_customers is None:
        yield "topic", content.topic_id


def _check_resources(content: MeetingContent, slot: TimeSlotRow) -> None:
    if slot.existing_meeting_id is not None:
        raise MeetingMismatch("timeSlotId", f"it was reserved to move the meeting {slot.existing_meeting_id}")
    if content.employee_id != slot.employee_id:
        raise MeetingMismatch("employeeId", "the time slot is another employee's")
    if slot.room_id is not None and content.room_id not in (None, slot.room_id):
        raise MeetingMismatch("roomId", "the time slot was reserved with another room")


def check_same(meeting: MeetingRow, content: MeetingContent) -> None:
    """Raise `MeetingExists` unless the meeting is what `content` says."""
    asked = _fields(content, meeting)
    differs = next((field for field, value in asked.items() if not _same(value, getattr(meeting, field))), None)
    if differs is not None:
        raise MeetingExists(meeting.id, to_camel(differs))


def _same(asked: object, stored: object) -> bool:
    """The additional employees have no order."""
    return set(asked) == set(stored) if isinstance(asked, list) and isinstance(stored, list) else asked == stored


def team_of(content: MeetingContent, kept: TimeSlotRow | MeetingRow) -> list[UUID]:
    """The additional employees: those that are named, or those that were before when nothing is said of them."""
    return list(kept.additional_employees if content.keeps_team else content.additional_employees)


def _meeting(step: CreateMeeting, slot: TimeSlotRow) -> dict[str, object]:
    names: dict[str, object] = {"id": step.meeting_id, "time_slot_id": slot.id, "client_id": slot.client_id}
    interval = {"start_at": slot.start_at, "end_at": slot.end_at}
    return names | interval | _fields(step.content, slot)


def _fields(content: MeetingContent, kept: TimeSlotRow | MeetingRow) -> dict[str, object]:
    """The columns that the caller decides; what is not named, a room or employees, is as it was kept."""
    fields = content.model_dump(exclude={"keeps_team"})
    return fields | {
        "booked_by": content.booked_by.value,
        "type": content.type.value,
        "room_id": content.room_id or kept.room_id,
        "additional_employees": team_of(content, kept),
    }
