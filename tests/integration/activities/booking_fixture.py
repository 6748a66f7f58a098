"""What the tests of the steps have in common: the demo bank's free time, steps ready to take, and what is stored."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from activities.booking import BookingActivities
from devstack.demo_data import identity
from domain.availability import OfferedSlot, SlotSearch, offered_slots
from domain.meetings import BookedBy, MeetingType
from domain.messages.booking import (
    BookingKey,
    BookTimeSlot,
    CreateMeetingStep,
    MeetingContent,
    MeetingCreated,
    ReserveTimeSlot,
    TimeSlotSnapshot,
    WantedTimeSlot,
)
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability.situations import read_availability_data
from storage.bookings.time_slots import database_time
from storage.database import Database, StorageUnavailable
from storage.meetings.meetings import add_meeting
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
CLIENT = "a-client"
PATIENCE = 20.0

FREJA = identity("Freja Lindqvist")
MAGNUS = identity("Magnus Østergaard")
AKSEL = identity("Aksel Højlund")
INGRID = identity("Ingrid Kjeldsen")
EMIL = identity("Emil Søndergaard")
NYHAVN, KASTELLET = identity("copenhagen-city/Nyhavn"), identity("copenhagen-city/Kastellet")
CLOSED_ROOM = identity("copenhagen-city/Direktionen")

Step = TypeVar("Step")
Answer = TypeVar("Answer")
Stored = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class BookingFixture:
    """Where the tests book."""

    database: Database
    steps: BookingActivities

    async def offered(
        self, *employees: UUID, days: int = 9, rooms: tuple[UUID, ...] = (), best: bool = True, together: bool = False
    ) -> list[OfferedSlot]:
        """What search offers with these employees from the day after tomorrow on, an hour each and without overlaps."""
        return apart(await self._all_offered(*employees, days=days, rooms=rooms, best=best, together=together))

    async def free_at(self, start: datetime) -> set[UUID]:
        """Who is offered then, whatever else they are offered."""
        return {slot.employee_id for slot in await self._all_offered(best=False) if slot.interval.start == start}

    async def _all_offered(
        self, *employees: UUID, days: int = 9, rooms: tuple[UUID, ...] = (), best: bool = True, together: bool = False
    ) -> Sequence[OfferedSlot]:
        async with self.database.transaction() as session:
            start = midnight(await database_time(session) + DAY * 2)
            situation = await read_availability_data(session, Interval(start - DAY, start + DAY * (days + 1)))
        search = SlotSearch(
            window=Interval(start, start + DAY * days),
            duration=HOUR,
            meeting_types=frozenset({MeetingType.PHYSICAL if rooms else MeetingType.ONLINE}),
            explicit_employees=employees,
            require_all=together,
            specific_rooms=rooms,
            best=best,
        )
        return list(offered_slots(search, situation))

    async def wanted(self, number: int = 0, employee: UUID = FREJA, **other: object) -> WantedTimeSlot:
        """A free hour of the employee; each number is another one."""
        slot = (await self.offered(employee))[number]
        return wanted_as(slot, **other)

    async def physical(self, room: UUID = NYHAVN, employee: UUID = FREJA, **other: object) -> WantedTimeSlot:
        """A free hour of the employee and the room."""
        return wanted_as((await self.offered(employee, rooms=(room,)))[0], room_id=room, **other)

    async def team(self, *others: UUID, number: int = 0, **other: object) -> WantedTimeSlot:
        """A free hour of Freja and these others."""
        slot = (await self.offered(FREJA, *others, together=True))[number]
        return wanted_as(slot, additional_employees=others, **other)

    async def held(
        self, wanted: WantedTimeSlot | None = None, token: str | None = None, client: str = CLIENT, **step: object
    ) -> TimeSlotSnapshot:
        return await self.steps.reserve_time_slot(reservation(wanted or await self.wanted(), token, client, **step))

    async def booked(
        self, wanted: WantedTimeSlot | None = None, token: str | None = None, client: str = CLIENT, **step: object
    ) -> TimeSlotSnapshot:
        return await self.steps.book_time_slot(booking_of(await self.held(wanted, token, client, **step)))

    async def met(
        self, wanted: WantedTimeSlot | None = None, token: str | None = None, client: str = CLIENT, **step: object
    ) -> MeetingCreated:
        return await self.steps.create_meeting(meeting_of(await self.booked(wanted, token, client, **step)))

    async def stored(self) -> Stored:
        """Every row of every booking."""
        async with self.database.transaction() as session:
            return {table.__name__: await rows(session, table) for table in (TimeSlotRow, MeetingRow, BookingEventRow)}

    async def slot(self, time_slot_id: UUID) -> dict[str, Any] | None:
        slots = (await self.stored())["TimeSlotRow"]
        return next((slot for slot in slots if slot["id"] == time_slot_id), None)

    async def events(self, time_slot_id: UUID | None = None) -> list[str]:
        """What was told of a time slot (of all), in order."""
        told = (await self.stored())["BookingEventRow"]
        return [event["kind"] for event in told if time_slot_id in (None, event["time_slot_id"])]

    async def expire(self, *time_slots: UUID) -> None:
        """Let the deadlines of these time slots be a second ago."""
        await self.change(time_slots, hold_expires_at=sa.func.now() - timedelta(seconds=1))

    async def change(self, time_slots: Sequence[UUID], **values: object) -> None:
        """Change them and their companions."""
        main: sa.ColumnElement[UUID] = sa.func.coalesce(sa.column("companion_of"), sa.column("id"))
        async with self.database.transaction() as session:
            await session.execute(sa.update(TimeSlotRow).where(main.in_(time_slots)).values(**values))

    async def busy(self, wanted: WantedTimeSlot, status: TimeSlotStatus = TimeSlotStatus.BUSY) -> UUID:
        """An entry of the employee's calendar, not a booking."""
        row = TimeSlotRow(
            id=uuid4(),
            start_at=wanted.start,
            end_at=wanted.end,
            status=status,
            employee_id=wanted.employee_id or FREJA,
            room_id=wanted.room_id,
            booking_key=uuid4(),
            created_at=wanted.start,
            modified_at=wanted.start,
        )
        identity_of_row = row.id
        async with self.database.transaction() as session:
            session.add(row)
        return identity_of_row

    async def insert_meeting(self, session: AsyncSession, step: CreateMeetingStep, slot: TimeSlotRow) -> None:
        """What `create_meeting` does in the middle of its transaction."""
        names: dict[str, object] = {"id": step.meeting_id, "time_slot_id": slot.id, "client_id": CLIENT}
        names |= {"start_at": slot.start_at, "end_at": slot.end_at}
        content = step.content.model_dump(exclude={"keeps_team"}) | {"additional_employees": []}
        await add_meeting(session, slot, names | content)

    async def somebody_waits(self, lock: str = "%") -> None:
        """Return when a transaction waits for another one's lock, of this kind."""
        waiting = "wait_event_type = 'Lock' AND datname = current_database() AND wait_event LIKE :lock"

        async def waits() -> bool:
            async with self.database.transaction() as session:
                query = sa.text(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}")
                return bool(await session.scalar(query, {"lock": lock}))

        await until(waits)

    async def deadline_passed(self, slot: TimeSlotSnapshot) -> None:
        async def is_over() -> bool:
            async with self.database.transaction() as session:
                return slot.kept_until is not None and await database_time(session) > slot.kept_until

        await until(is_over)


