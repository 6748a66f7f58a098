"""The state that the metrics show, measured by one statement."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import SQLModel

from devstack.demo_data import identity
from storage.database import Database
from storage.monitoring import MOST_COUNTED_OF_EACH, StoredState, read_stored_state
from storage.notifications.webhooks import DeliveryStatus
from storage.tables.availability import CalendarRow
from storage.tables.booking import BookingEventRow, TimeSlotRow
from storage.tables.notifications import WebhookDeliveryRow, WebhookRow

FREJA = identity("Freja Lindqvist")
NOTHING = StoredState(*[0] * len(StoredState._fields))
NOW = datetime.now(UTC)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


async def store(database: Database, *rows: SQLModel) -> None:
    async with database.transaction() as session:
        session.add_all(rows)


async def measure(database: Database) -> StoredState:
    async with database.autocommit() as session:
        return await read_stored_state(session)


def hold(hour: int, status: str, left: float, main: UUID | None = None) -> TimeSlotRow:
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
                asked_again_at=NOW if again else None,
                created_at=each.at,
            )
            session.add(delivery)


async def test_without_a_booking_nothing_waits(database: Database) -> None:
    assert await measure(database) == NOTHING


async def test_holds_are_live_or_overdue_and_attendees_do_not_count(database: Database) -> None:
    reserved = hold(1, "Reserved", left=60)
    await store(database, reserved, hold(2, "Booked", left=60), hold(3, "Booked", -30), hold(4, "Reserved", -90))
    await store(database, hold(5, "Reserved", -300, main=reserved.id))
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
