"""A worker that comes to harm at one moment of one step.

Run as `python -m tests.e2e.programs.dying_worker <step> <moment> <signal> <file> [<n>]`.
It does what `bookme worker` does, on a database that sends the signal to its own process when the step comes to that
moment for the first (n-th) time. The file exists from then on, `<file>.over` when that step has ended, if it ever does.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from signal import Signals

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from config.settings import Settings
from config.telemetry import configure_logging
from storage.database import Database
from workers.main import booking_steps, connect_in_the_end, make_worker, stop_requested


class FatefulDatabase(Database):
    """Its moments: `before` the transaction, `within` it, and `after` its commit."""

    def __init__(self, url: str, fate: tuple[str, str], signal: Signals, file: Path, lives: int) -> None:
        super().__init__(url)
        self._fate = fate
        self._signal = signal
        self._file = file
        self._lives = lives

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._struck(super().transaction()) as session:
            yield session

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncSession]:
        async with self._struck(super().autocommit()) as session:
            yield session

    @asynccontextmanager
    async def _struck(self, scope: AbstractAsyncContextManager[AsyncSession]) -> AsyncIterator[AsyncSession]:
        is_struck = self._strike("before")
        try:
            async with scope as session:
                yield session
                is_struck = self._strike("within") or is_struck
            is_struck = self._strike("after") or is_struck
        finally:
            if is_struck:
                self._file.with_suffix(".over").touch()

    def _strike(self, moment: str) -> bool:
        if not activity.in_activity() or (activity.info().activity_type, moment) != self._fate or self._file.exists():
            return False
        self._lives -= 1
        if self._lives:
            return False
        self._file.touch()
        os.kill(os.getpid(), self._signal)
        return True


async def main(step: str, moment: str, signal: str, file: str, nth: str = "1") -> None:
    settings = Settings()
    configure_logging(settings)
    client = await connect_in_the_end(settings)
    database = FatefulDatabase(
        settings.database_url.get_secret_value(), (step, moment), Signals[signal], Path(file), int(nth)
    )
    async with make_worker(client, settings.task_queue, *booking_steps(settings, client, database)):
        await stop_requested()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
