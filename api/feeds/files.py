"""Cache of the files of calendar feeds. Each version is written once and served from memory."""

import asyncio
import logging
from collections import OrderedDict
from datetime import timedelta
from typing import Final
from uuid import UUID

from api.feeds import writer as feed_writer
from api.feeds.writer import FeedFile
from api.http.errors import Unavailable
from storage.database import Database
from storage.tables.notifications import FeedRow

log = logging.getLogger(__name__)

MOST_KEPT: Final = 64 * 1024 * 1024
"""Limit in bytes of all files that one API process keeps."""

MOST_WAITING: Final = 50
"""Limit of files that are being written or wait for their turn in one API process."""


class FeedFiles:
    """Writes one file at a time. Concurrent requests for the same version of a feed wait for the same file."""

    def __init__(self, database: Database, patience: timedelta) -> None:
        self._database = database
        self._patience = patience.total_seconds()
        self._kept: OrderedDict[UUID, FeedFile] = OrderedDict()
        self._writing: dict[tuple[UUID, bytes], asyncio.Task[FeedFile]] = {}
        self._turn = asyncio.Semaphore(1)

    async def get(self, feed: FeedRow, version: bytes) -> FeedFile:
        """Return the feed's file in this version, or in a later one.

        Raises:
            Unavailable: too many files wait, or the file is not written in time. Writing then continues, so that a
                later request finds the file.

        """
        kept = self._kept.get(feed.id)
        if kept is not None and kept.version == version:
            self._kept.move_to_end(feed.id)
            return kept
        try:
            return await asyncio.wait_for(asyncio.shield(self._written(feed, version)), self._patience)
        except TimeoutError as error:
            raise Unavailable("The calendar is still being written.") from error

    def _written(self, feed: FeedRow, version: bytes) -> asyncio.Task[FeedFile]:
        key = (feed.id, version)
        if key not in self._writing:
            if len(self._writing) >= MOST_WAITING:
                raise Unavailable("Too many calendars are being written.")
            self._writing[key] = task = asyncio.create_task(self._write(feed))
            task.add_done_callback(lambda done: self._forget(key, done))
        return self._writing[key]

    async def _write(self, feed: FeedRow) -> FeedFile:
        async with self._turn:
            file = await feed_writer.write(self._database, feed)
        self._keep(feed.id, file)
        return file

    def _keep(self, feed_id: UUID, file: FeedFile) -> None:
        self._kept.pop(feed_id, None)
        self._kept[feed_id] = file
        while sum(len(each.content) for each in self._kept.values()) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _forget(self, key: tuple[UUID, bytes], done: asyncio.Task[FeedFile]) -> None:
        """Forget the finished task, and log its error here: perhaps no request waits for the task any more."""
        del self._writing[key]
        if not done.cancelled() and (error := done.exception()) is not None:
            log.warning("feed was not written", extra={"feed": key[0], "error": str(error)})
