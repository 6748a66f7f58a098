"""The configuration as the rules see it, in as many statements for five hundred employees as for one."""

from collections.abc import Sequence
from datetime import time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from devstack.demo_data import ANY, CITY, HARBOUR, REMOTE, identity
from domain.configuration import Location, Organisation, Weekday, WorkingSpan
from domain.errors import InUse, NotFound
from storage.availability.organisation_data import read_employees, read_organisation, read_organisation_data
from storage.bookings.time_slots import NOW
from storage.configuration import records
from storage.configuration.lookups import get, list_topics, require
from storage.configuration.records import COMPETENCE_GROUP, LOCATION, TOPIC
from storage.database import Database
from storage.migrate import migrate
from storage.tables.organisation import EmployeeRow, LocationRow, RoomRow, TopicRow, WorkdayRow
from tests.integration.storage.transactions import statements, undone

Named = Sequence[tuple[type[SQLModel], UUID | str]]

FREJA, LIV, INGRID = identity("Freja Lindqvist"), identity("Liv Thorsen"), identity("Ingrid Kjeldsen")


class TestEmployees:
    async def test_have_their_week_and_skills(self, database: Database) -> None:
        async with database.transaction() as session:
            (liv,) = await read_employees(session, [LIV])
        assert (liv.id, liv.location, liv.can_be_booked) == (LIV, CITY, True)
        assert liv.topics == {identity("home-loan")}
        assert liv.customer_types == {identity("Private")}
        morning = WorkingSpan(time(8), time(12), CITY, frozenset(ANY))
        assert liv.week == dict.fromkeys((Weekday(day) for day in range(1, 6)), (morning,))

    async def test_may_be_elsewhere_on_some_days_and_have_no_skills(self, database: Database) -> None:
        async with database.transaction() as session:
            (ingrid,) = await read_employees(session, [INGRID])
        assert {day.value: [span.location for span in spans] for day, spans in ingrid.week.items()} == {
            1: [HARBOUR],
            2: [HARBOUR],
            3: [CITY],
            4: [HARBOUR],
            5: [HARBOUR],
        }
        assert (ingrid.topics, ingrid.customer_types) == (frozenset(), frozenset())

    async def test_may_work_until_midnight_or_not_at_all(self, database: Database) -> None:
        async with undone(database) as session:
            await session.execute(sa.delete(WorkdayRow))
            session.add(
                WorkdayRow(
                    employee_id=FREJA,
                    weekday=7,
                    starts=time(20, 30),
                    ends=time(0),
                    location=CITY,
                    meeting_types=list(REMOTE),
                )
            )
            await session.flush()
            freja, liv = await read_employees(session, [FREJA]) + await read_employees(session, [LIV])
        assert freja.week == {Weekday.SUNDAY: (WorkingSpan(time(20, 30), time(0), CITY, frozenset(REMOTE)),)}
        assert liv.week == {}

    async def test_may_work_several_spans_of_a_day(self, database: Database) -> None:
        there = {"employee_id": LIV, "weekday": 1, "location": HARBOUR, "meeting_types": list(REMOTE)}
        async with undone(database) as session:
            for starts, ends in ((time(18), time(0)), (time(12), time(14)), (time(7), time(8))):
                await session.execute(sa.insert(WorkdayRow).values(starts=starts, ends=ends, **there))
            (liv,) = await read_employees(session, [LIV])
        assert [(span.starts.hour, span.ends.hour, span.location) for span in liv.week[Weekday.MONDAY]] == [
            (7, 8, HARBOUR),
            (8, 12, CITY),
            (12, 14, HARBOUR),
            (18, 0, HARBOUR),
        ]
        assert len(liv.week[Weekday.TUESDAY]) == 1

    async def test_all_or_those_that_are_named(self, database: Database) -> None:
        async with database.transaction() as session:
            everybody = await read_employees(session, None)
            assert len(everybody) == await session.scalar(sa.select(sa.func.count()).select_from(EmployeeRow))
            assert {one.id for one in await read_employees(session, [LIV, FREJA, uuid4()])} == {LIV, FREJA}
            assert await read_employees(session, []) == ()


