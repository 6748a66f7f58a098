"""The state that the metrics show, measured by one statement."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlmodel import SQLModel

from devstack.demo_data import identity
from devstack.postgres import EmbeddedPostgres
from domain.time_slots import TimeSlotStatus
from storage.database import Database
from storage.monitoring import MOST_COUNTED_OF_EACH, STATE, StoredState, read_stored_state
from storage.notifications.webhooks import DeliveryStatus
from storage.tables.availability import CalendarRow
from storage.tables.booking import BookingEventRow, TimeSlotRow
from storage.tables.notifications import WebhookDeliveryRow, WebhookRow
from tests.support.demo_database import REMOVE_BOOKINGS

FREJA = identity("Freja Lindqvist")
NOTHING = StoredState(*[0] * len(StoredState._fields))
NOW = datetime.now(UTC)
RESERVED, BOOKED = TimeSlotStatus.RESERVED, TimeSlotStatus.BOOKED

MANY = """
INSERT INTO time_slot (id, start_at, end_at, status, employee_id, booking_key, version, created_at, modified_at)
SELECT gen_random_uuid(), now() + n * interval '1 hour', now() + (n + 1) * interval '1 hour', 'Busy', $1,
       gen_random_uuid(), 1, now(), now()
FROM generate_series(1, 20000) AS n;
INSERT INTO booking_event (at, kind, client_id, reservation_token, time_slot_id, booking_key, facts, position)
SELECT now(), 'booking.reserved', 'client', '', gen_random_uuid(), gen_random_uuid(), '{}', n
FROM generate_series(1, 20000) AS n;
INSERT INTO webhook (id, client_id, url, event_types, every_client, secret, former_secrets, created_at, modified_at)
VALUES (gen_random_uuid(), 'client', '', '{}', true, '', '[]', now(), now());
INSERT INTO webhook_delivery (id, webhook_id, event_id, position, booking_key, status, attempts, retries, created_at)
SELECT gen_random_uuid(), webhook.id, booking_event.id, position, booking_key, 'Delivered', 1, 0, now()
FROM booking_event, webhook;
INSERT INTO meeting (id, client_id, booked_by, type, topic_id, customer_type_id, employee_id, customer_id,
                     additional_employees, sequence, created_at, modified_at, start_at, end_at, cancelled_at)
SELECT gen_random_uuid(), 'client', 'customer', 'online', topic.id, customer_type.id, $1, '', '{}', 0, now(), now(),
       now(), now(), now() FROM topic, customer_type LIMIT 1;
INSERT INTO invitation (message_id, meeting_id, sequence, method, recipient, status, attempts, created_at)
SELECT n, meeting.id, 0, 'REQUEST', '', 'Sent', 1, now() FROM generate_series(1, 20000) AS n, meeting;
ANALYZE time_slot, booking_event, webhook_delivery, invitation
"""
LARGE = {"time_slot", "booking_event", "webhook_delivery", "invitation"}


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


async def store(database: Database, *rows: SQLModel) -> None:
    async with database.transaction() as session:
        session.add_all(rows)


async def measure(database: Database) -> StoredState:
    async with database.autocommit() as session:
        return await read_stored_state(session)


def hold(hour: int, status: TimeSlotStatus, left: float, main: UUID | None = None) -> TimeSlotRow:
    """A hold of an hour of Freja's that has so many seconds left. With `main`, it is an attendee slot."""
    identifier = uuid4()
    return TimeSlotRow(
        id=identifier,
        start_at=NOW + timedelta(days=1, hours=hour),
        end_at=NOW + timedelta(days=1, hours=hour + 1),
        status=status,
        employee_id=FREJA,
        booking_key=identifier,
        version=1,
        hold_expires_at=ago(-left),
        client_id="client",
        reservation_token=None if main else str(identifier),
        companion_of=main,
        created_at=NOW,
        modified_at=NOW,
    )


def event(age: float, position: int | None) -> BookingEventRow:
    return BookingEventRow(
        at=ago(age),
        kind="booking.reserved",
        client_id="client",
        reservation_token="",
        time_slot_id=uuid4(),
        booking_key=uuid4(),
        facts={},
        position=position,
    )


def webhook(*, fails: bool = False) -> WebhookRow:
    return WebhookRow(
        id=uuid4(),
        client_id="client",
        url="",
        event_types=[],
        secret="",
        created_at=NOW,
        modified_at=NOW,
        failing_since=NOW if fails else None,
    )


