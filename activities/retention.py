"""Deletes old rows in small batches, with pauses, so that bookings hardly notice."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.signatures import RetentionSteps
from domain.messages.retention import DeleteOldRows, OldRows, OldRowsDeleted
from storage.database import Database
from storage.retention import PAGE, delete_page

REST: Final = 1.0
"""Length of the pause after each page, as a multiple of the time that the page took."""


class RetentionActivities(RetentionSteps):
    """Activity that the worker registers. `kept_for` says for each kind of rows how long they are kept."""

    def __init__(self, database: Database, kept_for: Mapping[OldRows, timedelta]) -> None:
        self._database = database
        self._kept_for = kept_for

    @activity.defn
    async def delete_old_rows(self, step: DeleteOldRows) -> OldRowsDeleted:
        ends, total = time.monotonic() + step.longest.total_seconds(), 0
        async with heartbeats():
            while time.monotonic() < ends and not activity.is_worker_shutdown():
                began = time.monotonic()
                async with self._database.transaction() as session:
                    rows = await delete_page(session, step.of, self._kept_for[step.of])
                total += rows
                if rows < PAGE:
                    return OldRowsDeleted(rows=total, is_done=True)
                await asyncio.sleep(REST * (time.monotonic() - began))
        return OldRowsDeleted(rows=total, is_done=False)
