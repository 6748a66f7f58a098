"""The steps of a booking in memory. Each try does what is scripted for it, and is remembered."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import repeat
from typing import Any, TypeVar
from uuid import UUID, uuid4

from temporalio import activity

from activities.signatures import BookingSteps, MeetingOpening
from domain.errors import BookMeError, HoldAlreadyExtended, HoldExpired, HoldReleased, TimeSlotNotBooked
from domain.messages.booking import (
    BookingKey,
    BookingSnapshot,
    BookTimeSlot,
    CreateMeetingStep,
    ExtendHold,
    MeetingContent,
    MeetingCreated,
    ReadBooking,
    ReleaseCause,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotSnapshot,
    WithdrawMeeting,
)
from domain.messages.meeting import OpenMeeting
from domain.time_slots import TimeSlotStatus

RESERVATION_TTL = timedelta(minutes=5)
BOOKED_TTL = timedelta(minutes=15)
ANYBODY = UUID(int=99)

Answer = TypeVar("Answer")
Work = Callable[[], Awaitable[Any]]
Behaviour = Callable[[Work], Awaitable[Any]]


class ConnectionLost(Exception):
    """Transient: it is retried."""


async def fails(work: Work) -> None:
    """Nothing is done."""
    raise ConnectionLost


async def loses_its_answer(work: Work) -> None:
    """All is done, and nobody is told."""
    await work()
    raise ConnectionLost


def refuses(error: BookMeError) -> Behaviour:
    async def refuse(work: Work) -> None:
        raise error

    return refuse


def answers(answer: object) -> Behaviour:
    """Whatever was asked."""

    async def give(work: Work) -> object:
        return answer

    return give


def always(behaviour: Behaviour) -> Iterable[Behaviour]:
    return repeat(behaviour)


async def works(work: Work) -> object:
    return await work()


class Late:
    """Fails, and is done when it is let go on, of which nobody learns."""

    def __init__(self) -> None:
        self._work: Work | None = None

    async def __call__(self, work: Work) -> None:
        self._work = work
        raise ConnectionLost

    async def go_on(self) -> None:
        assert self._work is not None, "has been tried"
        await self._work()


class Hangs:
    """Waits until it is let go or cancelled; a stubborn one goes on all the same when it is cancelled."""

    def __init__(self, then: Behaviour = works, *, stubborn: bool = False) -> None:
        self.has_started = asyncio.Event()
        self.go_on = asyncio.Event()
        self._then = then
        self._is_stubborn = stubborn

    async def __call__(self, work: Work) -> object:
        self.has_started.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            if not self._is_stubborn:
                raise
        return await self._then(work)


class Scripted:
    """`tries` has the name of each try of a step."""

    def __init__(self) -> None:
        self.tries: list[str] = []
        self._script: dict[str, Iterator[Behaviour]] = defaultdict(lambda: iter(()))

    def script(self, step: str, behaviours: Iterable[Behaviour]) -> None:
        """The next tries of this step behave so, one after the other; those after them succeed."""
        self._script[step] = iter(behaviours)

    async def _try(self, step: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        self.tries.append(step)
        behaviour = next(self._script[step], None)
        if behaviour is None:
            return await work()
        answer: Answer = await behaviour(work)
        return answer


class FakeSteps(Scripted, BookingSteps, MeetingOpening):
    """`undone` has each compensation that was done, and of what; `known_as` what each try to make a meeting is."""

    def __init__(self, clock: Callable[[], Awaitable[datetime]]) -> None:
        super().__init__()
        self.reservation_ttl = RESERVATION_TTL
        self.booked_ttl = BOOKED_TTL
        self.set_back_by = timedelta(0)
        self.undone: list[tuple[str, UUID]] = []
        self.causes: list[ReleaseCause] = []
        self.cancellations: list[dict[str, str]] = []
        self.asked_at: list[datetime] = []
        self.slots: dict[UUID, TimeSlotSnapshot] = {}
        self.extensions: dict[UUID, UUID] = {}
        self.meetings: dict[UUID, MeetingCreated] = {}
        self.wants_run = True
        self.known_as: list[UUID] = []
        self.opened: list[OpenMeeting] = []
        self._clock = clock
        self._bookings: dict[UUID, BookingKey] = {}
        self._given_up: set[UUID] = set()

    @activity.defn
    async def reserve_time_slot(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        return await self._try("reserve_time_slot", partial(self._reserve, step))

    @activity.defn
    async def book_time_slot(self, step: BookTimeSlot) -> TimeSlotSnapshot:
        return await self._try("book_time_slot", partial(self._book, step))

    @activity.defn
    async def extend_hold(self, step: ExtendHold) -> TimeSlotSnapshot:
        return await self._try("extend_hold", partial(self._extend, step))

    @activity.defn
    async def create_meeting(self, step: CreateMeetingStep) -> MeetingCreated:
        self.known_as.append(step.step_id)
        return await self._try("create_meeting", partial(self._create, step))

    @activity.defn
    async def read_booking(self, step: ReadBooking) -> BookingSnapshot:
        return await self._try("read_booking", partial(self._read, step))

    @activity.defn
    async def withdraw_meeting(self, step: WithdrawMeeting) -> None:
        await self._try("withdraw_meeting", partial(self._withdraw, step))

    @activity.defn
    async def release_time_slot(self, step: ReleaseTimeSlot) -> None:
        await self._try("release_time_slot", partial(self._release, step))

    @activity.defn
    async def open_meeting(self, step: OpenMeeting) -> None:
        await self._try("open_meeting", partial(self._open, step))

    async def _open(self, step: OpenMeeting) -> None:
        self.opened.append(step)

    async def _reserve(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        if step.asked_at is not None:
            self.asked_at.append(step.asked_at)
        if step.time_slot_id in self._given_up:
            raise HoldReleased
        if step.time_slot_id not in self.slots:
            for replaced in self._held_by(step.booking):
                del self.slots[replaced.id]
            self._bookings[step.time_slot_id] = step.booking
            self.slots[step.time_slot_id] = await self._new_slot(step)
        return await self._as_stored(step.time_slot_id)

    async def _new_slot(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        now = await self._now()
        return TimeSlotSnapshot(
            id=step.time_slot_id,
            version=1,
            start=step.wanted.start,
            end=step.wanted.end,
            status=TimeSlotStatus.RESERVED,
            employee_id=step.wanted.employee_id or ANYBODY,
            room_id=step.wanted.room_id,
            date_created=now,
            date_modified=now,
            kept_until=now + self.reservation_ttl,
        )

    async def _book(self, step: BookTimeSlot) -> TimeSlotSnapshot:
        slot = self._find(step.time_slot_id)
        if (slot.status, slot.version) != (TimeSlotStatus.BOOKED, step.version + 1):
            await self._check_alive(slot)
            until = await self._now() + self.booked_ttl
            changes = {"status": TimeSlotStatus.BOOKED, "version": step.version + 1, "kept_until": until}
            self.slots[slot.id] = slot.model_copy(update=changes)
        return await self._as_stored(slot.id)

    async def _extend(self, step: ExtendHold) -> TimeSlotSnapshot:
        slot = self._find(step.time_slot_id)
        if self.extensions.get(slot.id) != step.extension_id:
            await self._check_alive(slot)
            if slot.id in self.extensions or slot.version != step.version or slot.kept_until is None:
                raise HoldAlreadyExtended(slot.kept_until)
            self.extensions[slot.id] = step.extension_id
            later = {"kept_until": slot.kept_until + self.reservation_ttl, "hold_extended": True}
            self.slots[slot.id] = slot.model_copy(update=later)
        return await self._as_stored(slot.id)

    async def _create(self, step: CreateMeetingStep) -> MeetingCreated:
        slot = self._find(step.time_slot_id)
        if slot.id not in self.meetings:
            await self._check_alive(slot)
            if slot.status is not TimeSlotStatus.BOOKED:
                raise TimeSlotNotBooked(slot.status)
            self.slots[slot.id] = slot.model_copy(update={"kept_until": None})
            self.meetings[slot.id] = await self._new_meeting(step, slot)
        return self.meetings[slot.id]

    async def take_for_a_meeting(self, slot: TimeSlotSnapshot, content: MeetingContent) -> None:
        """What the run of a meeting does that is moved to this time slot."""
        step = CreateMeetingStep(meeting_id=uuid4(), time_slot_id=slot.id, version=slot.version, content=content)
        self.slots[slot.id] = slot.model_copy(update={"kept_until": None})
        self.meetings[slot.id] = await self._new_meeting(step, slot)

    async def _new_meeting(self, step: CreateMeetingStep, slot: TimeSlotSnapshot) -> MeetingCreated:
        now = await self._now()
        return MeetingCreated(
            id=step.meeting_id,
            time_slot_id=slot.id,
            start=slot.start,
            end=slot.end,
            content=step.content,
            date_created=now,
            date_modified=now,
            wants_run=self.wants_run,
        )

    async def _read(self, step: ReadBooking) -> BookingSnapshot:
        self._given_up.update(set(step.given_up) - self.slots.keys())
        held = self._held_by(step.booking)
        slot_id = held[0].id if held else step.time_slot_id
        if slot_id not in self.slots:
            return BookingSnapshot()
        return BookingSnapshot(time_slot=await self._as_stored(slot_id), meeting=self.meetings.get(slot_id))

    async def _withdraw(self, step: WithdrawMeeting) -> None:
        self.undone.append(("withdraw_meeting", step.time_slot_id))
        self.cancellations.append(step.facts)
        self.meetings.pop(step.time_slot_id, None)

    async def _release(self, step: ReleaseTimeSlot) -> None:
        self.undone.append(("release_time_slot", step.time_slot_id))
        self.causes.append(step.cause)
        self.cancellations.append(step.facts)
        if step.time_slot_id not in self.meetings:
            self.slots.pop(step.time_slot_id, None)

    def _held_by(self, booking: BookingKey) -> list[TimeSlotSnapshot]:
        return [slot for slot in self.slots.values() if slot.kept_until and self._bookings[slot.id] == booking]

    def _find(self, slot_id: UUID) -> TimeSlotSnapshot:
        if slot_id not in self.slots:
            raise HoldReleased
        return self.slots[slot_id]

    async def _check_alive(self, slot: TimeSlotSnapshot) -> None:
        if slot.kept_until is None or slot.kept_until <= await self._now():
            raise HoldExpired(slot.kept_until)

    async def _as_stored(self, slot_id: UUID) -> TimeSlotSnapshot:
        slot = self.slots[slot_id]
        left = slot.kept_until - await self._now() if slot.kept_until else timedelta(0)
        return slot.model_copy(update={"kept_for": max(left, timedelta(0))})

    async def _now(self) -> datetime:
        return await self._clock() - self.set_back_by
