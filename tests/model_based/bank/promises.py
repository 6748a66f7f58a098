"""What the steps of a booking promise: what each answers, what it changes, what it refuses and why.

A refusal is an exception, and then nothing has changed: whoever asks keeps the ledger as it was.
"""

from typing import Any
from uuid import UUID

from domain.messages.booking import (
    BookTimeSlot,
    CreateMeetingStep,
    MeetingContent,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    WantedTimeSlot,
    WithdrawMeeting,
)
from tests.model_based.bank.ledger import Answer, Ledger, Meeting, Refused, Slot

RESERVED, BOOKED = 5.0, 15.0
"""Minutes."""


def reserve(ledger: Ledger, step: ReserveTimeSlot, chosen: UUID | None) -> Answer:
    moved = slot_to_move(ledger, step.booking.client_id, step.wanted)
    if step.time_slot_id in ledger.told:
        return as_it_is(ledger, step.time_slot_id)
    wanted, own = step.wanted, {moved.id} if moved else set()
    candidates = candidates_for(ledger, step, own)
    give_back(ledger, step)
    ledger.end_what_lapsed([*candidates, *wanted.additional_employees], wanted.room_id, wanted.start, wanted.end)
    check_limit(ledger, step)
    held = hold(step, check_free(ledger, wanted, candidates, own, chosen), moved)
    ledger.slots[held.id] = held
    ledger.tell("booking.reserved", held)
    return slot_answer(held)


def slot_to_move(ledger: Ledger, client: str, wanted: WantedTimeSlot) -> Slot | None:
    """Of the meeting that is to be moved, which does not stand in its own way."""
    if wanted.existing_meeting_id is None:
        return None
    meeting = ledger.meetings.get(wanted.existing_meeting_id)
    if meeting is None or meeting.slot is None:
        raise Refused("NOT_FOUND")
    if meeting.client != client and not wanted.by_staff:
        raise Refused("NOT_YOURS")
    return ledger.slots[meeting.slot]


def as_it_is(ledger: Ledger, slot_id: UUID) -> Answer:
    """What a step that was taken before answers: it does nothing again."""
    if slot_id not in ledger.slots:
        raise Refused(ledger.why_gone(slot_id))
    return slot_answer(ledger.slots[slot_id])


def candidates_for(ledger: Ledger, step: ReserveTimeSlot, own: set[UUID]) -> list[UUID]:
    """Who is asked for, or everybody who is free."""
    wanted, held = step.wanted, ledger.hold_of(step.booking.client_id, step.booking.token)
    if wanted.employee_id is not None:
        return [wanted.employee_id]
    but = own | ({held.id} if held else set())
    others = [each for each in ledger.everybody if each not in wanted.additional_employees]
    return [each for each in others if ledger.is_free([each], wanted.room_id, wanted.start, wanted.end, but)]


def give_back(ledger: Ledger, step: ReserveTimeSlot) -> None:
    """Another time slot under the same token replaces the hold, unless that is Booked or was asked for later."""
    held = ledger.hold_of(step.booking.client_id, step.booking.token)
    if held is None:
        return
    if held.asked_at is not None and step.asked_at is not None and held.asked_at > step.asked_at:
        raise Refused("HOLD_RELEASED")
    if held.status == "Booked" and held.is_live:
        raise Refused("TIME_SLOT_ALREADY_BOOKED")
    ledger.tell("booking.released", held, why="replaced")
    del ledger.slots[held.id]


def check_limit(ledger: Ledger, step: ReserveTimeSlot) -> None:
    more = len({step.wanted.employee_id, *step.wanted.additional_employees})
    if ledger.held_by(step.booking.client_id) + more > ledger.most_holds:
        raise Refused("TOO_MANY_HOLDS")


def check_free(
    ledger: Ledger, wanted: WantedTimeSlot, candidates: list[UUID], own: set[UUID], chosen: UUID | None
) -> UUID:
    """The employee: one who is free, with the room and all the others."""
    employee = chosen if chosen in candidates else next(iter(candidates), None)
    if employee is None:
        raise Refused("TIME_SLOT_TAKEN")
    people = [employee, *wanted.additional_employees]
    if not ledger.is_free(people, wanted.room_id, wanted.start, wanted.end, own):
        raise Refused("TIME_SLOT_TAKEN")
    return employee


def hold(step: ReserveTimeSlot, employee: UUID, moved: Slot | None) -> Slot:
    wanted = step.wanted
    return Slot(
        id=step.time_slot_id,
        client=step.booking.client_id,
        token=step.booking.token,
        key=moved.key if moved else step.booking_key,
        employee=employee,
        team=tuple(each for each in wanted.additional_employees if each != employee),
        room=wanted.room_id,
        start=wanted.start,
        end=wanted.end,
        left=RESERVED,
        asked_at=step.asked_at,
        moves=wanted.existing_meeting_id,
    )


def book(ledger: Ledger, step: BookTimeSlot) -> Answer:
    slot = ledger.slots.get(step.time_slot_id)
    if slot is not None and slot.is_held_as("Reserved", step.version):
        slot.status, slot.version, slot.left = "Booked", slot.version + 1, BOOKED
        ledger.tell("booking.booked", slot)
    elif slot is None or (slot.status, slot.version) != ("Booked", step.version + 1):
        raise Refused(ledger.why_gone(step.time_slot_id))
    return slot_answer(slot)


