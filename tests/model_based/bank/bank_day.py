"""A small bank on one day: three people and two rooms, all free from ten on, in a database of its own."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, Self, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import sqlalchemy as sa
from pydantic import BaseModel

from activities.booking import BookingActivities
from activities.meeting import MeetingActivities
from devstack.demo_data import seed
from devstack.postgres import EmbeddedPostgres
from domain.errors import BookMeError
from domain.messages.booking import (
    BookTimeSlot,
    CreateMeetingStep,
    MeetingContent,
    MeetingCreated,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotSnapshot,
    WithdrawMeeting,
)
from domain.messages.meeting import CancelMeetingStep, ChangeMeetingStep, MeetingSnapshot, MoveMeetingStep, RemindOf
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from storage.migrate import migrate
from storage.notifications.event_log import publish_all
from storage.tables.organisation import EmployeeRow
from tests.integration.activities.booking_fixture import FREJA, INGRID, KASTELLET, MAGNUS, NYHAVN
from tests.integration.storage.conftest import made
from tests.model_based.bank.ledger import Answer

EVERYBODY: Final = (FREJA, MAGNUS, INGRID)
ROOMS: Final = (NYHAVN, KASTELLET)
ZONE: Final = ZoneInfo("Europe/Copenhagen")
HALF: Final = timedelta(minutes=30)
HOUR: Final = timedelta(hours=1)
STARTS: Final = 9
"""Half hours at which an hour can begin, from ten to two o'clock."""

WEDNESDAY: Final = 3
MOST_HOLDS: Final = 6
TABLES: Final = ("meeting", "time_slot", "booking_event", "refused_step")

Result = TypeVar("Result")


@dataclass(frozen=True)
class Came:
    """What came of a step: its answer, or the reason to refuse."""

    answer: Answer = None
    refused: str | None = None


class BankDay:
    """Steps are taken from a thread that is not the loop's."""

    def __init__(self, database: Database, connection: asyncpg.Connection) -> None:
        terms = BookingLimits(timedelta(minutes=5), timedelta(minutes=15), MOST_HOLDS)
        self.database = database
        self.connection = connection
        self.opens = opening(datetime.now(ZONE))
        self._loop = asyncio.get_running_loop()
        self._booking = BookingActivities(database, terms)
        self._meetings = MeetingActivities(database, terms, NotificationSettings((timedelta(days=1),)))

    @classmethod
    @asynccontextmanager
    async def at(cls, server: EmbeddedPostgres) -> AsyncIterator[Self]:
        async with made(server) as database:
            await migrate(database)
            async with database.transaction() as session:
                await seed(session)
                await session.execute(sa.delete(EmployeeRow).where(sa.column("id").not_in(EVERYBODY)))
            connection = await asyncpg.connect(database.engine.url.set(drivername="postgresql").render_as_string(False))
            yield cls(database, connection)
            await connection.close()

    def do(self, what: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(60)

    def begin(self) -> None:
        self.do(self.connection.execute("; ".join(f"DELETE FROM {table}" for table in TABLES)))

    async def let_pass(self, minutes: float) -> None:
        await self.connection.execute(
            "UPDATE time_slot SET hold_expires_at = hold_expires_at - make_interval(secs => $1)", minutes * 60
        )

    async def enter_busy_time(self, identity: UUID, employee: UUID, start: datetime, end: datetime) -> None:
        await self.connection.execute(
            "INSERT INTO time_slot (id, booking_key, employee_id, start_at, end_at, status, version, created_at,"
            " modified_at) VALUES ($1, $1, $2, $3, $4, 'Busy', 1, now(), now())",
            *(identity, employee, start, end),
        )

    async def check_positions(self) -> None:
        """Published, the events have the places 1, 2, 3, ... in the order in which they happened."""
        async with self.database.transaction() as session:
            await publish_all(session)
        places = await self.connection.fetch("SELECT position FROM booking_event ORDER BY id")
        assert [each["position"] for each in places] == list(range(1, len(places) + 1))

    def take(self, *steps: BaseModel) -> list[Came]:
        """Take these steps, at once if they are several."""

        async def taken() -> list[Came]:
            return await asyncio.gather(*map(self._take, steps))

        return self.do(taken())

    async def _take(self, step: BaseModel) -> Came:
        steps: Mapping[type[BaseModel], Any] = {
            ReserveTimeSlot: self._booking.reserve_time_slot,
            BookTimeSlot: self._booking.book_time_slot,
            CreateMeetingStep: self._booking.create_meeting,
            WithdrawMeeting: self._booking.withdraw_meeting,
            ReleaseTimeSlot: self._booking.release_time_slot,
            ChangeMeetingStep: self._meetings.change_meeting,
            MoveMeetingStep: self._meetings.move_meeting,
            CancelMeetingStep: self._meetings.cancel_meeting,
            RemindOf: self._meetings.remind_of,
        }
        try:
            return Came(in_plain_words(await steps[type(step)](step)))
        except BookMeError as refused:
            return Came(refused=refused.reason)


def opening(now: datetime) -> datetime:
    """Ten o'clock on the second next Wednesday, on which all of them are in one place."""
    days = (WEDNESDAY - now.isoweekday()) % 7 + 7
    return datetime.combine(now.date() + timedelta(days=days), time(10), ZONE)


def in_plain_words(answer: BaseModel | None) -> Answer:
    """As a promise says it."""
    match answer:
        case TimeSlotSnapshot():
            return _time_slot(answer)
        case MeetingCreated():
            return _meeting(answer.content) | {"id": answer.id, "slot": answer.time_slot_id} | _when(answer)
        case MeetingSnapshot():
            kept = {name: getattr(answer, name) for name in ("id", "sequence", "moved_by")}
            named = {"client": answer.client_id, "slot": answer.time_slot_id}
            return _meeting(answer.content, answer.video_link) | kept | named | _when(answer)
    return None


def _when(answer: MeetingCreated | MeetingSnapshot | TimeSlotSnapshot) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in ("start", "end")} | {"room": answer.room_id}


def _time_slot(slot: TimeSlotSnapshot) -> dict[str, Any]:
    people = {"employee": slot.employee_id, "team": frozenset(slot.additional_employees)}
    return {"id": slot.id, "version": slot.version, "status": slot.status.value, **people} | _when(slot)


def _meeting(content: MeetingContent, video_link: str | None = None) -> dict[str, Any]:
    people = {"employee": content.employee_id, "team": frozenset(content.additional_employees)}
    return {**people, "said": what_is_said(content, video_link)}


def what_is_said(content: MeetingContent, video_link: str | None) -> dict[str, Any]:
    elsewhere = {"keeps_team", "room_id", "additional_employees", "employee_id"}
    return content.model_dump(exclude=elsewhere) | {"video_link": video_link}
