"""Lists of meetings: every combination of filters and orders is right, and is found by an index."""

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from devstack.demo_data import identity
from domain.meetings import MeetingState, MeetingType
from storage.bookings.time_slots import database_time
from storage.database import Database
from storage.meetings.meetings import MeetingFilter, MeetingOrder, list_meetings, listed
from storage.tables.booking import MeetingRow
from tests.integration.storage.transactions import run, undone
from tests.support.effort import repetitions

HOUR: Final = timedelta(hours=1)
AT_ONCE: Final = 2_000
FREJA, MAGNUS = identity("Freja Lindqvist"), identity("Magnus Østergaard")
TOPICS: Final = (identity("pension"), identity("home-loan"))

SLOTS = """
INSERT INTO time_slot (id, start_at, end_at, status, employee_id, booking_key, version, created_at, modified_at)
SELECT gen_random_uuid(), date_trunc('hour', now()) + n * interval '1 hour',
       date_trunc('hour', now()) + (n + 1) * interval '1 hour', 'Busy', '{employee}', gen_random_uuid(), 1,
       now(), now()
FROM generate_series({first}, {last}) AS n
"""
MEETINGS = """
INSERT INTO meeting (id, time_slot_id, client_id, booked_by, type, topic_id, customer_type_id, employee_id, customer_id,
                     additional_employees, sequence, created_at, modified_at, start_at, end_at, cancelled_at)
SELECT gen_random_uuid(), CASE WHEN n % 5 > 0 THEN id END, 'client-' || n % {clients}, 'customer',
       CASE n % 3 WHEN 0 THEN 'online' WHEN 1 THEN 'telephone' ELSE 'physical' END,
       CASE n % 4 WHEN 0 THEN '{topics[0]}' ELSE '{topics[1]}' END::uuid,
       (SELECT id FROM customer_type LIMIT 1), employee_id, 'customer-' || n % 7,
       CASE n % 6 WHEN 0 THEN ARRAY['{additional}'::uuid] ELSE '{{}}' END, 0, now(),
       now() - n % 50 * interval '1 minute', start_at, end_at, CASE WHEN n % 5 = 0 THEN now() END
FROM (SELECT *, row_number() OVER (ORDER BY start_at) AS n FROM time_slot WHERE employee_id = '{employee}') AS slot
WHERE n BETWEEN {first} AND {last}
"""


async def insert(database: Database, number: int, clients: int) -> None:
    """Insert meetings of Freja, an hour each, some of them cancelled.

    Some thousand at a time, because a statement has only seconds, also on a slow machine.
    """
    facts = {"clients": clients, "topics": TOPICS, "employee": FREJA, "additional": MAGNUS}
    parts = [facts | {"first": n + 1, "last": min(n + AT_ONCE, number)} for n in range(0, number, AT_ONCE)]
    inserts = [text.format(**part) for text in (SLOTS, MEETINGS) for part in parts]
    await run(database, *inserts, "ANALYZE time_slot, meeting")


async def all_of(database: Database, wanted: MeetingFilter, page: int = 1_000) -> list[MeetingRow]:
    """Every meeting of the list, read page by page."""
    found: list[MeetingRow] = []
    while True:
        place = wanted.order.place_of(found[-1]) if found else None
        asked = {name: getattr(wanted, name) for name in wanted.__slots__} | {"after": place}
        async with database.transaction() as session:
            shown = [each async for batch in list_meetings(session, MeetingFilter(**asked), page) for each in batch]
        found += shown
        if len(shown) < page:
            return found


