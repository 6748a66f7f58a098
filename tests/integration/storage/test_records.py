"""The event log, idempotency keys and lists of meetings."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from devstack.demo_data import identity
from domain.errors import IdempotencyKeyReused
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability.situations import slots_of_meetings
from storage.bookings import holds, time_slots
from storage.bookings.events import EventKind, append_event, last_event
from storage.bookings.idempotency import KEPT_FOR, claim_key
from storage.database import Database
from storage.meetings.meetings import MeetingFilter, add_meeting, find_meeting, find_meeting_of, list_meetings
from storage.tables.booking import BookingEventRow, IdempotencyKeyRow, MeetingRow, TimeSlotRow

NINE = datetime(2030, 1, 7, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FREJA, MAGNUS = identity("Freja Lindqvist"), identity("Magnus Østergaard")


def values(hours: int = 0, employee: UUID = FREJA, token: str = "token") -> dict[str, object]:
    return {
        "id": uuid4(),
        "start_at": NINE + HOUR * hours,
        "end_at": NINE + HOUR * (hours + 1),
        "status": TimeSlotStatus.BOOKED,
        "employee_id": employee,
        "booking_key": uuid4(),
        "client_id": "client",
        "reservation_token": token,
        "additional_employees": [],
    }


async def held(database: Database, hours: int = 0, employee: UUID = FREJA, token: str | None = None) -> TimeSlotRow:
    async with database.transaction() as session:
        return (await holds.add_hold(session, HOUR, values(hours, employee, token or f"token-{hours}"))).slot


class TestEvents:
    async def count(self, database: Database) -> int:
        async with database.transaction() as session:
            return await self.count_in(session)

    async def count_in(self, session: AsyncSession) -> int:
        return (await session.execute(sa.select(sa.func.count()).select_from(BookingEventRow))).scalar_one()

    async def test_are_told_with_the_change_or_not_at_all(self, database: Database) -> None:
        async with database.transaction() as session:
            identity_of_slot = (await holds.add_hold(session, HOUR, values())).slot.id
            assert await self.count_in(session) == 1
            await session.rollback()
        assert await self.count(database) == 0
        async with database.transaction() as session:
            assert await time_slots.find(session, identity_of_slot) is None

    async def test_say_what_happened_to_whom_and_when(self, database: Database) -> None:
        slot, meeting_id = await held(database), uuid4()
        async with database.transaction() as session:
            at = await append_event(session, EventKind.MEETING_CREATED, slot, meeting_id=meeting_id, cause="because")
            before = await time_slots.database_time(session)
        async with database.transaction() as session:
            event = await last_event(session, slot.id)
        assert event is not None
        assert (event.kind, event.client_id, event.reservation_token) == ("meeting.created", "client", "token-0")
        assert (event.time_slot_id, event.meeting_id, event.at) == (slot.id, meeting_id, at)
        assert event.facts == {"employeeId": str(FREJA), "start": NINE.isoformat(), "cause": "because"}
        assert slot.created_at <= at <= before

    async def test_the_last_one_is_the_newest_of_that_slot(self, database: Database) -> None:
        first, second = await held(database, 0), await held(database, 1)
        async with database.transaction() as session:
            for kind, slot in (
                (EventKind.RESERVED, first),
                (EventKind.BOOKED, first),
                (EventKind.RESERVED, second),
            ):
                await append_event(session, kind, slot)
            event = await last_event(session, first.id)
            assert event is not None
            assert event.kind == EventKind.BOOKED
            assert await last_event(session, uuid4()) is None


class TestIdempotencyKeys:
    async def claim(self, database: Database, fingerprint: str, client: str = "client") -> None:
        async with database.transaction() as session:
            await claim_key(session, f"{client} key", fingerprint)

    async def test_stand_for_one_request(self, database: Database) -> None:
        await self.claim(database, "one")
        await self.claim(database, "one")
        with pytest.raises(IdempotencyKeyReused):
            await self.claim(database, "two")
        await self.claim(database, "one")

    async def test_are_each_clients_own(self, database: Database) -> None:
        await self.claim(database, "one")
        await self.claim(database, "two", client="another")

    async def test_are_forgotten_after_a_while(self, database: Database) -> None:
        await self.claim(database, "one")
        async with database.transaction() as session:
            long_ago = time_slots.NOW - KEPT_FOR - HOUR
            await session.execute(sa.update(IdempotencyKeyRow).values(used_at=long_ago))
        await self.claim(database, "two")
        with pytest.raises(IdempotencyKeyReused):
            await self.claim(database, "one")

    async def test_are_deleted_after_a_while(self, database: Database) -> None:
        for client in ("one", "two"):
            await self.claim(database, "request", client)
        async with database.transaction() as session:
            await session.execute(sa.update(IdempotencyKeyRow).values(used_at=time_slots.NOW - KEPT_FOR - HOUR))
        await self.claim(database, "request", "three")
        async with database.transaction() as session:
            assert (await session.scalars(sa.select(col(IdempotencyKeyRow.key)))).all() == ["three key"]

    async def test_live_from_their_first_use(self, database: Database) -> None:
        await self.claim(database, "one")
        async with database.transaction() as session:
            used = (await session.execute(sa.select(col(IdempotencyKeyRow.used_at)))).scalar_one()
        await self.claim(database, "one")
        async with database.transaction() as session:
            assert (await session.execute(sa.select(col(IdempotencyKeyRow.used_at)))).scalar_one() == used

    async def test_of_two_requests_at_once_stand_for_one(self, database: Database) -> None:
        claims = (self.claim(database, fingerprint) for fingerprint in ("one", "two", "one", "two"))
        outcomes = await asyncio.gather(*claims, return_exceptions=True)
        assert [type(one) for one in outcomes].count(IdempotencyKeyReused) == 2


class TestMeetings:
    async def made(self, database: Database, hours: int, employee: UUID = FREJA, client: str = "client") -> MeetingRow:
        slot = await held(database, hours, employee)
        content: dict[str, object] = {
            "id": uuid4(),
            "time_slot_id": slot.id,
            "client_id": client,
            "start_at": slot.start_at,
            "end_at": slot.end_at,
            "booked_by": "customer",
            "type": "online",
            "topic_id": identity("pension"),
            "customer_type_id": identity("Private"),
            "employee_id": employee,
            "customer_id": "customer",
            "additional_employees": [MAGNUS],
        }
        async with database.transaction() as session:
            return await add_meeting(session, slot, content)

    async def found(self, database: Database, limit: int = 10, **wanted: object) -> list[UUID]:
        async with database.transaction() as session:
            batches = list_meetings(session, MeetingFilter(**wanted), limit)  # type: ignore[arg-type]  # the tests' own
            return [each.id async for batch in batches for each in batch]

    async def test_are_found_with_their_time_slot(self, database: Database) -> None:
        made = await self.made(database, 0)
        slot_id = made.time_slot_id
        assert slot_id is not None
        async with database.transaction() as session:
            for found in (await find_meeting(session, made.id), await find_meeting_of(session, slot_id)):
                assert found is not None
                meeting, slot = found
                assert (meeting.id, slot.id, slot.start_at) == (made.id, made.time_slot_id, NINE)
                assert meeting.additional_employees == [MAGNUS]
            assert await find_meeting(session, uuid4()) is None
            assert await slots_of_meetings(session, [made.id, uuid4()]) == {made.time_slot_id}

    async def test_are_listed_as_they_were_changed(self, database: Database) -> None:
        first, second, third = [await self.made(database, number) for number in range(3)]
        assert await self.found(database) == [first.id, second.id, third.id]
        async with database.transaction() as session:
            change = sa.update(MeetingRow).where(sa.column("id") == first.id)
            await session.execute(change.values(modified_at=time_slots.NOW))
        assert await self.found(database) == [second.id, third.id, first.id]

    async def test_are_listed_by_each_filter(self, database: Database) -> None:
        first = await self.made(database, 0)
        second = await self.made(database, 1, MAGNUS, "another")
        assert await self.found(database, client_id="another") == [second.id]
        assert await self.found(database, time_slot_id=first.time_slot_id) == [first.id]
        assert await self.found(database, employee_id=FREJA) == [first.id]
        assert await self.found(database, employee_id=MAGNUS) == [first.id, second.id], "also as additional employee"
        assert await self.found(database, modified_from=second.modified_at) == [second.id]
        assert await self.found(database, modified_to=second.modified_at) == [first.id]
        assert await self.found(database, client_id="another", employee_id=FREJA) == []

    async def test_come_in_pages_without_loss_even_when_changed_at_one_instant(self, database: Database) -> None:
        made = {(await self.made(database, number)).id for number in range(5)}
        async with database.transaction() as session:
            await session.execute(sa.update(MeetingRow).values(modified_at=NINE))
        pages: list[UUID] = []
        while page := await self.found(database, 2, after=(NINE, pages[-1]) if pages else None):
            pages += page
        assert len(pages) == 5
        assert set(pages) == made


async def test_overdue_holds_are_removed_only_where_they_are_in_the_way(database: Database) -> None:
    """A reservation without a room asks for nothing of anybody else's, with a room or without."""
    mine, others = await held(database, 0), await held(database, 0, MAGNUS, "another")
    async with database.transaction() as session:
        await session.execute(sa.update(TimeSlotRow).values(hold_expires_at=time_slots.NOW))
        window = Interval(NINE, NINE + HOUR)
        removed = await holds.remove_superseded(session, "client", "none", window, [FREJA], [])
        assert [slot.id for slot in removed] == [mine.id]
        assert await time_slots.find(session, others.id) is not None
