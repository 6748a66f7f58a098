"""What the steps of a meeting's life promise, and how any step is looked up."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from domain.messages.booking import (
    BookingKey,
    BookTimeSlot,
    CreateMeetingStep,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    WithdrawMeeting,
)
from domain.messages.meeting import CancelMeetingStep, ChangeMeetingStep, MeetingTerms, MoveMeetingStep, RemindOf
from tests.model_based.bank import promises
from tests.model_based.bank.ledger import Answer, Ledger, Meeting, Refused, Slot

TEXTS: Final = ("title", "description", "video_link", "salesforce_id")


@dataclass(frozen=True)
class Promise:
    """What a step comes to: how everything is after it, and its answer or its reason to refuse."""

    after: Ledger
    answer: Answer = None
    refused: str | None = None


def promise(ledger: Ledger, step: BaseModel, chosen: UUID | None = None) -> Promise:
    """`chosen` is who took what anybody could take."""
    after = deepcopy(ledger)
    try:
        return Promise(after, PROMISES[type(step)](after, step, chosen))
    except Refused as refused:
        return Promise(ledger, refused=str(refused))


def change(ledger: Ledger, step: ChangeMeetingStep) -> Answer:
    meeting = planned(ledger, step.meeting_id)
    if meeting.sequence != step.sequence and step.step_id in meeting.taken:
        return kept_answer(meeting)
    check_version(meeting, step.sequence)
    changed = differences(meeting, step.terms)
    meeting.taken.add(step.step_id)
    if "time_slot_id" in changed:
        return take_another(ledger, meeting, step.terms)
    slot = ledger.slot_of(meeting)
    if "additional_employees" in changed:
        promises.set_team(ledger, slot, step.terms.additional_employees)
    promises.set_room(ledger, slot, step.terms.room_id)
    say(meeting, step.terms)
    meeting.room, meeting.team, meeting.sequence = slot.room, slot.team, meeting.sequence + 1
    ledger.tell("meeting.changed", slot, meeting.id, ",".join(sorted(map(to_camel, changed))))
    return kept_answer(meeting)


def planned(ledger: Ledger, meeting_id: UUID) -> Meeting:
    meeting = ledger.meetings.get(meeting_id)
    if meeting is None or meeting.slot is None:
        raise Refused("NOT_FOUND")
    return meeting


def check_version(meeting: Meeting, sequence: int) -> None:
    if meeting.sequence != sequence:
        raise Refused("MEETING_CHANGED")


def differences(meeting: Meeting, terms: MeetingTerms) -> set[str]:
    """The same people in another order are the same."""
    now = {"time_slot_id": meeting.slot, "room_id": meeting.room, "type": meeting.said["type"]}
    now |= {name: meeting.said[name] for name in TEXTS}
    different = {name for name, value in now.items() if getattr(terms, name) != value}
    return different | ({"additional_employees"} if set(terms.additional_employees) != set(meeting.team) else set())


def say(meeting: Meeting, terms: MeetingTerms) -> None:
    meeting.said |= {name: getattr(terms, name) for name in (*TEXTS, "type")}


def take_another(ledger: Ledger, meeting: Meeting, terms: MeetingTerms) -> Answer:
    """The meeting takes a time slot that was reserved and Booked for that."""
    new = ledger.slots.get(terms.time_slot_id)
    if new is None:
        raise Refused(ledger.why_gone(terms.time_slot_id))
    if new.moves != meeting.id:
        raise Refused("MEETING_MISMATCH")
    if new.status != "Booked":
        raise Refused("TIME_SLOT_NOT_BOOKED")
    if not new.is_live:
        raise Refused("HOLD_EXPIRED")
    if new.room not in (None, terms.room_id):
        raise Refused("MEETING_MISMATCH")
    promises.set_team(ledger, new, terms.additional_employees)
    promises.set_room(ledger, new, terms.room_id)
    say(meeting, terms)
    booking = BookingKey(client_id=new.client, token=new.token)
    return {**swap(ledger, meeting, new), "moved_by": booking}


def swap(ledger: Ledger, meeting: Meeting, new: Slot) -> dict[str, Any]:
    """The meeting is where and when its new time slot is, which is kept for good; its old one is free."""
    del ledger.slots[ledger.slot_of(meeting).id]
    new.version += 1 if new.client == meeting.client else 2
    new.left, new.client = None, meeting.client
    if new.start != meeting.start:
        meeting.given = set()
    meeting.slot, meeting.start, meeting.end = new.id, new.start, new.end
    meeting.employee, meeting.team, meeting.room = new.employee, new.team, new.room
    meeting.sequence += 1
    ledger.tell("meeting.moved", new, meeting.id)
    return kept_answer(meeting)


def move(ledger: Ledger, step: MoveMeetingStep, chosen: UUID | None) -> Answer:
    """Reserve, book and take: all of it, or nothing."""
    meeting = planned(ledger, step.meeting_id)
    if meeting.slot == step.time_slot_id or (meeting.sequence != step.sequence and step.time_slot_id in meeting.taken):
        return kept_answer(meeting)
    token = BookingKey(client_id=meeting.client, token=f"move:{step.time_slot_id}")
    wanted = ReserveTimeSlot(
        booking=token, time_slot_id=step.time_slot_id, booking_key=step.time_slot_id, wanted=step.wanted
    )
    promises.reserve(ledger, wanted, chosen)
    check_version(meeting, step.sequence)
    promises.book(ledger, BookTimeSlot(time_slot_id=step.time_slot_id, version=1))
    meeting.taken.add(step.time_slot_id)
    return swap(ledger, meeting, ledger.slots[step.time_slot_id])


def cancel(ledger: Ledger, step: CancelMeetingStep) -> Answer:
    meeting = ledger.meetings.get(step.meeting_id)
    if meeting is None:
        raise Refused("NOT_FOUND")
    if meeting.slot is not None:
        if step.sequence is not None:
            check_version(meeting, step.sequence)
        slot = ledger.slot_of(meeting)
        ledger.tell("meeting.cancelled", slot, meeting.id)
        del ledger.slots[slot.id]
        meeting.slot, meeting.sequence = None, meeting.sequence + 1
        promises.release_holds_for_moves(ledger, meeting.id)
    return kept_answer(meeting)


def remind(ledger: Ledger, step: RemindOf) -> Answer:
    """Once of each, as it is planned."""
    meeting = ledger.meetings.get(step.meeting_id)
    if meeting is not None and meeting.slot is not None and meeting.start == step.start:
        if step.before not in meeting.given:
            ledger.tell("meeting.reminder", ledger.slot_of(meeting), meeting.id, step.before)
        meeting.given.add(step.before)
    return None


def kept_answer(meeting: Meeting) -> dict[str, Any]:
    names = ("id", "sequence", "client", "slot", "start", "end", "room", "employee")
    facts = {name: getattr(meeting, name) for name in names}
    return {**facts, "team": frozenset(meeting.team), "said": dict(meeting.said), "moved_by": None}


PROMISES: Final[Mapping[type[BaseModel], Callable[[Ledger, Any, UUID | None], Answer]]] = {
    ReserveTimeSlot: promises.reserve,
    BookTimeSlot: lambda ledger, step, _: promises.book(ledger, step),
    CreateMeetingStep: lambda ledger, step, _: promises.create(ledger, step),
    WithdrawMeeting: lambda ledger, step, _: promises.withdraw(ledger, step),
    ReleaseTimeSlot: lambda ledger, step, _: promises.release(ledger, step),
    ChangeMeetingStep: lambda ledger, step, _: change(ledger, step),
    MoveMeetingStep: move,
    CancelMeetingStep: lambda ledger, step, _: cancel(ledger, step),
    RemindOf: lambda ledger, step, _: remind(ledger, step),
}
"""What each step promises, by its input."""
