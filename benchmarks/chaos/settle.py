"""After the last fault: ask again what is unknown, wait until nothing goes on any more, and look at what there is."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from benchmarks.chaos.receiver import Receiver
from benchmarks.chaos.record import Json, Looked, Told, WorkflowRun, Writer, now
from benchmarks.chaos.service import Service, Wish
from benchmarks.chaos.stage import Stage
from benchmarks.chaos.witness import connected, positions, testimony
from workflows.names import MEETING_WORKFLOW, meeting_workflow_id

BOUND: Final = 30.0
"""Seconds after the last fault in which everything must be quiet; what is retried then waits no longer than that."""
POLL: Final = 0.5
AT_ONCE: Final = 4
"""Of those who ask again: a crowd would be told to come later."""
UNTIL_TOLD: Final = 180.0
"""Seconds for which each of them asks: a machine that several runs share is slow for minutes when all of them heal."""
PAGE: Final = "500"
GOES_ON: Final = """
SELECT (SELECT count(*) FROM time_slot WHERE hold_expires_at IS NOT NULL)
     + (SELECT count(*) FROM webhook_delivery WHERE status = 'Pending')
     + (SELECT count(*) FROM booking_event WHERE position IS NULL) AS left,
       (SELECT coalesce(array_agg(id), '{}') FROM meeting WHERE cancelled_at IS NULL) AS planned
"""
RUNNING: Final = "ExecutionStatus = 'Running' AND WorkflowType = '{}'"


async def resolve(services: Sequence[Service]) -> int:
    """Ask again whatever is unknown. Answers how much it was."""
    unknown = [(each, wish) for each in services for wish in list(each.open.values()) if wish.method != "GET"]
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(service: Service, wish: Wish) -> None:
        async with places:
            await service.ask(wish, patience=UNTIL_TOLD, gives_up=0)

    await asyncio.gather(*(ask(service, wish) for service, wish in unknown))
    return len(unknown)


async def settle(stage: Stage, *, patience: float = BOUND) -> bool:
    """Wait until nothing goes on; whether it came to that in time."""
    until = time.monotonic() + patience
    client = await stage.engine()
    while time.monotonic() < until:
        if await _is_quiet(stage.database_url, client):
            return True
        await asyncio.sleep(POLL)
    return False


async def _is_quiet(url: str, client: Client) -> bool:
    try:
        async with connected(url) as connection:
            found = await connection.fetchrow(GOES_ON)
        running = [await _running(client, kind) for kind in ("Booking", "WebhookDelivery")]
        meetings = {run.id async for run in client.list_workflows(RUNNING.format(MEETING_WORKFLOW))}
    except (OSError, asyncpg.PostgresError, RPCError):
        return False
    return (found["left"], *running) == (0, 0, 0) and meetings <= set(map(meeting_workflow_id, found["planned"]))


async def _running(client: Client, kind: str) -> int:
    return (await client.count_workflows(RUNNING.format(f"{kind}Workflow"))).count


async def look(stage: Stage, staff: Service, receiver: Receiver, secret: str, writer: Writer, healed: datetime) -> None:
    """Write down everything that is there."""
    for change in await testimony(stage.database_url):
        writer.write(change)
    for event in await whole_log(staff):
        writer.write(Told(by="log", event=event))
    for received in receiver.events(secret):
        writer.write(received)
    client = await stage.engine()
    async for run in client.list_workflows():
        writer.write(
            WorkflowRun(
                id=run.id,
                type=run.workflow_type,
                status=run.status.name if run.status else "",
                started=run.start_time,
                closed=run.close_time,
            )
        )
    writer.write(Looked(healed=healed, at=now(), positions=await positions(stage.database_url)))


async def whole_log(staff: Service) -> list[Json]:
    """Everything that `GET /bookme/events` tells, page by page."""
    events: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = await staff.get("/bookme/events", limit=PAGE, **cursor)
        if not page["events"]:
            return events
        events += page["events"]
        cursor = {"cursor": page["cursor"]}


async def webhook_of(staff: Service, receiver: Receiver) -> str:
    """Have everybody's events sent to the receiver. Answers the secret that they are signed with."""
    made = await staff.post("/bookme/webhooks", {"url": receiver.url, "everyClient": True})
    return str(made["secret"])


def pool(size: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=size * 4))
