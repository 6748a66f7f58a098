"""The step that deletes old rows, on the real database: what is old goes, and everything else stays."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel
from temporalio.testing import ActivityEnvironment

from activities.retention import RetentionActivities
from config.settings import Settings
from domain.errors import TimeSlotTaken
from domain.messages.retention import DeleteOldRows, OldRows, OldRowsDeleted
from storage import retention as storage_retention
from storage.bookings.refused_steps import keep_refusal
from storage.database import Database
from storage.notifications.event_log import publish
from storage.notifications.webhooks import DeliveryStatus
from storage.tables.booking import BookingEventRow, MeetingRow, RefusedStepRow, TimeSlotRow
from storage.tables.notifications import InvitationRow, WebhookDeliveryRow, WebhookRow
from tests.integration.activities.booking_fixture import CLIENT, BookingFixture
from workers.main import retention

KEPT_FOR: Final = dict.fromkeys(OldRows, timedelta(days=30))
OLD: Final = sa.func.now() - timedelta(days=31)
VALUES: Final = {r"now\(\) - \$\d+": "now() - '1 day'", r"LIMIT \$\d+": "LIMIT 500", r"\$\d+": "NULL"}
"""Values for the parameters of a statement, in this order."""

NEW: Final = sa.func.now() - timedelta(days=29)


async def delete(database: Database, kind: OldRows) -> OldRowsDeleted:
    done: OldRowsDeleted = await ActivityEnvironment().run(
        RetentionActivities(database, KEPT_FOR).delete_old_rows, DeleteOldRows(of=kind)
    )
    return done


async def change(database: Database, table: type[SQLModel], *only: sa.ColumnElement[bool], **values: object) -> None:
    async with database.transaction() as session:
        await session.execute(sa.update(table).where(*only).values(**values))


async def count(database: Database, table: type[SQLModel]) -> int:
    async with database.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


async def publish_events(database: Database) -> list[int]:
    """Publish what was appended. Return the positions in the log."""
    async with database.transaction() as session:
        await publish(session)
        found = await session.scalars(sa.select(sa.column("position", sa.BigInteger)).select_from(BookingEventRow))
        return sorted(found)


async def add_refusal(session: AsyncSession) -> None:
    await keep_refusal(session, TimeSlotTaken(), uuid4())


async def add_mail(session: AsyncSession, meeting_id: UUID) -> None:
    values: dict[str, Any] = {"message_id": f"<{uuid4()}@test>", "meeting_id": meeting_id, "sequence": 0}
    values |= {"method": "REQUEST", "recipient": "a@b.example", "status": "Sent"}
    await session.execute(sa.insert(InvitationRow).values(created_at=OLD, attempts=1, **values))


async def add_webhook(database: Database) -> None:
    values: dict[str, Any] = {"id": uuid4(), "client_id": CLIENT, "url": "https://hooks.example", "event_types": []}
    values |= {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "every_client": False, "former_secrets": []}
    async with database.transaction() as session:
        now = sa.func.now()
        await session.execute(sa.insert(WebhookRow).values(created_at=now, modified_at=now, **values))


class TestEvents:
    async def test_the_first_ones_go_up_to_one_that_is_kept(self, bookings: BookingFixture) -> None:
        database = bookings.database
        await bookings.met()
        await bookings.held(await bookings.wanted(1))
        assert await publish_events(database) == [1, 2, 3, 4]
        await change(database, BookingEventRow, sa.column("position") != 3, at=OLD)
        assert await delete(database, OldRows.EVENTS) == OldRowsDeleted(rows=2, is_done=True)
        assert await publish_events(database) == [3, 4], "an old one after a kept one stays: the log has no gap"

    async def test_the_last_one_stays_so_that_positions_go_on(self, bookings: BookingFixture) -> None:
        database = bookings.database
        await bookings.met()
        await publish_events(database)
        await change(database, BookingEventRow, at=OLD)
        assert (await delete(database, OldRows.EVENTS)).rows == 2
        await bookings.held(await bookings.wanted(1))
        assert await publish_events(database) == [3, 4]

    async def test_one_that_is_to_be_delivered_stays(self, bookings: BookingFixture) -> None:
        database = bookings.database
        await add_webhook(database)
        await bookings.met()
        await publish_events(database)
        await change(database, BookingEventRow, at=OLD)
        is_second = sa.column("position") == 2
        await change(database, WebhookDeliveryRow, ~is_second, status=DeliveryStatus.DELIVERED.value)
        assert (await delete(database, OldRows.EVENTS)).rows == 1
        assert await count(database, WebhookDeliveryRow) == 2, "those of a deleted event go with it"

    async def test_one_that_is_not_published_stays(self, bookings: BookingFixture) -> None:
        await bookings.met()
        await change(bookings.database, BookingEventRow, at=OLD)
        assert await delete(bookings.database, OldRows.EVENTS) == OldRowsDeleted(rows=0, is_done=True)

    async def test_page_by_page(self, bookings: BookingFixture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("activities.retention.PAGE", 1)
        await bookings.met()
        await publish_events(bookings.database)
        await change(bookings.database, BookingEventRow, at=OLD)
        done = await delete(bookings.database, OldRows.EVENTS)
        assert done == OldRowsDeleted(rows=2, is_done=True), "a full page is followed by another one"


class TestDeliveries:
    @pytest.mark.parametrize(
        ("values", "left"),
        [
            pytest.param({"status": "Delivered", "created_at": OLD}, 0, id="delivered"),
            pytest.param({"status": "Failed", "created_at": OLD}, 0, id="failed"),
            pytest.param({"status": "Pending", "created_at": OLD}, 3, id="pending"),
            pytest.param({"status": "Delivered", "created_at": NEW}, 3, id="new"),
        ],
    )
    async def test_ended_ones_go(self, bookings: BookingFixture, values: dict[str, object], left: int) -> None:
        database = bookings.database
        await add_webhook(database)
        await bookings.met()
        await publish_events(database)
        await change(database, WebhookDeliveryRow, **values)
        assert (await delete(database, OldRows.DELIVERIES)).rows == 3 - left
        assert await count(database, WebhookDeliveryRow) == left
        assert await count(database, BookingEventRow) == 3, "the events stay"


async def test_refusals_go_when_no_worker_can_have_the_step(database: Database) -> None:
    async with database.transaction() as session:
        await add_refusal(session)
    await change(database, RefusedStepRow, refused_at=OLD)
    async with database.transaction() as session:
        await add_refusal(session)
    assert (await delete(database, OldRows.REFUSED_STEPS)).rows == 1
    assert await count(database, RefusedStepRow) == 1


@pytest.mark.parametrize(("ended_at", "left"), [(OLD, 0), (NEW, 1)], ids=["old", "new"])
async def test_mails_go_when_their_meeting_is_long_over(
    bookings: BookingFixture, ended_at: sa.ColumnElement[Any], left: int
) -> None:
    database, meeting = bookings.database, await bookings.met()
    async with database.transaction() as session:
        await add_mail(session, meeting.id)
    await change(database, MeetingRow, start_at=ended_at - timedelta(hours=1), end_at=ended_at)
    assert (await delete(database, OldRows.MAILS)).rows == 1 - left
    assert await count(database, InvitationRow) == left


@pytest.mark.parametrize(("ended_at", "cleared"), [(OLD, True), (NEW, False)], ids=["old", "new"])
async def test_texts_of_a_meeting_go_and_the_meeting_stays(
    bookings: BookingFixture, ended_at: sa.ColumnElement[Any], *, cleared: bool
) -> None:
    database = bookings.database
    await bookings.met()
    texts = {"title": "Loan", "description": "of 3 million", "video_link": "https://video.example"}
    await change(database, MeetingRow, start_at=ended_at - timedelta(hours=1), end_at=ended_at, **texts)
    (before,) = (await bookings.stored())["MeetingRow"]
    assert (await delete(database, OldRows.MEETING_TEXTS)).rows == int(cleared)
    (after,) = (await bookings.stored())["MeetingRow"]
    assert after == (before | dict.fromkeys(texts) if cleared else before)
    assert (await delete(database, OldRows.MEETING_TEXTS)).rows == 0


@pytest.mark.parametrize(("ended_at", "left"), [(OLD, 0), (NEW, 1)], ids=["old", "new"])
async def test_busy_times_go(bookings: BookingFixture, ended_at: sa.ColumnElement[Any], left: int) -> None:
    await bookings.busy(await bookings.wanted())
    await change(bookings.database, TimeSlotRow, start_at=ended_at - timedelta(hours=1), end_at=ended_at)
    assert (await delete(bookings.database, OldRows.TIME_SLOTS)).rows == 1 - left
    assert await count(bookings.database, TimeSlotRow) == left


@pytest.mark.parametrize(
    "book", [BookingFixture.held, BookingFixture.booked, BookingFixture.met], ids=lambda f: f.__name__
)
async def test_time_slots_of_bookings_stay(
    bookings: BookingFixture, book: Callable[[BookingFixture], Awaitable[object]]
) -> None:
    await book(bookings)
    await change(bookings.database, TimeSlotRow, start_at=OLD - timedelta(hours=1), end_at=OLD)
    assert (await delete(bookings.database, OldRows.TIME_SLOTS)).rows == 0
    assert await count(bookings.database, TimeSlotRow) == 1


async def test_each_statement_finds_its_rows_by_an_index(database: Database) -> None:
    """Else the deletion reads every row that stays, every day."""
    async with database.transaction() as session:
        await session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        dialect = (await session.connection()).dialect
        for kind, statement in storage_retention.DELETE.items():
            text = str(statement.compile(dialect=dialect))
            for parameter, value in VALUES.items():
                text = re.sub(parameter, value, text)
            plan = "\n".join((await session.scalars(sa.text(f"EXPLAIN {text}"))).all())
            assert "Seq Scan" not in plan, (kind, plan)


def test_each_kind_has_its_setting(settings: Settings) -> None:
    assert set(retention(settings)) == set(OldRows)
