"""Parts that the checks share: their context, their results, and the question whether runs are running."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus

from admin.connections import Connections
from admin.documents import Finding
from admin.story.runs import RPC_TIMEOUT, describe
from admin.ui_links import run_url, ui_url_of
from config.settings import Settings

PAGE: Final = 500
"""Rows or runs that are compared at once. So a check needs little memory, however many there are."""

AT_ONCE: Final = 20
"""Runs that Temporal is asked about at the same time."""

SETTLE: Final = 2.0
"""Seconds before something that does not fit is looked at again. Rows and runs are read at different moments."""


class Part(StrEnum):
    """A part of the installation that other parts need, and how a report says that it is missing."""

    DATABASE = "the database cannot be used"
    ENGINE = "Temporal cannot be used"
    WORKERS = "no worker takes tasks"


@dataclass(frozen=True, slots=True)
class Repair:
    """Repair of one finding. `perform` returns what was done, in words. `subject` names it in the operators' log."""

    subject: str
    perform: Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A finding and its repair, or None if only a person can decide what to do. `missing` is the part that it names."""

    finding: Finding
    repair: Repair | None = None
    missing: Part | None = None


@dataclass(slots=True)
class Checking:
    """Context of one check. `on_progress` is called with the counts of examined rows and runs."""

    opened: Connections
    settings: Settings
    on_progress: Callable[[Counter[str]], None] = lambda _: None
    examined: Counter[str] = field(default_factory=Counter)

    @property
    def client(self) -> Client:
        return self.opened.client

    def count(self, what: str, number: int = 1) -> None:
        """Count examined rows or runs."""
        self.examined[what] += number
        self.on_progress(self.examined)

    def url(self, workflow_id: str) -> str:
        return run_url(ui_url_of(self.settings), self.client.namespace, workflow_id)

    async def without_run(self, workflow_ids: Collection[str]) -> set[str]:
        """Return those of these workflow ids that have no running run.

        Temporal is asked about each id. Its index of runs may be late in both directions: it may still list a run that
        was terminated, and may not list a run that has just begun.
        """
        names = list(workflow_ids)
        places = asyncio.Semaphore(AT_ONCE)

        async def runs(name: str) -> bool:
            async with places:
                return await self.is_running(name)

        found = await asyncio.gather(*map(runs, names))
        return {name for name, is_running in zip(names, found, strict=True) if not is_running}

    async def is_running(self, workflow_id: str) -> bool:
        run = await describe(self.client, workflow_id)
        return run is not None and run.status is WorkflowExecutionStatus.RUNNING

    async def running_ids(self, condition: str) -> AsyncIterator[list[str]]:
        """Yield the workflow ids of running runs that match the condition, in pages.

        The ids are from Temporal's index of runs, which may be late. So the callers ask Temporal about each run again.
        """
        query = f"{condition} AND ExecutionStatus = 'Running'"
        page: list[str] = []
        async for run in self.client.list_workflows(query, page_size=PAGE, rpc_timeout=RPC_TIMEOUT):
            page.append(run.id)
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page


def found(
    kind: str,
    subject: object,
    text: str,
    advice: str,
    url: str | None = None,
    repair: Repair | None = None,
    *,
    missing: Part | None = None,
) -> Mismatch:
    """Return a mismatch."""
    finding = Finding(kind=kind, subject=str(subject), text=text, advice=advice, url=url, can_repair=repair is not None)
    return Mismatch(finding, repair, missing)
