"""Measure reservations of a quiet client while a million old rows are deleted.

Starts `bookme dev`, and adds old events and old deliveries of them to a webhook, half of the rows each. The quiet
client reserves one time slot after another and gives each back. Its reservations are timed for a while without a
deletion, and then while the retention workflow deletes the old rows, until they are gone.
"""

import argparse
import asyncio
import tempfile
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

import asyncpg
from temporalio.client import Client, WorkflowHandle

from benchmarks.results.report import Aim, at_most, conclude, options, progress
from benchmarks.stack.dev_stack import database_url, running
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import authorise, free_hours
from benchmarks.workload.quiet_client import Timed, print_timed, time_reservations
from domain.messages.retention import Deleted, OldRows
from workflows.common.runs import RETENTION_WORKFLOW

MOST_TIMES: Final = 2.0
"""The largest ratio of the quiet client's p99 during the deletion to that without it."""

OLD_ROWS: Final = """
WITH hook AS (
    INSERT INTO webhook (id, client_id, url, event_types, every_client, secret, former_secrets, created_at, modified_at)
    VALUES (gen_random_uuid(), 'old', 'https://hooks.example', '{{}}', false, 'whsec_MA==', '[]', now(), now())
    RETURNING id
), event AS (
    INSERT INTO booking_event
        (at, kind, client_id, reservation_token, time_slot_id, booking_key, position, facts)
    SELECT now() - interval '400 days', 'booking.reserved', 'old', 'old-' || number, gen_random_uuid(),
           gen_random_uuid(), number,
           '{{"employeeId": "0b6c6f0e-0000-4000-8000-000000000000", "start": "2025-01-07T09:00:00Z"}}'
    FROM generate_series(1, {events}) AS number
    RETURNING id, position, booking_key
)
INSERT INTO webhook_delivery
    (id, webhook_id, event_id, position, booking_key, status, attempts, retries, created_at, delivered_at)
SELECT gen_random_uuid(), hook.id, event.id, position, booking_key, 'Delivered', 1, 0,
       now() - interval '400 days', now() - interval '400 days'
FROM event, hook
"""


@dataclass(frozen=True, slots=True)
class Found:
    """The quiet client's reservations without the deletion and during it, the deleted rows, and the seconds it took."""

    alone: Timed
    deleting: Timed
    rows: int
    seconds: float

    @property
    def times(self) -> float:
        return self.deleting.milliseconds[-1] / self.alone.milliseconds[-1]


async def add_old_rows(url: str, events: int) -> None:
    """Add old events to the log, which must be empty, and an ended delivery of each."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(OLD_ROWS.format(events=events))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def delete(client: Client) -> int:
    """Start the retention workflow by its schedule's action, and wait for it. Return the number of deleted rows."""
    run: WorkflowHandle[object, Deleted] = await client.start_workflow(
        RETENTION_WORKFLOW,
        id="delete-old-rows-now",
        task_queue="bookings",
        execution_timeout=timedelta(hours=1),
        result_type=Deleted,
    )
    deleted = await run.result()
    return deleted.rows[OldRows.EVENTS] + deleted.rows[OldRows.DELIVERIES]


async def measure(quiet: Service, client: Client, url: str, *, seconds: float, events: int) -> Found:
    slots = iter(await free_hours(quiet))
    progress(f"adding {2 * events:,} old rows")
    await add_old_rows(url, events)
    await time_reservations(quiet, slots, 2)
    progress(f"the quiet client alone for {seconds:g} s")
    alone = await time_reservations(quiet, slots, seconds)
    progress("deleting")
    began = perf_counter()
    deletion, during = asyncio.create_task(delete(client)), Timed()
    while not deletion.done():
        more = await time_reservations(quiet, slots, 1)
        during.seconds += more.seconds
        during.later += more.later
    return Found(alone, during, deletion.result(), perf_counter() - began)


async def main(asked: argparse.Namespace) -> Found:
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as name:
        directory = Path(name)
        progress("starting the stack")
        async with running(directory, 1, 1) as (quiet, client):
            await authorise(quiet)
            return await measure(quiet, client, database_url(directory), seconds=asked.seconds, events=asked.rows // 2)


def show(found: Found) -> None:
    print_timed(alone=found.alone, deleting=found.deleting)
    print(f"\n{found.rows:,} rows were deleted in {found.seconds:.0f} s")


def aims(found: Found) -> list[Aim]:
    return [at_most("p99 during the deletion by p99 without", found.times, MOST_TIMES)]


if __name__ == "__main__":
    parser = options("retention", __doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long is measured without the deletion")
    parser.add_argument("--rows", type=int, default=1_000_000, help="old rows, half events and half deliveries")
    asked = parser.parse_args()
    if asked.quick:
        asked.seconds, asked.rows = 2, 4_000
    found = asyncio.run(main(asked))
    show(found)
    conclude(asked, aims(found), **asdict(found), times=found.times)
