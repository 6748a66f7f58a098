"""Meetings at whatever time a test wants them, on the real database, and the sweep that opens their runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from domain.messages.meeting import LostRuns, MeetingsOpened, NearMeetings, OpenMeeting
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.activities.booking_fixture import BookingFixture
from workers.meeting_runs import MeetingRuns
from workers.meeting_sweep import MeetingSweep
from workflows.common.runs import meeting_workflow_id

HOUR: Final = timedelta(hours=1)

COPY: Final = """
    WITH slot AS (
        INSERT INTO time_slot
        SELECT (jsonb_populate_record(original, jsonb_build_object('id', CAST(:slot_id AS uuid)))).*
        FROM time_slot AS original WHERE id = (SELECT time_slot_id FROM meeting WHERE id = :original)
    )
    INSERT INTO meeting SELECT (jsonb_populate_record(original, jsonb_build_object(
        'id', CAST(:id AS uuid), 'time_slot_id', CAST(:slot_id AS uuid)
    ))).* FROM meeting AS original WHERE id = :original
"""
"""Time slots of one booking may be at the same time."""

SHIFT: Final = (
    "UPDATE meeting SET start_at = clock_timestamp() + :ahead, end_at = clock_timestamp() + :ahead + interval '1 h'"
    " WHERE id = :id"
)


@dataclass
class Planned:
    """A meeting by its id, and those that are copied from it."""

    bookings: BookingFixture
    engine: Client
    first: UUID

    @classmethod
    async def at(cls, bookings: BookingFixture, engine: Client, ahead: timedelta) -> "Planned":
        planned = cls(bookings, engine, (await bookings.met()).id)
        await planned.shift(planned.first, ahead)
        return planned

    async def shift(self, meeting_id: UUID, ahead: timedelta) -> None:
        """Have it begin in so long."""
        await self.do(SHIFT, id=meeting_id, ahead=ahead)

    async def another(self, ahead: timedelta) -> UUID:
        meeting_id = uuid4()
        await self.do(COPY, id=meeting_id, slot_id=uuid4(), original=self.first)
        await self.shift(meeting_id, ahead)
        return meeting_id

    async def do(self, statement: str, **values: object) -> None:
        async with self.bookings.database.transaction() as session:
            await session.execute(sa.text(statement), values)

    async def noted(self) -> set[UUID]:
        """The meetings of which it is noted that they have a run."""
        query = sa.text("SELECT id FROM meeting WHERE run_opened_at IS NOT NULL")
        async with self.bookings.database.transaction() as session:
            return set(await session.scalars(query))

    async def run_of(self, meeting_id: UUID) -> tuple[str, WorkflowExecutionStatus] | None:
        """The run that the meeting has, or had last."""
        try:
            run = await self.engine.get_workflow_handle(meeting_workflow_id(meeting_id)).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None
        assert run.run_id is not None
        assert run.status is not None
        return run.run_id, run.status

    async def running(self, *meetings: UUID) -> set[UUID]:
        """Those of them that have a run."""
        found = [(each, await self.run_of(each)) for each in meetings]
        return {each for each, run in found if run is not None and run[1] is WorkflowExecutionStatus.RUNNING}


class Runs(MeetingRuns):
    """Starts runs, and remembers of what; as often as it is told it fails instead."""

    def __init__(
        self, client: Client, database: Database, task_queue: str, notifications: NotificationSettings
    ) -> None:
        super().__init__(client, database, task_queue, notifications)
        self.tries: list[UUID] = []
        self.failures: dict[UUID | int, Exception] = {}

    async def open_again(self, meeting: OpenMeeting, now: datetime) -> None:
        self.tries.append(meeting.meeting_id)
        for cause in (meeting.meeting_id, len(self.tries)):
            if cause in self.failures:
                raise self.failures[cause]
        await super().open_again(meeting, now)


class Sweeper:
    """Takes the steps of a sweep as the workflow does."""

    def __init__(self, client: Client, database: Database, notifications: NotificationSettings) -> None:
        self.runs = Runs(client, database, f"test-{uuid4()}", notifications)
        self.steps = MeetingSweep(client, database, self.runs, notifications)

    async def page(self, page: NearMeetings | None = None, limit: int = 200) -> MeetingsOpened:
        opened: MeetingsOpened = await ActivityEnvironment().run(
            self.steps.open_near_meetings, page or NearMeetings(limit=limit)
        )
        return opened

    async def sweep(self, limit: int = 200) -> list[MeetingsOpened]:
        """What became of each page."""
        pages: list[MeetingsOpened] = [await self.page(limit=limit)]
        while pages[-1].rest is not None:
            pages.append(await self.page(pages[-1].rest))
        return pages

    async def opened(self) -> Sequence[UUID]:
        """Those whose runs this sweep has tried to start."""
        self.runs.tries.clear()
        await self.sweep()
        return list(self.runs.tries)

    async def look_for_lost_runs(self) -> int:
        found: Any = await ActivityEnvironment().run(self.steps.find_lost_runs, LostRuns(within=timedelta(days=1)))
        return int(found.meetings)