async def deliveries(
    database: Database, to: WebhookRow, *ages: float, status: str = DeliveryStatus.PENDING, again: bool = False
) -> None:
    """Deliveries of published events of these ages to a webhook."""
    async with database.transaction() as session:
        events = [event(age, position=None) for age in ages]
        session.add_all([to, *events])
        await session.flush()
        for each in events:
            assert each.id is not None
            each.position = each.id
            delivery = WebhookDeliveryRow(
                id=uuid4(),
                webhook_id=to.id,
                event_id=each.id,
                position=each.id,
                booking_key=each.booking_key,
                status=status,
                asked_again_at=datetime.now(UTC) if again else None,
                created_at=each.at,
            )
            session.add(delivery)


async def test_without_a_booking_nothing_waits(database: Database) -> None:
    assert await measure(database) == NOTHING


async def test_holds_are_live_or_overdue_and_attendees_do_not_count(database: Database) -> None:
    reserved = hold(1, RESERVED, left=60)
    await store(database, reserved, hold(2, BOOKED, left=60), hold(3, BOOKED, -30), hold(4, RESERVED, -90))
    await store(database, hold(5, RESERVED, -300, main=reserved.id))
    state = await measure(database)
    assert (state.reserved_holds, state.booked_holds, state.overdue_holds) == (1, 1, 2)
    assert state.oldest_overdue_hold == pytest.approx(90, abs=10)


async def test_the_lag_of_the_relay_is_the_age_of_the_oldest_unpublished_event(database: Database) -> None:
    await store(database, event(50, None), event(20, None), event(500, position=1))
    state = await measure(database)
    assert state.unpublished_events == 2
    assert state.oldest_unpublished_event == pytest.approx(50, abs=10)


@pytest.mark.parametrize("fails", [False, True])
async def test_the_backlog_of_failing_webhooks_is_counted_apart(database: Database, fails: bool) -> None:
    await deliveries(database, webhook(fails=fails), 70, 20)
    await deliveries(database, webhook(), 900, status=DeliveryStatus.DELIVERED)
    state = await measure(database)
    backlogs = {
        False: (state.pending_deliveries, state.oldest_pending_delivery),
        True: (state.failing_deliveries, state.oldest_failing_delivery),
    }
    assert backlogs == {fails: (2, pytest.approx(70, abs=10)), not fails: (0, 0)}
    assert state.failing_webhooks == fails


async def test_a_delivery_that_was_asked_for_again_is_young(database: Database) -> None:
    await deliveries(database, webhook(), 9000, again=True)
    assert (await measure(database)).oldest_pending_delivery < 600


async def test_the_backlog_of_a_dead_receiver_costs_no_more_than_its_beginning(database: Database) -> None:
    await deliveries(database, webhook(), *range(MOST_COUNTED_OF_EACH + 5, 0, -1))
    state = await measure(database)
    assert state.pending_deliveries == MOST_COUNTED_OF_EACH
    assert state.oldest_pending_delivery == pytest.approx(MOST_COUNTED_OF_EACH + 5, abs=30)


async def test_calendars_that_are_read_and_those_that_fail(database: Database) -> None:
    feeds = (("https://a.example", None), ("https://b.example", NOW), (None, NOW))
    await store(
        database,
        *(
            CalendarRow(id=uuid4(), employee_id=FREJA, name="", url=url, busy_times=0, failed_at=failed_at)
            for url, failed_at in feeds
        ),
    )
    state = await measure(database)
    assert (state.calendars, state.failing_calendars) == (2, 1)


@pytest.mark.ci
async def test_no_large_table_is_read_as_a_whole(database: Database, postgres: EmbeddedPostgres) -> None:
    owner = await asyncpg.connect(postgres.url)
    for statement in MANY.split(";"):
        await owner.execute(statement.replace("$1", f"'{FREJA}'"))
    plan = await owner.fetchval(f"EXPLAIN (FORMAT JSON) {STATE.text}")
    # Plans of later tests must not be made for so many rows.
    await owner.execute(f"{REMOVE_BOOKINGS}; ANALYZE {', '.join(LARGE)}")
    await owner.close()
    nodes = list(nodes_of(json.loads(plan)[0]["Plan"]))
    assert {node["Relation Name"] for node in nodes if "Relation Name" in node} >= LARGE
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert whole & LARGE == set()


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from nodes_of(child)
