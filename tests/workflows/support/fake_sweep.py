"""The steps of a sweep in memory: so many meetings, each a page of its own unless more are asked for."""

from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from temporalio import activity

from activities.signatures import MeetingSweeping
from domain.messages.meeting import LostRuns, LostRunsFound, MeetingsOpened, NearMeetings
from tests.workflows.support.booking_caller import HOUR, NINE
from tests.workflows.support.fake_steps import Scripted

PAGE: Final = 2


class FakeSweep(Scripted, MeetingSweeping):
    """`meetings` are near, of which `broken` cannot be opened; `opened` are those whose run was started.

    `looked_back` says how far lost runs were looked for.
    """

    def __init__(self, meetings: int = 5) -> None:
        super().__init__()
        self.meetings = [UUID(int=number) for number in range(1, meetings + 1)]
        self.broken: set[UUID] = set()
        self.opened: list[UUID] = []
        self.looked_back: list[timedelta] = []

    @activity.defn
    async def find_lost_runs(self, step: LostRuns) -> LostRunsFound:
        return await self._try("find_lost_runs", partial(self._find, step))

    @activity.defn
    async def open_near_meetings(self, page: NearMeetings) -> MeetingsOpened:
        return await self._try("open_near_meetings", partial(self._open, page))

    async def _find(self, step: LostRuns) -> LostRunsFound:
        self.looked_back.append(step.within)
        return LostRunsFound(meetings=1)

    async def _open(self, page: NearMeetings) -> MeetingsOpened:
        after = page.after_id or UUID(int=0)
        found = [each for each in self.meetings if each > after][: page.limit]
        opened = [each for each in found if each not in self.broken]
        self.opened += opened
        is_last = len(found) < page.limit
        rest = None if is_last else page.model_copy(update={"after_start": NINE + HOUR, "after_id": found[-1]})
        return MeetingsOpened(opened=len(opened), failed=len(found) - len(opened), rest=rest)