def create(ledger: Ledger, step: CreateMeetingStep) -> Answer:
    slot = ledger.slots.get(step.time_slot_id)
    if slot is None or not slot.is_held_as("Booked", step.version):
        return made_before(ledger, step)
    content = step.content
    has_another_room = slot.room is not None and content.room_id not in (None, slot.room)
    if slot.moves is not None or content.employee_id != slot.employee or has_another_room:
        raise Refused("MEETING_MISMATCH")
    slot.left, slot.version = None, slot.version + 1
    set_team(ledger, slot, team_of(content, slot.team))
    set_room(ledger, slot, content.room_id or slot.room)
    meeting = Meeting(
        step.meeting_id, slot.client, slot.id, slot.start, slot.end, slot.employee, slot.team, slot.room, said(content)
    )
    ledger.meetings[meeting.id] = meeting
    ledger.tell("meeting.created", slot, meeting.id)
    return created_answer(meeting)


def made_before(ledger: Ledger, step: CreateMeetingStep) -> Answer:
    meeting, slot = ledger.meeting_of(step.time_slot_id), ledger.slots.get(step.time_slot_id)
    if meeting is None:
        is_only_reserved = slot is not None and slot.status != "Booked"
        raise Refused("TIME_SLOT_NOT_BOOKED" if is_only_reserved else ledger.why_gone(step.time_slot_id))
    team, room = team_of(step.content, meeting.team), step.content.room_id or meeting.room
    is_same = (said(step.content), set(team), room) == (meeting.said, set(meeting.team), meeting.room)
    if meeting.id != step.meeting_id or not is_same:
        raise Refused("MEETING_EXISTS")
    return created_answer(meeting)


def team_of(content: MeetingContent, kept: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return kept if content.keeps_team else content.additional_employees


def set_team(ledger: Ledger, slot: Slot, team: tuple[UUID, ...]) -> None:
    """These take part besides its employee: all who are new are free, but for what the booking has of their time."""
    if team == slot.team:
        return
    added = [each for each in team if each not in slot.team]
    if added:
        ledger.end_what_lapsed(added, None, slot.start, slot.end)
        own = {each.id for each in ledger.slots.values() if each.key == slot.key}
        if slot.employee in added:
            raise Refused("MEETING_MISMATCH")
        if not ledger.is_free(added, None, slot.start, slot.end, own):
            raise Refused("TIME_SLOT_TAKEN")
    slot.team, slot.version = tuple(team), slot.version + 1


def set_room(ledger: Ledger, slot: Slot, room: UUID | None) -> None:
    """The room can be had then; what is held to move the meeting is its own."""
    if room == slot.room:
        return
    if room is not None:
        ledger.end_what_lapsed([], room, slot.start, slot.end)
        own = {each.id for each in ledger.slots.values() if each.key == slot.key}
        if not ledger.is_free([], room, slot.start, slot.end, own):
            raise Refused("TIME_SLOT_TAKEN")
    slot.room, slot.version = room, slot.version + 1


def release_holds_for_moves(ledger: Ledger, meeting: UUID) -> None:
    """What is held to move a meeting that does not take place is free."""
    for slot in [each for each in ledger.slots.values() if each.moves == meeting and each.left is not None]:
        ledger.tell("booking.released", slot, why="meeting_cancelled")
        del ledger.slots[slot.id]


def said(content: MeetingContent) -> dict[str, Any]:
    fields = content.model_dump(exclude={"keeps_team", "room_id", "additional_employees", "employee_id"})
    return fields | {"video_link": None}


def withdraw(ledger: Ledger, step: WithdrawMeeting) -> Answer:
    """The meeting is gone if it was made, and cannot be made any more."""
    slot, meeting = ledger.slots.get(step.time_slot_id), ledger.meetings.get(step.meeting_id)
    was_made = slot is not None and meeting is not None and meeting.slot == slot.id
    if slot is not None and slot.is_live and (was_made or slot.left is not None):
        slot.left, slot.version = 0.0, slot.version + 1
    if slot is not None and was_made:
        del ledger.meetings[step.meeting_id]
        ledger.tell("meeting.cancelled", slot, step.meeting_id)
        release_holds_for_moves(ledger, step.meeting_id)
    return None


def release(ledger: Ledger, step: ReleaseTimeSlot) -> Answer:
    slot = ledger.slots.get(step.time_slot_id)
    if slot is not None and slot.left is not None:
        ledger.tell("booking.expired" if step.cause == "expired" else "booking.released", slot, why=step.cause.value)
        del ledger.slots[slot.id]
    return None


def slot_answer(slot: Slot) -> Answer:
    names = ("id", "version", "status", "employee", "room", "start", "end")
    return {**{name: getattr(slot, name) for name in names}, "team": frozenset(slot.team)}


def created_answer(meeting: Meeting) -> Answer:
    names = ("id", "slot", "start", "end", "room", "employee")
    return {**{name: getattr(meeting, name) for name in names}, "team": frozenset(meeting.team), "said": meeting.said}
