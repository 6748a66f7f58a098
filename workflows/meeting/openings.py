"""Starts the runs of near meetings. A schedule starts the workflow."""

import contextlib
from datetime import timedelta
from typing import Final, TypedDict

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from activities.signatures import MeetingSweeping
from domain.messages.meeting import LostRuns, LostRunsFound, MeetingsOpened
from workflows.common.runs import OPEN_MEETINGS_WORKFLOW
from workflows.common.status_view import StatusView
from workflows.meeting.messages import OpenMeetings


class SweepingOptions(TypedDict):
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta


SWEEPING: Final[SweepingOptions] = {
    "start_to_close_timeout": timedelta(minutes=5),
    # Short, so that another worker continues soon after a worker has died.
    "heartbeat_timeout": timedelta(seconds=5),
}

IN_THE_END: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))
"""Retries a page until it is done, because reminders depend on the page. The schedule limits its time."""

THREE_TIMES: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3)
"""Limits the retries of the search for lost runs, which must not block the start of runs. Lost runs are rare,
and the next periodic job searches again."""


@workflow.defn(name=OPEN_MEETINGS_WORKFLOW)
class OpenMeetingsWorkflow:
    """Starts the runs of all meetings whose first reminder is near, page by page, the earliest meeting first.

    A meeting far ahead has no run. A second start of the same meeting adds no second run. If a run cannot be started,
    the next periodic job tries again.
    """

    @workflow.init
    def __init__(self, so_far: OpenMeetings) -> None:
        self._view = StatusView()
        self._show(so_far.done)

    @workflow.run
    async def run(self, so_far: OpenMeetings) -> MeetingsOpened:
        with self._view.ended_with_block():
            return await self._open_all(so_far)

    async def _open_all(self, so_far: OpenMeetings) -> MeetingsOpened:
        done = so_far.done
        if so_far.is_first:
            await self._find_lost_runs(so_far.looking_back)
        for _ in range(so_far.pages):
            done = done.plus(await self._open(so_far, done))
            self._show(done)
            if done.rest is None:
                break
        else:
            workflow.continue_as_new(so_far.model_copy(update={"is_first": False, "done": done}))
        return done

    def _show(self, done: MeetingsOpened) -> None:
        self._view.show_working("start the runs of near meetings")
        self._view.set_lines(f"{done.opened} meetings have their run, {done.failed} could not be given one")

    async def _find_lost_runs(self, within: timedelta) -> None:
        with contextlib.suppress(ActivityError):
            found: LostRunsFound = await workflow.execute_activity_method(
                MeetingSweeping.find_lost_runs,
                LostRuns(within=within),
                summary="find runs that were terminated",
                retry_policy=THREE_TIMES,
                **SWEEPING,
            )
            workflow.logger.info("%s meetings have lost their run", found.meetings)

    async def _open(self, so_far: OpenMeetings, done: MeetingsOpened) -> MeetingsOpened:
        return await workflow.execute_activity_method(
            MeetingSweeping.open_near_meetings,
            done.rest or so_far.first,
            summary="open a page of meetings",
            retry_policy=IN_THE_END,
            **SWEEPING,
        )
