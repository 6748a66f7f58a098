"""Reads every calendar elsewhere of employees and rooms again. A schedule starts it."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from activities.messages import CalendarRefreshed, CalendarsWanted, RefreshCalendar
from activities.signatures import CalendarSteps
from workflows.messages import CalendarsRefreshed, RefreshCalendars
from workflows.names import REFRESH_CALENDARS_WORKFLOW
from workflows.options import Options

READING: Final[Options] = {
    "start_to_close_timeout": timedelta(minutes=5),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
}
"""A feed that fails is asked again at the next refresh; what is retried is the database."""

LISTING: Final[Options] = {
    "start_to_close_timeout": timedelta(seconds=90),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
}
"""Without the list nothing is refreshed: it is asked for until the database answers."""

AT_ONCE: Final = 20
"""How many calendars are read at the same time."""


@workflow.defn(name=REFRESH_CALENDARS_WORKFLOW)
class RefreshCalendarsWorkflow:
    """Reads every calendar again, a page in each run.

    One that cannot be read keeps what was known of it, says so in `GET /bookme/config/calendars`, and is counted.
    """

    @workflow.run
    async def run(self, so_far: RefreshCalendars) -> CalendarsRefreshed:
        page = await workflow.execute_activity_method(
            CalendarSteps.list_calendars, CalendarsWanted(after=so_far.after, limit=so_far.page), **LISTING
        )
        done = so_far.done.plus(await self._refresh_all(page.ids))
        workflow.set_current_details(f"{done.read} calendars were read, {done.failed} could not be")
        if len(page.ids) == so_far.page:
            workflow.continue_as_new(so_far.model_copy(update={"after": page.ids[-1], "done": done}))
        return done

    async def _refresh_all(self, ids: tuple[UUID, ...]) -> CalendarsRefreshed:
        places = asyncio.Semaphore(AT_ONCE)

        async def refresh(calendar_id: UUID) -> bool:
            async with places:
                return await self._refresh(calendar_id)

        outcomes = await asyncio.gather(*map(refresh, ids))
        return CalendarsRefreshed(read=sum(outcomes), failed=len(outcomes) - sum(outcomes))

    async def _refresh(self, calendar_id: UUID) -> bool:
        """Whether it could be read."""
        try:
            refreshed: CalendarRefreshed = await workflow.execute_activity_method(
                CalendarSteps.refresh_calendar,
                RefreshCalendar(calendar_id=calendar_id),
                summary=f"calendar {calendar_id}",
                **READING,
            )
        except ActivityError:
            return False
        return refreshed.failure is None
