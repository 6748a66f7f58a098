"""What search offers can be reserved at once by that client, and what it does not offer cannot: in random worlds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product
from random import Random
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from devstack.demo_data import CITY, HARBOUR, LOCATIONS, ODENSE, identity
from domain.meetings import MeetingType
from domain.time_slots import TimeSlotStatus
from storage.database import Database
from storage.tables.availability import (
    ClosingDayRow,
    ServiceGroupCustomerLocationRow,
    ServiceGroupLocationRow,
    ServiceGroupMemberRow,
    ServiceGroupRow,
)
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import EmployeeRow, LocationRow, OrganisationRow, WorkdayRow
from tests.integration.api.support import ok
from tests.support.clients import ApiClient, Json, next_monday
from tests.support.effort import repetitions

EMPLOYEES = [identity(name) for name in ("Freja Lindqvist", "Magnus Østergaard", "Ingrid Kjeldsen", "Nils Hedegaard")]
ROOMS = [identity(f"{CITY}/Øresund"), identity(f"{HARBOUR}/Bugten"), identity(f"{ODENSE}/Åen")]
DAYS = 3
HOUR = timedelta(hours=1)
TRIED = 40
RESERVED = 8

Key = tuple[str, str, str]
"""Employee, start, room."""


@dataclass
class World:
    """A configuration drawn at random, so that every rule refuses something."""

    random: Random

    async def build(self, session: AsyncSession) -> None:
        await session.execute(sa.update(OrganisationRow).values(self.settings()))
        await session.execute(sa.update(EmployeeRow).values(max_meeting_time_per_day=self.some_hours()))
        await session.execute(sa.update(LocationRow).values(require_available_room=self.maybe()))
        session.add_all([*self.weeks(), *self.busy()])
        if self.maybe():
            session.add(ClosingDayRow(day=(next_monday() + timedelta(days=self.random.randrange(DAYS))).date()))
        await session.flush()
        await self.add_group(session)

    def maybe(self) -> bool:
        return self.random.random() < 0.5

    def some_hours(self) -> timedelta | None:
        return self.random.choice((None, HOUR * 2, HOUR * 2.5, HOUR * 3))

    def settings(self) -> Json:
        return {
            "buffer_between_meetings": self.random.choice((0, 15, 30, 45)) * timedelta(minutes=1),
            "working_time_buffer": self.random.choice((0, 1, 2)) * HOUR,
            "opens": self.random.choice((None, time(9), time(9, 30))),
            "closes": self.random.choice((None, time(15), time(16, 15))),
            "max_meeting_time_per_day": self.some_hours(),
            "slot_interval": self.random.choice((15, 30, 60)) * timedelta(minutes=1),
        }

    def weeks(self) -> Iterator[WorkdayRow]:
        for employee, weekday in product(EMPLOYEES, range(1, DAYS + 1)):
            if self.random.random() < 0.8:
                starts, ends = time(self.random.randrange(7, 11)), time(self.random.randrange(13, 18), 30)
                yield from self.spans(employee, weekday, [starts, *self.some_break(), ends])

    def some_break(self) -> list[time]:
        """None, one that only changes what the employee does, or a longer one."""
        return self.random.choice(([], [time(12), time(12)], [time(11, 30), time(12, 30)]))

    def spans(self, employee: UUID, weekday: int, hours: list[time]) -> Iterator[WorkdayRow]:
        for starts, ends in zip(hours[::2], hours[1::2], strict=True):
            yield WorkdayRow(
                employee_id=employee,
                weekday=weekday,
                starts=starts,
                ends=ends,
                location=str(self.random.choice(LOCATIONS)["id"]),
                meeting_types=self.random.sample([str(kind) for kind in MeetingType], k=2),
            )

    def busy(self) -> Iterator[TimeSlotRow]:
        """Meetings in the mornings, other entries in the afternoons: meetings of one employee may not overlap."""
        for employee, day in product(EMPLOYEES, range(DAYS)):
            noon = next_monday() + timedelta(days=day, hours=11)
            yield self.entry(employee, "Booked", noon - self.random.randrange(8, 16) * timedelta(minutes=15))
            status = self.random.choice(("Busy", "ExtraOpen", "WorkingFromElsewhere", "AvailableForWork"))
            yield self.entry(employee, status, noon + self.random.randrange(24) * timedelta(minutes=15))

    def entry(self, employee: UUID, status: str, start: datetime) -> TimeSlotRow:
        now = datetime.now(UTC)
        return TimeSlotRow(
            id=uuid4(),
            employee_id=employee,
            start_at=start,
            end_at=start + HOUR,
            status=TimeSlotStatus(status),
            booking_key=uuid4(),
            created_at=now,
            modified_at=now,
        )

    async def add_group(self, session: AsyncSession) -> None:
        group = ServiceGroupRow(id=uuid4(), name="Everywhere", meeting_types=["online", "physical"])
        session.add(group)
        await session.flush()
        session.add(ServiceGroupMemberRow(group_id=group.id, employee_id=self.random.choice(EMPLOYEES)))
        session.add(ServiceGroupLocationRow(group_id=group.id, location_id=HARBOUR))
        session.add(ServiceGroupCustomerLocationRow(group_id=group.id, location_id=HARBOUR))


@pytest.fixture(params=range(repetitions(8)))
async def world(configurable: Database, request: pytest.FixtureRequest) -> World:
    async with configurable.transaction() as session:
        await session.execute(sa.delete(WorkdayRow))
        built = World(Random(request.param))
        await built.build(session)
    return built


async def offered(client: ApiClient) -> dict[Key, Json]:
    """What any search for an hour with one of these employees offers, by what a reservation says of it."""
    found: dict[Key, Json] = {}
    places = [{}, *({"customerLocation": str(each["id"])} for each in LOCATIONS)]
    rooms = [{}, *({"specificRooms": str(room), "meetingTypes": "physical"} for room in ROOMS)]
    for place, room in product(places, rooms):
        slots = await client.search(
            explicitEmployeeIds=",".join(map(str, EMPLOYEES)),
            lookForwardTime=f"P{DAYS}D",
            meetingDuration="PT1H",
            getBestTimeSlots="false",
            **place,
            **room,
        )
        found |= {(slot["employeeId"], slot["startDate"], slot["roomId"]): slot for slot in slots}
    return found


def conceivable() -> list[Key]:
    """Every quarter of an hour of these days, with every employee, in every room or none."""
    starts = [next_monday() + timedelta(minutes=15 * quarter) for quarter in range(DAYS * 96)]
    times = [start.isoformat(timespec="milliseconds").replace("+00:00", "Z") for start in starts]
    return list(product(map(str, EMPLOYEES), times, ["", *map(str, ROOMS)]))


def slot_of(key: Key) -> Json:
    employee, start, room = key
    end = datetime.fromisoformat(start) + HOUR
    return {"employeeId": employee, "startDate": start, "endDate": end.isoformat(), "roomId": room}


async def test_what_is_offered_can_be_reserved_and_nothing_else(client: ApiClient, world: World) -> None:
    offers = await offered(client)
    assert offers
    for key in world.random.sample(sorted(offers), k=min(RESERVED, len(offers))):
        held = ok(await client.reserve(offers[key]))
        assert (await client.give_back(held["id"])).status_code == 204
    known_rooms = {room for _, _, room in offers} | set(map(str, ROOMS))
    others = [key for key in conceivable() if key not in offers and key[2] in known_rooms | {""}]
    for key in world.random.sample(others, k=TRIED):
        refused = await client.reserve(slot_of(key))
        assert refused.status_code == 409, refused.text
        assert refused.json()["reason"] in {"NOT_OFFERED", "TIME_SLOT_TAKEN"}
    assert await offered(client) == offers
