"""What is held, met and told, in plain Python: no database, no clock, nothing of the product but its messages.

Time is minutes left: a hold whose minutes are over is still here until somebody takes it away, and is nobody's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

Answer = dict[str, Any] | None


class Refused(Exception):
    """Nothing has changed, for this reason."""


@dataclass
class Slot:
    """A time slot. It is kept for so many minutes, or for good (None) with its meeting."""

    id: UUID
    client: str
    token: str
    key: UUID
    employee: UUID
    team: tuple[UUID, ...]
    room: UUID | None
    start: datetime
    end: datetime
    left: float | None
    asked_at: datetime | None = None
    moves: UUID | None = None
    status: str = "Reserved"
    version: int = 1

    @property
    def is_live(self) -> bool:
        return self.left is None or self.left > 0

    @property
    def people(self) -> set[UUID]:
        return {self.employee, *self.team}

    def is_in_the_way(self, people: Collection[UUID], room: UUID | None, start: datetime, end: datetime) -> bool:
        is_wanted = bool(self.people & set(people)) or (room is not None and self.room == room)
        return is_wanted and self.start < end and start < self.end

    def is_held_as(self, status: str, version: int) -> bool:
        return self.left is not None and self.left > 0 and (self.status, self.version) == (status, version)


@dataclass
class Meeting:
    """A meeting. One that is cancelled has no time slot; `given` are the reminders of it as it is planned.

    `taken` are the ids of the steps that have changed it.
    """

    id: UUID
    client: str
    slot: UUID | None
    start: datetime
    end: datetime
    employee: UUID
    team: tuple[UUID, ...]
    room: UUID | None
    said: dict[str, Any]
    sequence: int = 0
    given: set[str] = field(default_factory=set)
    taken: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Event:
    """What was told of a time slot: to whose client, of which booking and meeting, and why."""

    kind: str
    client: str
    token: str
    key: UUID
    meeting: UUID | None = None
    why: str | None = None


@dataclass
class Ledger:
    """Everything. `everybody` can be booked, and one client may hold `most_holds` time slots at once."""

    everybody: tuple[UUID, ...]
    most_holds: int
    slots: dict[UUID, Slot] = field(default_factory=dict)
    meetings: dict[UUID, Meeting] = field(default_factory=dict)
    told: defaultdict[UUID, list[Event]] = field(default_factory=lambda: defaultdict(list))
    busy: list[tuple[UUID, datetime, datetime]] = field(default_factory=list)

    def tell(self, kind: str, slot: Slot, meeting: UUID | None = None, why: str | None = None) -> None:
        self.told[slot.id].append(Event(kind, slot.client, slot.token, slot.key, meeting, why))

    def is_free(
        self,
        people: Collection[UUID],
        room: UUID | None,
        start: datetime,
        end: datetime,
        but: Collection[UUID] = (),
    ) -> bool:
        """Whether all these people, and the room, have nothing then but these time slots."""
        is_busy = any(who in people and begins < end and start < ends for who, begins, ends in self.busy)
        others = (slot for slot in self.slots.values() if slot.is_live and slot.id not in but)
        return not is_busy and not any(each.is_in_the_way(people, room, start, end) for each in others)

    def end_what_lapsed(self, people: Iterable[UUID], room: UUID | None, start: datetime, end: datetime) -> None:
        """Whoever takes their time takes over what others let lapse there."""
        wanted = set(people)
        for slot in list(self.slots.values()):
            if not slot.is_live and slot.is_in_the_way(wanted, room, start, end):
                self.tell("booking.expired", slot)
                del self.slots[slot.id]

    def hold_of(self, client: str, token: str) -> Slot | None:
        held = (slot for slot in self.slots.values() if slot.left is not None)
        return next((slot for slot in held if (slot.client, slot.token) == (client, token)), None)

    def held_by(self, client: str) -> int:
        """How many time slots this client keeps without a meeting; each additional employee is one more."""
        held = (slot for slot in self.slots.values() if slot.left is not None and slot.is_live)
        return sum(len(slot.people) for slot in held if slot.client == client)

    def meeting_of(self, slot_id: UUID) -> Meeting | None:
        return next((each for each in self.meetings.values() if each.slot == slot_id), None)

    def slot_of(self, meeting: Meeting) -> Slot:
        assert meeting.slot is not None, "it is not cancelled"
        return self.slots[meeting.slot]

    def why_gone(self, slot_id: UUID) -> str:
        """What somebody is told who asks for a time slot that is not there any more, or not as it was."""
        slot, told = self.slots.get(slot_id), self.told.get(slot_id)
        if slot is not None:
            return "HOLD_RELEASED" if slot.is_live else "HOLD_EXPIRED"
        if not told:
            return "NOT_FOUND"
        return "HOLD_EXPIRED" if told[-1].kind == "booking.expired" else "HOLD_RELEASED"

    def let_pass(self, minutes: float) -> None:
        for slot in self.slots.values():
            if slot.left is not None:
                slot.left -= minutes
