"""After the last fault: repeat requests without an outcome, wait until all is quiet, and record the final state."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from chaos.clients.api_client import Service, Wish
from chaos.record import Json, Looked, Told, WorkflowRun, Writer, now
from chaos.stack.audit_table import connected, positions, testimony
from chaos.stack.stack import Stage
from chaos.stack.webhook_receiver import Receiver
from workflows.common.runs import MEETING_WORKFLOW, meeting_workflow_id

BOUND: Final = 30.0
"""Seconds after the last fault within which all must be quiet. No retry waits longer than that."""
POLL: Final = 0.5
AT_ONCE: Final = 4
"""The most requests that are repeated at once: more would be answered 429 or 503."""
UNTIL_TOLD: Final = 180.0
"""Seconds for which each request is repeated. A machine with several runs is slow for minutes when all of them heal."""
PAGE: Final = "500"
GOES_ON: Final = """
SELECT (SELECT count(*) FROM time_slot WHERE hold_expires_at IS NOT NULL)
     + (SELECT count(*) FROM webhook_delivery WHERE status = 'Pending')
     + (SELECT count(*) FROM booking_event WHERE position IS NULL) AS left,
       (SELECT coalesce(array_agg(id), '{}') FROM meeting WHERE cancelled_at IS NULL) AS planned
"""
RUNNING: Final = "ExecutionStatus = 'Running' AND WorkflowType = '{}'"


async def resolve(services: Sequence[Service]) -> int:
    """Repeat all requests without a known outcome except GETs. Return their number."""
    unknown = [(each, wish) for each in services for wish in list(each.open.values()) if wish.method != "GET"]
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(service: Service, wish: Wish) -> None:
        async with places:
            await service.ask(wish, patience=UNTIL_TOLD, gives_up=0)

    await asyncio.gather(*(ask(service, wish) for service, wish in unknown))
    return len(unknown)


async def settle(stage: Stage, *, patience: float = BOUND) -> bool:
    """Wait until all is quiet. Return whether that was so within `patience` seconds."""
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
    """Record the final state: row changes, event log, received webhooks and workflows."""
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
    """Return all events of `GET /bookme/events`, read page by page."""
    events: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = await staff.get("/bookme/events", limit=PAGE, **cursor)
        if not page["events"]:
            return events
        events += page["events"]
        cursor = {"cursor": page["cursor"]}


async def webhook_of(staff: Service, receiver: Receiver) -> str:
    """Register the receiver for the events of all clients. Return the secret that signs them."""
    made = await staff.post("/bookme/webhooks", {"url": receiver.url, "everyClient": True})
    return str(made["secret"])


def pool(size: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=size * 4))
