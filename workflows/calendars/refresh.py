"""Reads all external calendars of employees and rooms again. A schedule starts the workflow."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

from activities.signatures import CalendarSteps
from domain.messages.booking import CalendarRefreshed, CalendarsWanted, RefreshCalendar
from workflows.booking.messages import CalendarsRefreshed, RefreshCalendars
from workflows.common.runs import REFRESH_CALENDARS_WORKFLOW
from workflows.common.saga import with_summary
from workflows.common.status_view import StatusView

READING: Final[ActivityConfig] = {
    "start_to_close_timeout": timedelta(minutes=5),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
}
"""The retries are for failures of the database. A feed that fails is read again at the next refresh."""

LISTING: Final[ActivityConfig] = {
    "start_to_close_timeout": timedelta(seconds=90),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
}
"""Retried until the database answers, because no calendar can be refreshed without the list."""

AT_ONCE: Final = 20
"""Maximum number of calendars that are read at the same time."""


@workflow.defn(name=REFRESH_CALENDARS_WORKFLOW)
class RefreshCalendarsWorkflow:
    """Reads all external calendars again, one page per run.

    A calendar that cannot be read keeps its last known busy times. Its failure is counted, and shown in
    `GET /bookme/config/calendars`.
    """

    @workflow.init
    def __init__(self, so_far: RefreshCalendars) -> None:
        self._view = StatusView()
        self._show(so_far.done)

    @workflow.run
    async def run(self, so_far: RefreshCalendars) -> CalendarsRefreshed:
        with self._view.ended_with_block():
            ids = await self._list(CalendarsWanted(after=so_far.after, limit=so_far.page))
            done = so_far.done.plus(await self._refresh_all(ids))
            self._show(done)
            if len(ids) == so_far.page:
                workflow.continue_as_new(so_far.model_copy(update={"after": ids[-1], "done": done}))
        return done

    def _show(self, done: CalendarsRefreshed) -> None:
        self._view.show_working("read the calendars")
        self._view.set_lines(f"{done.read} calendars were read, {done.failed} could not be")

    async def _list(self, page: CalendarsWanted) -> tuple[UUID, ...]:
        listed = await workflow.execute_activity_method(
            CalendarSteps.list_calendars, page, **with_summary(LISTING, "list a page of calendars")
        )
        return listed.ids

    async def _refresh_all(self, ids: tuple[UUID, ...]) -> CalendarsRefreshed:
        places = asyncio.Semaphore(AT_ONCE)

        async def refresh(calendar_id: UUID) -> bool:
            async with places:
                return await self._refresh(calendar_id)

        outcomes = await asyncio.gather(*map(refresh, ids))
        return CalendarsRefreshed(read=sum(outcomes), failed=len(outcomes) - sum(outcomes))

    async def _refresh(self, calendar_id: UUID) -> bool:
        """Read the calendar again. Return whether the calendar could be read."""
        try:
            refreshed: CalendarRefreshed = await workflow.execute_activity_method(
                CalendarSteps.refresh_calendar,
                RefreshCalendar(calendar_id=calendar_id),
                **with_summary(READING, f"calendar {calendar_id}"),
            )
        except ActivityError:
            return False
        return refreshed.failure is None