def combinations(now: Any, client: str) -> Iterator[MeetingFilter]:  # noqa: ANN401 - a time
    """A list for each set of filters and each order."""
    filters: dict[str, object] = {
        "employee_id": MAGNUS,
        "customer_id": "customer-3",
        "topic_id": TOPICS[0],
        "types": (MeetingType.ONLINE, MeetingType.PHYSICAL),
        "start": now + 20 * HOUR,
        "end": now + 200 * HOUR,
        "modified_from": now - HOUR / 2,
        "modified_to": now - HOUR / 10,
    }
    states = ((MeetingState.PLANNED,), (MeetingState.CANCELLED,), tuple(MeetingState))
    chosen = itertools.product([False, True], repeat=len(filters))
    for which, state, order in itertools.product(chosen, states, MeetingOrder):
        used: Any = {name: value for (name, value), is_used in zip(filters.items(), which, strict=True) if is_used}
        yield MeetingFilter(client_id=client, states=state, order=order, **used)


def matches(meeting: MeetingRow, wanted: MeetingFilter) -> bool:
    """Whether the meeting belongs to the list, said in another way than the statement says it."""
    state = MeetingState.PLANNED if meeting.cancelled_at is None else MeetingState.CANCELLED
    return (
        meeting.client_id == wanted.client_id
        and state in wanted.states
        and wanted.employee_id in {None, meeting.employee_id, *meeting.additional_employees}
        and wanted.customer_id in {None, meeting.customer_id}
        and wanted.topic_id in {None, meeting.topic_id}
        and (not wanted.types or meeting.type in wanted.types)
        and (wanted.start is None or meeting.end_at > wanted.start)
        and (wanted.end is None or meeting.start_at < wanted.end)
        and (wanted.modified_from is None or meeting.modified_at >= wanted.modified_from)
        and (wanted.modified_to is None or meeting.modified_at < wanted.modified_to)
    )


async def test_each_list_has_what_its_filters_say_in_its_order(database: Database) -> None:
    await insert(database, 300, 2)
    async with database.transaction() as session:
        now = await database_time(session)
        everything = (await session.scalars(sa.select(MeetingRow))).all()
    drawn = random.Random(1).sample(list(combinations(now, "client-1")), repetitions(200))
    for wanted in drawn:
        expected = [each for each in everything if matches(each, wanted)]
        expected.sort(key=wanted.order.place_of, reverse=wanted.order.is_reverse)
        found = [each.id for each in await all_of(database, wanted, page=7)]
        assert found == [each.id for each in expected], wanted


async def plan_of(session: AsyncSession, query: sa.Select[Any]) -> str:
    connection = await session.connection()
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    parameters = tuple(compiled.params[name] for name in compiled.positiontup or ())
    return "\n".join((await connection.exec_driver_sql(f"EXPLAIN {compiled}", parameters)).scalars())


@pytest.mark.ci
async def test_each_list_of_a_client_is_found_by_an_index(database: Database) -> None:
    await insert(database, 20_000, 40)
    async with undone(database) as session:
        now = await database_time(session)
        for wanted in combinations(now, "client-1"):
            for limit in (101, 10_001):
                plan = await plan_of(session, listed(wanted).limit(limit))
                assert "Seq Scan" not in plan, f"{wanted}\n{plan}"


async def test_a_page_of_all_meetings_in_an_interval_is_found_by_an_index(database: Database) -> None:
    """As staff ask."""
    await insert(database, 3_000, 3)
    async with undone(database) as session:
        now = await database_time(session)
        wanted = MeetingFilter(start=now + 500 * HOUR, end=now + 600 * HOUR, order=MeetingOrder.START)
        plan = await plan_of(session, listed(wanted).limit(51))
    assert "meeting_by_start_at" in plan


async def test_a_meeting_that_has_begun_overlaps(database: Database) -> None:
    await insert(database, 3, 1)
    async with database.transaction() as session:
        starts = list(await session.scalars(sa.select(col(MeetingRow.start_at)).order_by(sa.column("start_at"))))

    async def during(begin: Any, end: Any) -> list[datetime]:  # noqa: ANN401 - times
        asked = MeetingFilter(start=begin, end=end, states=tuple(MeetingState), order=MeetingOrder.START)
        return [each.start_at for each in await all_of(database, asked)]

    assert await during(starts[0] + HOUR / 2, starts[2]) == starts[:2]
    assert await during(starts[1], starts[1] + HOUR) == [starts[1]], "half-open on both sides"
