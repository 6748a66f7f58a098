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

from chaos.clients.api_client import ApiClient, ApiRequest
from chaos.record import FinalState, Json, RecordedEvent, WorkflowRun, Writer, now
from chaos.stack.audit_table import connect, positions, read_changes
from chaos.stack.system import SystemUnderTest
from chaos.stack.webhook_receiver import Receiver
from workflows.common.runs import MEETING_WORKFLOW, meeting_workflow_id

BOUND: Final = 30.0
"""Seconds after the last fault within which all must be quiet. No retry waits longer than that."""
POLL: Final = 0.5
AT_ONCE: Final = 4
"""The most requests that are repeated at once: more would be answered 429 or 503."""
REPEAT_SECONDS: Final = 180.0
"""Seconds for which each request is repeated. A machine with several runs is slow for minutes when all of them heal."""
PAGE: Final = "500"
PENDING_WORK: Final = """
SELECT (SELECT count(*) FROM time_slot WHERE hold_expires_at IS NOT NULL)
     + (SELECT count(*) FROM webhook_delivery WHERE status = 'Pending')
     + (SELECT count(*) FROM booking_event WHERE position IS NULL) AS left,
       (SELECT coalesce(array_agg(id), '{}') FROM meeting WHERE cancelled_at IS NULL) AS planned
"""
RUNNING: Final = "ExecutionStatus = 'Running' AND WorkflowType = '{}'"


async def repeat_unresolved(api_clients: Sequence[ApiClient]) -> int:
    """Repeat all requests without a known outcome except GETs. Return their number."""
    unknown = [
        (each, request) for each in api_clients for request in list(each.open.values()) if request.method != "GET"
    ]
    places = asyncio.Semaphore(AT_ONCE)

    async def repeat(api_client: ApiClient, request: ApiRequest) -> None:
        async with places:
            await api_client.send(request, patience=REPEAT_SECONDS, giving_up=0)

    await asyncio.gather(*(repeat(api_client, request) for api_client, request in unknown))
    return len(unknown)


async def wait_until_quiet(system: SystemUnderTest, *, patience: float = BOUND) -> bool:
    """Wait until all is quiet. Return whether that was so within `patience` seconds."""
    until = time.monotonic() + patience
    client = await system.temporal_client()
    while time.monotonic() < until:
        if await _is_quiet(system.database_url, client):
            return True
        await asyncio.sleep(POLL)
    return False


async def _is_quiet(url: str, client: Client) -> bool:
    try:
        async with connect(url) as connection:
            found = await connection.fetchrow(PENDING_WORK)
        running = [await _running(client, kind) for kind in ("Booking", "WebhookDelivery")]
        meetings = {run.id async for run in client.list_workflows(RUNNING.format(MEETING_WORKFLOW))}
    except (OSError, asyncpg.PostgresError, RPCError):
        return False
    return (found["left"], *running) == (0, 0, 0) and meetings <= set(map(meeting_workflow_id, found["planned"]))


async def _running(client: Client, kind: str) -> int:
    return (await client.count_workflows(RUNNING.format(f"{kind}Workflow"))).count


async def record_final_state(
    system: SystemUnderTest, staff: ApiClient, receiver: Receiver, secret: str, writer: Writer, healed: datetime
) -> None:
    """Record the final state: row changes, event log, received webhooks and workflows."""
    for change in await read_changes(system.database_url):
        writer.write(change)
    for event in await read_event_log(staff):
        writer.write(RecordedEvent(by="log", event=event))
    for received in receiver.events(secret):
        writer.write(received)
    client = await system.temporal_client()
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
    writer.write(FinalState(healed=healed, at=now(), positions=await positions(system.database_url)))


async def read_event_log(staff: ApiClient) -> list[Json]:
    """Return all events of `GET /bookme/events`, read page by page."""
    events: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = await staff.get("/bookme/events", limit=PAGE, **cursor)
        if not page["events"]:
            return events
        events += page["events"]
        cursor = {"cursor": page["cursor"]}


async def register_webhook(staff: ApiClient, receiver: Receiver) -> str:
    """Register the receiver for the events of all clients. Return the secret that signs them."""
    made = await staff.post("/bookme/webhooks", {"url": receiver.url, "everyClient": True})
    return str(made["secret"])


def connection_pool(size: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=size * 4))