class TestPremises:
    async def test_are_the_organisation_its_rooms_and_locations(self, database: Database) -> None:
        async with undone(database) as session:
            organisation_data = await read_organisation_data(session)
            assert organisation_data.organisation == await read_organisation(session)
            assert organisation_data.locations[CITY] == Location(CITY, require_room=True)
            rooms = {room.id: room for room in organisation_data.rooms}
            assert len(rooms) == await session.scalar(sa.select(sa.func.count()).select_from(RoomRow))
            closed = rooms[identity(f"{CITY}/Direktionen")]
            assert (closed.location, closed.can_be_booked) == (CITY, False)
            assert rooms[identity(f"{CITY}/Nyhavn")].can_be_booked
            assert organisation_data.now <= (await session.execute(sa.select(NOW))).scalar_one()

    async def test_have_settings_of_their_own(self, database: Database) -> None:
        async with undone(database) as session:
            await session.execute(
                sa.text(
                    "UPDATE organisation SET time_zone = 'America/New_York', slot_interval = '15 min', "
                    "default_duration = '45 min', default_look_forward = '2 days', max_look_forward = '14 days', "
                    "max_time_from_booking_to_meeting = '90 days'"
                )
            )
            assert await read_organisation(session) == Organisation(
                time_zone=ZoneInfo("America/New_York"),
                slot_interval=timedelta(minutes=15),
                default_duration=timedelta(minutes=45),
                default_look_forward=timedelta(days=2),
                max_look_forward=timedelta(days=14),
                max_time_from_booking_to_meeting=timedelta(days=90),
            )

    async def test_may_have_no_room_at_all(self, database: Database) -> None:
        async with undone(database) as session:
            await session.execute(sa.delete(RoomRow))
            assert (await read_organisation_data(session)).rooms == ()

    async def test_must_be_configured(self, empty: Database) -> None:
        await migrate(empty)
        async with empty.transaction() as session:
            for read in (read_organisation_data, read_organisation):
                with pytest.raises(NotFound, match="bookme seed"):
                    await read(session)


class TestNames:
    async def test_of_anything_are_checked_in_one_statement(self, database: Database) -> None:
        with statements(database) as seen:
            async with database.transaction() as session:
                await require(session, [(EmployeeRow, FREJA), (LocationRow, CITY), (EmployeeRow, LIV)])
                await require(session, [])
        assert len(seen) == 1

    async def test_the_first_that_nobody_has_is_told(self, database: Database) -> None:
        async with database.transaction() as session:
            with pytest.raises(NotFound, match="The location 'nowhere' does not exist"):
                await require(session, [(EmployeeRow, FREJA), (LocationRow, "nowhere"), (EmployeeRow, uuid4())])

    async def test_an_id_counts_in_its_own_table_alone(self, database: Database) -> None:
        async with database.transaction() as session:
            with pytest.raises(NotFound, match="The room"):
                await require(session, [(EmployeeRow, FREJA), (RoomRow, FREJA)])
            with pytest.raises(NotFound, match="The topic"):
                await get(session, TopicRow, FREJA)


class TestTopics:
    async def names(self, database: Database, *, for_customers: bool, of: str | None = None) -> list[str]:
        async with database.transaction() as session:
            kind = identity(of) if of else None
            topics = await list_topics(session, for_customers=for_customers, customer_type=kind)
        return [topic.unique_topic_id for topic in topics]

    async def test_of_customers_leave_out_those_of_staff(self, database: Database) -> None:
        everything = ["home-loan", "investment", "pension", "company-loan", "credit-review"]
        assert await self.names(database, for_customers=False) == everything
        assert await self.names(database, for_customers=True) == everything[:-1]

    async def test_are_open_to_the_types_they_name_or_to_all(self, database: Database) -> None:
        assert "company-loan" in await self.names(database, for_customers=True, of="Business")
        assert "company-loan" not in await self.names(database, for_customers=True, of="Private")
        assert "pension" in await self.names(database, for_customers=True, of="Private")


class TestRecords:
    @pytest.mark.parametrize(
        ("kind", "record"),
        [
            (COMPETENCE_GROUP, {"name": "Pensions", "parent_id": None, "customer_types": [], "members": []}),
            (TOPIC, {"name": "Part", "unique_topic_id": "part", "customer_types": []}),
        ],
        ids=["a link", "a column"],
    )
    async def test_that_name_a_row_deleted_meanwhile_are_refused_as_not_found(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, kind: records.RecordKind, record: records.Record
    ) -> None:
        gone = uuid4()
        async with database.transaction() as session:
            session.add(TopicRow(id=gone, name="Gone", unique_topic_id="gone"))

        async def require_then_delete(session: AsyncSession, wanted: Named) -> None:
            await require(session, wanted)
            async with database.transaction() as other:
                await other.execute(sa.delete(TopicRow).where(col(TopicRow.id) == gone))

        monkeypatch.setattr(records, "require", require_then_delete)
        names_it = {"topics": [gone]} if kind is COMPETENCE_GROUP else {"parent_id": gone}
        with pytest.raises(NotFound, match=f"The topic '{gone}' does not exist"):
            async with database.transaction() as session:
                await records.create(session, kind, {"id": uuid4(), **record, **names_it})

    async def test_that_others_name_stay(self, database: Database) -> None:
        async with undone(database) as session:
            with pytest.raises(InUse, match="employee"):
                await records.remove(session, LOCATION, CITY)
            await session.rollback()
