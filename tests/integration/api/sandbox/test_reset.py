"""A client deletes what it has booked in a sandbox, to begin anew. What is configured stays."""

from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus

from storage.database import Database
from tests.integration.api.sandbox.support import advance, events_of, kinds, met
from tests.integration.api.support import EVERY_SCOPE, ok, problem, rows, run_of
from tests.support.clients import ApiClient, new_client_id
from tests.support.webhook_receiver import WebhookReceiver

RESET: Final = "/sandbox/reset"
KEY: Final = "Idempotency-Key"


async def test_a_client_resets_its_own_bookings(
    client: ApiClient, engine: Client, receiver: WebhookReceiver, client_id: str
) -> None:
    ok(await client.post("/bookme/webhooks", {"url": receiver.url}))
    other = await client.as_another(new_client_id())
    kept = ok(await other.reserve((await other.search())[-1], "kept"))
    free = (await client.search())[0]
    await met(client, free)
    ok(await client.reserve((await client.search())[0], "held"))
    assert ok(await client.post(RESET, {})) == {"bookings": 2, "meetings": 1}
    assert await events_of(client) == []
    assert (await run_of(engine, "held", client_id).describe()).status is WorkflowExecutionStatus.TERMINATED
    assert len(ok(await client.get("/bookme/webhooks"))) == 1
    assert ok(await other.time_slot(kept["id"]))["status"] == "Reserved"
    assert await kinds(other) == ["booking.reserved"]
    await met(client, free)
    await advance(client, "PT10M")
    assert await kinds(client) == ["booking.reserved", "booking.booked", "meeting.created"]


async def test_tokens_and_keys_can_be_used_again(client: ApiClient) -> None:
    free = (await client.search())[0]
    first = ok(await client.reserve(free, "token", **{KEY: "key"}))
    refused = await client.reserve(free, "later", **{KEY: "refused"})
    problem(refused, 409, "TIME_SLOT_TAKEN")
    ok(await client.post(RESET, {}))
    again = ok(await client.reserve(free, "token", **{KEY: "key"}))
    assert again["id"] != first["id"]
    ok(await client.post(RESET, {}))
    ok(await client.reserve(free, "later", **{KEY: "refused"}))


async def test_staff_reset_every_client(client: ApiClient, database: Database) -> None:
    await met(client)
    problem(await client.post(RESET, {"everyClient": True}), 403)
    staff = await client.as_another("staff", EVERY_SCOPE)
    assert ok(await staff.post(RESET, {"everyClient": True}))["meetings"] == 1
    left = await rows(database)
    assert {name: count for name, count in left.items() if count} == {}


async def test_a_reset_of_nothing_is_fine(client: ApiClient) -> None:
    assert ok(await client.post(RESET, {})) == {"bookings": 0, "meetings": 0}