@dataclass(frozen=True)
class Crowd(BookingFixture):
    """Fifty connections of its own, of these backends, ready when the race starts."""

    pids: tuple[int, ...]

    async def reserve(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        return await insist(self.steps.reserve_time_slot, step)

    async def meet(self, step: CreateMeetingStep) -> MeetingCreated:
        return await insist(self.steps.create_meeting, step)


async def insist(activity: Callable[[Step], Awaitable[Answer]], step: Step) -> Answer:
    """As the workflow does: again when the database was too busy."""
    while True:
        with suppress(StorageUnavailable):
            return await activity(step)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.005)


async def rows(session: AsyncSession, table: type[SQLModel]) -> list[dict[str, Any]]:
    found = await session.execute(sa.select(sa.inspect(table).local_table).order_by(sa.column("id")))
    return [dict(row) for row in found.mappings()]


def check_companions(stored: Stored) -> None:
    """Each additional employee of each time slot has a companion in step with it, and there is no other one."""
    same = ("start_at", "end_at", "status", "hold_expires_at", "booking_key", "client_id")
    slots = stored["TimeSlotRow"]
    wanted = {
        (slot["id"], employee, *(slot[name] for name in same))
        for slot in slots
        for employee in slot["additional_employees"]
    }
    companions = [slot for slot in slots if slot["companion_of"] is not None]
    found = [(each["companion_of"], each["employee_id"], *(each[name] for name in same)) for each in companions]
    assert set(found) == wanted
    assert len(found) == len(wanted)
    assert {(each["room_id"], each["reservation_token"]) for each in companions} <= {(None, None)}


def midnight(instant: datetime) -> datetime:
    """Before anybody works on that day: what is free first does not depend on when the tests run."""
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def apart(slots: Sequence[OfferedSlot]) -> list[OfferedSlot]:
    """Those that do not overlap one before them with the same employee."""
    chosen: list[OfferedSlot] = []
    free_from: dict[UUID, datetime] = {}
    for slot in slots:
        if slot.employee_id not in free_from or free_from[slot.employee_id] <= slot.interval.start:
            free_from[slot.employee_id] = slot.interval.end
            chosen.append(slot)
    return chosen


def wanted_as(slot: OfferedSlot, **other: object) -> WantedTimeSlot:
    asked = {"start": slot.interval.start, "end": slot.interval.end, "employee_id": slot.employee_id} | other
    return WantedTimeSlot.model_validate(asked)


def wanted_again(slot: TimeSlotSnapshot) -> WantedTimeSlot:
    return WantedTimeSlot(start=slot.start, end=slot.end, employee_id=slot.employee_id, room_id=slot.room_id)


def reservation(
    wanted: WantedTimeSlot, token: str | None = None, client: str = CLIENT, **other: object
) -> ReserveTimeSlot:
    """A new step, of a new booking unless a token is given."""
    booking = BookingKey(client_id=client, token=token or f"token-{uuid4()}")
    step = ReserveTimeSlot(booking=booking, time_slot_id=uuid4(), booking_key=uuid4(), wanted=wanted)
    return step.model_copy(update=other)


def booking_of(slot: TimeSlotSnapshot) -> BookTimeSlot:
    return BookTimeSlot(time_slot_id=slot.id, version=slot.version)


def meeting_of(slot: TimeSlotSnapshot, *, by_staff: object = False, **other: object) -> CreateMeetingStep:
    """A new step that makes a meeting which fits the time slot."""
    content = MeetingContent(
        booked_by=BookedBy.CUSTOMER,
        customer_type_id=identity("Private"),
        topic_id=identity("home-loan"),
        type=MeetingType.ONLINE,
        employee_id=slot.employee_id,
        customer_id="customer-4711",
    )
    return CreateMeetingStep(
        meeting_id=uuid4(),
        time_slot_id=slot.id,
        version=slot.version,
        content=content.model_copy(update=other),
        by_staff=bool(by_staff),
    )
