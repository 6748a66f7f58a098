"""A small bank in a database, and the comparison of a view of the index with everything that its snapshot has."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.workload.bank import Bank, monday
from domain.availability import BusyTime, SlotSearch, offered_slots
from domain.availability.slot_index import index_slots
from domain.availability.stored_time import SINCE, IndexedTime, Packed
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability.changes import read_everything
from storage.availability.index import AvailabilityIndex, IndexView, read_view
from storage.availability.organisation_data import read_employees, read_organisation_data
from storage.database import Database

BANK = Bank(4, 3)
EMPLOYEES = [UUID(int=1_000 + number) for number in range(BANK.employees)]
ROOMS = [UUID(int=number) for number in (1, 2)]
HALF_HOUR = timedelta(minutes=30)
ROWS = sa.text("SELECT id, start_at, end_at, status, employee_id, room_id, hold_expires_at FROM time_slot")
INSERT = """
    INSERT INTO time_slot (id, start_at, end_at, status, employee_id, room_id, booking_key, client_id,
                           reservation_token, hold_expires_at, version, additional_employees, created_at, modified_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, '{}', now(), now())
"""
LATER = (
    "UPDATE time_slot SET end_at = end_at + interval '5 minutes'"
    f" WHERE employee_id = '{EMPLOYEES[0]}' AND status = 'Busy'"
)
TIMES = ("meetings", "busy", "openings", "elsewhere")


def url_of(database: Database) -> str:
    return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


async def check(session: AsyncSession, view: IndexView) -> None:
    """Compare the view with everything that the same snapshot has, and what a search finds in both."""
    rows = [
        BusyTime(one.id, Interval(one.start_at, one.end_at), TimeSlotStatus(one.status), *one[4:])
        for one in await session.execute(ROWS)
    ]
    now = view.data.now
    touching = [row for row in rows if row.interval.overlaps(view.span)]
    assert times_of(view.time) == times_of_rows(touching, now)
    organisation_data = await read_organisation_data(session)
    expected = replace(organisation_data, now=now, employees=await read_employees(session, None), busy=tuple(rows))
    assert replace(view.data, stored=None, profiles={}) == replace(expected, busy=())
    search = SlotSearch(Interval(monday(), monday() + timedelta(days=2)), HALF_HOUR * 2, best=False)
    assert list(offered_slots(search, view.data)) == list(offered_slots(search, expected))
    ignored = replace(search, best=True, ignore_slots=frozenset(row.id for row in rows if row.id.int % 3 == 0))
    reading = await read_everything(session, view.span, tuple(ignored.ignore_slots))
    apart = replace(view.data, now=reading.now, stored=IndexedTime(reading.employees, reading.rooms))
    assert list(offered_slots(ignored, apart)) == list(offered_slots(ignored, replace(expected, now=reading.now)))


async def is_exact(database: Database, index: AvailabilityIndex) -> None:
    """Compare the index with its database, while no other transaction writes."""
    view = await index.current()
    async with database.snapshot() as session:
        # Without reading any change: the view itself must have everything.
        await check(session, view)
        await check(session, await read_view(session, view))


def times_of(time: IndexedTime) -> Mapping[tuple[UUID, str], list[Interval]]:
    found = {(who, kind): intervals(getattr(owned, kind)) for who, owned in time.employees.items() for kind in TIMES}
    found |= {(room, "room"): intervals(owned.busy) for room, owned in time.rooms.items()}
    return {key: times for key, times in found.items() if times}


def intervals(packed: Packed) -> list[Interval]:
    pairs = iter(packed)
    instants = (
        (SINCE + timedelta(microseconds=one), SINCE + timedelta(microseconds=two))
        for one, two in zip(pairs, pairs, strict=True)
    )
    return sorted((Interval(*each) for each in instants), key=lambda each: (each.start, each.end))


def times_of_rows(rows: list[BusyTime], now: datetime) -> Mapping[tuple[UUID, str], list[Interval]]:
    index = index_slots(rows, frozenset(), now)
    found: defaultdict[tuple[UUID, str], list[Interval]] = defaultdict(list)
    for kind in TIMES:
        for who, entries in getattr(index, kind).items():
            found[who, kind] += [each.interval for each in entries]
    for room, entries in index.rooms.items():
        found[room, "room"] += [each.interval for each in entries]
    return {key: sorted(each, key=lambda one: (one.start, one.end)) for key, each in found.items()}
