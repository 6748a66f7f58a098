"""Webhooks over HTTP: made, shown, changed, forgotten; their secrets; what became of what they were sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import Webhook
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus

from activities.events import RelayActivities
from config.settings import Settings
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from storage.database import Database
from storage.notifications.webhook_pauses import PAUSED_AFTER
from tests.integration.api.support import EVERY_SCOPE, HOOK, UNKNOWN, eventually, ok, problem
from tests.support.clients import ApiClient, Json
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.deliveries import make_delivery_worker
from workers.main import SANDBOX, make_worker
from workers.schedules import start_relay
from workers.webhook_runs import WebhookRuns
from workflows.common.runs import RELAY_ID

PUBLIC: Final = str(HOOK["url"])
INSIDE: Final = ("127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254", "2130706433", "no-such-host.invalid")
MALFORMED: Final = (
    "",
    "nothing",
    "https://",
    "https:///path",
    "https://x y/",
    f"{PUBLIC}\n",
    "https://93.184.216.34:0/",
)
FIXED: Final = (
    *("id", "clientId", "dateCreated", "dateModified", "previousSecretUntil"),
    *("state", "failingSince", "pausedUntil"),
)
REFUSED: Final = (
    *(f"https://{host}/" for host in INSIDE),
    *MALFORMED,
    *("http://93.184.216.34/", "ftp://93.184.216.34/", "https://user:secret@93.184.216.34/", f"{PUBLIC}#part", 1, None),
)


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with webhook_receiver() as server:
        yield server


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The receiver is on loopback; what is not allowed is tested where it says so."""
    few = {"max_webhooks": 2} if "only_so_many" in request.node.name else {}
    return settings.model_copy(update={"allow_private_addresses": "refused" not in request.node.name, **few})


@pytest.fixture
async def worker(
    engine: Client, settings: Settings, all_steps: tuple[object, ...], database: Database
) -> AsyncIterator[None]:
    runs = WebhookRuns(engine, settings.delivery_task_queue)
    async with (
        outbound_client(private_too=True) as outside,
        make_worker(engine, settings.task_queue, *all_steps, RelayActivities(database, runs.hand_over)),
        make_delivery_worker(engine, settings, database, WebhookRequests(outside), SANDBOX),
    ):
        yield
    # The run of a client outlives the test, and the next test has clients of the same names.
    async for run in engine.list_workflows(
        f"TaskQueue = '{settings.delivery_task_queue}' AND ExecutionStatus = 'Running'"
    ):
        await engine.get_workflow_handle(run.id).terminate("the test is over")


@pytest.fixture
def relay(engine: Client, settings: Settings, database: Database) -> RelayActivities:
    """Looks once, when told to."""
    return RelayActivities(database, WebhookRuns(engine, settings.delivery_task_queue).hand_over)


async def made(client: ApiClient, url: object = PUBLIC, **other: object) -> Json:
    return ok(await client.post("/bookme/webhooks", {"url": url, **other}))


def path_of(webhook: Json, *below: str) -> str:
    return "/".join(["/bookme/webhooks", webhook["id"], *below])


async def follow(client: ApiClient, answer: httpx.Response) -> httpx.Response:
    """The next page."""
    return await client.http.get(answer.links["next"]["url"], headers=client.headers)


async def patch(client: ApiClient, webhook: Json, **changes: object) -> httpx.Response:
    operations = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in changes.items()]
    return await client.http.patch(path_of(webhook), json=operations, headers=client.headers)


async def deliveries(client: ApiClient, webhook: Json, **query: str) -> list[Json]:
    answer = await client.get(path_of(webhook, "deliveries"), **query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    return found


async def until_delivered(client: ApiClient, webhook: Json, is_so: Callable[[list[Json]], bool]) -> list[Json]:
    found: list[Json] = []

    async def look() -> bool:
        found[:] = await deliveries(client, webhook)
        return is_so(found)

    await eventually(look)
    return found


async def until_state(client: ApiClient, webhook: Json, state: str) -> Json:
    """The webhook as soon as it has this state."""
    shown: Json = {}

    async def look() -> bool:
        shown.update(ok(await client.get(path_of(webhook))))
        return bool(shown["state"] == state)

    await eventually(look)
    return shown


def are_all_delivered(found: list[Json]) -> bool:
    return {each["status"] for each in found} == {"Delivered"}


class TestManaging:
    async def test_a_webhook_is_made_shown_changed_and_forgotten(self, client: ApiClient) -> None:
        webhook = await made(client, eventTypes=["meeting.created", "meeting.created"], description="Orders")
        secret = webhook.pop("secret")
        assert secret.startswith("whsec_")
        assert Webhook(secret)
        assert webhook["eventTypes"] == ["meeting.created"]
        assert (webhook["clientId"], webhook["everyClient"]) == ("demo", False)
        assert ok(await client.get(path_of(webhook))) == webhook
        changed = ok(await patch(client, webhook, url=f"{PUBLIC}/2", eventTypes=["booking.booked"]))
        assert (changed["url"], changed["eventTypes"]) == (f"{PUBLIC}/2", ["booking.booked"])
        assert (await client.get("/bookme/webhooks")).json() == [changed]
        assert (await client.http.delete(path_of(webhook), headers=client.headers)).status_code == 204
        problem(await client.get(path_of(webhook)), 404, "NOT_FOUND")
        assert (await client.get("/bookme/webhooks")).json() == []

    async def test_the_list_is_paged(self, client: ApiClient) -> None:
        ids = sorted([(await made(client))["id"] for _ in range(3)])
        first = await client.get("/bookme/webhooks", limit="2")
        second = await follow(client, first)
        assert [each["id"] for each in first.json() + second.json()] == ids
        assert "link" not in second.headers
        problem(await client.get("/bookme/webhooks", cursor="x"), 400)

    async def test_an_address_has_at_most_2000_characters(self, client: ApiClient) -> None:
        longest = f"{PUBLIC}?".ljust(2_000, "x")
        webhook = await made(client, longest)
        assert ok(await client.get(path_of(webhook)))["url"] == longest
        assert problem(await client.post("/bookme/webhooks", {"url": f"{longest}x"}), 400)["errors"]

    @pytest.mark.parametrize("url", REFUSED)
    async def test_an_address_is_refused_that_leads_inside_or_nowhere(self, client: ApiClient, url: object) -> None:
        problem(await client.post("/bookme/webhooks", {"url": url}), 400)
        webhook = await made(client)
        problem(await patch(client, webhook, url=url), 400)
        assert ok(await client.get(path_of(webhook)))["url"] == PUBLIC

    @pytest.mark.parametrize("name", FIXED)
    async def test_what_cannot_be_changed(self, client: ApiClient, name: str) -> None:
        webhook = await made(client)
        instants = ("date", "previous", "failing", "paused")
        value = "2030-01-07T09:00:00Z" if name.startswith(instants) else "Paused" if name == "state" else UNKNOWN
        assert f"{name} cannot be changed" in problem(await patch(client, webhook, **{name: value}), 400)["message"]
        problem(await patch(client, webhook, secret="whsec_MQ=="), 400)

    @pytest.mark.parametrize(
        "other", [{"eventTypes": ["meeting.held"]}, {"eventTypes": "all"}, {"description": "a\x00"}, {"secret": "s"}]
    )
    async def test_what_is_no_webhook(self, client: ApiClient, other: Json) -> None:
        assert problem(await client.post("/bookme/webhooks", {"url": PUBLIC, **other}), 400)["errors"]

    async def test_a_repeat_makes_it_once(self, client: ApiClient) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        first, second = [ok(await client.post("/bookme/webhooks", HOOK, **key)) for _ in range(2)]
        assert first == second
        problem(await client.post("/bookme/webhooks", {"url": PUBLIC}, **key), 409, "IDEMPOTENCY_KEY_REUSED")

    async def test_a_client_has_only_so_many(self, client: ApiClient) -> None:
        answers = await asyncio.gather(*(client.post("/bookme/webhooks", HOOK) for _ in range(4)))
        assert sorted(each.status_code for each in answers) == [200, 200, 409, 409]
        refused = await client.post("/bookme/webhooks", HOOK)
        assert problem(refused, 409, "TOO_MANY_WEBHOOKS")["limit"] == 2
        await made(await client.as_another("other"))


class TestOwnership:
    async def test_another_clients_webhook(self, client: ApiClient) -> None:
        webhook = await made(client)
        other = await client.as_another("other")
        below = path_of(webhook, "deliveries", UNKNOWN)
        answers = [
            await other.get(path_of(webhook)),
            await patch(other, webhook, description="mine"),
            await other.http.delete(path_of(webhook), headers=other.headers),
            await other.post(path_of(webhook, "rotate-secret"), None),
            await other.get(path_of(webhook, "deliveries")),
            await other.get(below),
            await other.post(f"{below}/redeliver", None),
        ]
        for answer in answers:
            assert PUBLIC not in str(problem(answer, 403, "NOT_YOURS"))
        assert (await other.get("/bookme/webhooks")).json() == []

    async def test_staff_may_use_every_clients(self, client: ApiClient) -> None:
        webhook = await made(client)
        staff = await client.as_another("staff", EVERY_SCOPE)
        assert ok(await patch(staff, webhook, description="seen"))["clientId"] == "demo"
        assert [each["id"] for each in (await staff.get("/bookme/webhooks")).json()] == [webhook["id"]]

    async def test_events_of_every_client_are_for_staff(self, client: ApiClient) -> None:
        problem(await client.post("/bookme/webhooks", {"url": PUBLIC, "everyClient": True}), 403)
        webhook = await made(client)
        problem(await patch(client, webhook, everyClient=True), 403)
        staff = await client.as_another("demo", EVERY_SCOPE)
        wide = await made(staff, everyClient=True)
        problem(await client.get(path_of(wide)), 403)
        assert [each["id"] for each in (await client.get("/bookme/webhooks")).json()] == [webhook["id"]]

    async def test_a_delivery_of_another_webhook(self, client: ApiClient, relay: RelayActivities) -> None:
        webhook = await made(client)
        await client.reserved()
        await relay.relay()
        (delivery,) = await deliveries(client, webhook)
        another = await made(client)
        problem(await client.get(path_of(another, "deliveries", delivery["id"])), 404, "NOT_FOUND")


class TestSecrets:
    async def rotate(self, client: ApiClient, webhook: Json, key: str | None = None, **query: str) -> httpx.Response:
        headers = client.headers | ({"Idempotency-Key": key} if key else {})
        return await client.http.post(path_of(webhook, "rotate-secret"), params=query, headers=headers)

    async def test_both_sign_until_the_grace_period_is_over(
        self, client: ApiClient, receiver: WebhookReceiver, relay: RelayActivities
    ) -> None:
        webhook = await made(client, receiver.url)
        rotated = ok(await self.rotate(client, webhook))
        assert rotated["secret"] != webhook["secret"]
        assert rotated["previousSecretUntil"] > rotated["dateModified"]
        await client.reserved()
        await relay.relay()
        await until_delivered(client, webhook, are_all_delivered)
        assert receiver.events(webhook["secret"]) == receiver.events(rotated["secret"]) != []
        assert "secret" not in ok(await client.get(path_of(webhook)))

    async def test_one_that_has_leaked_is_dropped_at_once(self, client: ApiClient) -> None:
        webhook = await made(client)
        assert "previousSecretUntil" not in ok(await self.rotate(client, webhook, gracePeriod="PT0S"))
        problem(await self.rotate(client, webhook, gracePeriod="P31D"), 400)

    async def test_each_former_secret_keeps_its_grace_through_later_rotations(
        self, client: ApiClient, receiver: WebhookReceiver, relay: RelayActivities
    ) -> None:
        first = await made(client, receiver.url)
        second = ok(await self.rotate(client, first, gracePeriod="P2D"))
        third = ok(await self.rotate(client, first, gracePeriod="PT1H"))
        assert third["previousSecretUntil"] == second["previousSecretUntil"]
        await client.reserved()
        await relay.relay()
        await until_delivered(client, first, are_all_delivered)
        events = [receiver.events(each["secret"]) for each in (first, second, third)]
        assert events[0] == events[1] == events[2] != []

    async def test_only_so_many_sign_at_once(self, client: ApiClient) -> None:
        webhook = await made(client)
        for _ in range(5):
            ok(await self.rotate(client, webhook))
        assert problem(await self.rotate(client, webhook), 409, "TOO_MANY_SECRETS")["limit"] == 5
        ok(await self.rotate(client, webhook, gracePeriod="PT0S"))
        ok(await self.rotate(client, webhook))

    async def test_a_repeat_rotates_once(self, client: ApiClient) -> None:
        webhook, key = await made(client), str(uuid4())
        first = ok(await self.rotate(client, webhook, key))
        assert ok(await self.rotate(client, webhook, key)) == first
        assert ok(await self.rotate(client, webhook))["secret"] != first["secret"]


class TestDeliveries:
    async def test_a_booking_is_told_in_order_with_the_events_of_the_log(
        self, client: ApiClient, receiver: WebhookReceiver, relay: RelayActivities
    ) -> None:
        await client.reserved()
        webhook = await made(client, receiver.url)
        ok(await client.create_meeting(await client.booked()))
        await relay.relay()
        found = await until_delivered(client, webhook, are_all_delivered)
        sent = receiver.events(webhook["secret"])
        log = ok(await client.get("/bookme/events"))["events"]
        assert sent == log[1:], "what was before the webhook is not told"
        assert [event["type"] for event in sent] == ["booking.reserved", "booking.booked", "meeting.created"]
        assert [each["eventId"] for each in found] == [request.id for request in reversed(receiver.received)]
        assert [event["id"] for event in sent] == [request.id for request in receiver.received]

    async def test_one_that_fails_says_why_and_is_delivered_again_when_asked_for(
        self, client: ApiClient, receiver: WebhookReceiver, relay: RelayActivities
    ) -> None:
        receiver.status, receiver.body = "503 Later", b"not now"
        webhook = await made(client, receiver.url)
        await client.reserved()
        await relay.relay()
        (failed,) = await until_delivered(client, webhook, lambda found: found[0]["attempts"] == 1)
        assert failed["status"] == "Pending"
        assert failed["nextAttemptAt"] > failed["lastAttempt"]["at"]
        assert (failed["lastAttempt"]["responseStatus"], failed["lastAttempt"]["response"]) == (503, "not now")
        receiver.status = "200 OK"
        path = path_of(webhook, "deliveries", failed["id"])
        assert "nextAttemptAt" not in ok(await client.post(f"{path}/redeliver", None))
        await relay.relay()
        await until_delivered(client, webhook, are_all_delivered)
        ok(await client.post(f"{path}/redeliver", None))
        await relay.relay()
        await until_delivered(client, webhook, lambda found: found[0]["attempts"] == 3)
        shown = ok(await client.get(path))
        assert [each["responseStatus"] for each in shown["allAttempts"]] == [503, 200, 200]
        assert shown["event"] == receiver.events(webhook["secret"])[0]
        assert len({request.id for request in receiver.received}) == 1

    async def test_a_webhook_says_that_it_is_paused_and_goes_on_by_itself(
        self, client: ApiClient, receiver: WebhookReceiver, relay: RelayActivities
    ) -> None:
        receiver.status = "503 Later"
        webhook = await made(client, receiver.url)
        assert webhook["state"] == "Active"
        for _ in range(PAUSED_AFTER + 1):
            await client.reserved()
        await relay.relay()
        shown = await until_state(client, webhook, "Paused")
        assert shown["failingSince"] < shown["pausedUntil"]
        assert shown["dateModified"] == webhook["dateModified"]
        receiver.status = "200 OK"
        changed = ok(await patch(client, webhook, url=f"{receiver.url}/elsewhere"))
        assert (changed["state"], changed.keys() & {"failingSince", "pausedUntil"}) == ("Active", set())
        path = path_of(webhook, "deliveries", (await deliveries(client, webhook))[0]["id"])
        ok(await client.post(f"{path}/redeliver", None))
        await relay.relay()
        await until_delivered(client, webhook, lambda found: found[0]["status"] == "Delivered")

    async def test_the_list_is_paged_and_filtered(self, client: ApiClient, relay: RelayActivities) -> None:
        webhook = await made(client, "http://127.0.0.1:1/")
        for _ in range(3):
            await client.reserved()
        await relay.relay()
        all_of_them = await deliveries(client, webhook)
        first = await client.get(path_of(webhook, "deliveries"), limit="2", status="Pending")
        second = await follow(client, first)
        ids = [each["id"] for each in first.json() + second.json()]
        assert ids == [each["id"] for each in all_of_them]
        assert await deliveries(client, webhook, status="Failed") == []
        problem(await client.get(path_of(webhook, "deliveries"), status="Lost"), 400)
        problem(await client.get(path_of(webhook, "deliveries"), cursor="x"), 400)

    async def test_the_run_ends_when_its_webhook_is_forgotten(
        self, client: ApiClient, engine: Client, relay: RelayActivities
    ) -> None:
        webhook = await made(client, "http://127.0.0.1:1/")
        await client.reserved()
        await relay.relay()
        await until_delivered(client, webhook, lambda found: found[0]["attempts"] == 1)
        run = engine.get_workflow_handle("deliveries-demo")
        assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING
        assert (await client.http.delete(path_of(webhook), headers=client.headers)).status_code == 204
        await run.result()
        kinds = [event.event_type async for event in run.fetch_history_events()]
        assert EventType.EVENT_TYPE_TIMER_FIRED not in kinds, "it did not wait until it would try again"


async def test_the_relay_is_started_once_and_again_when_it_was_terminated(engine: Client, settings: Settings) -> None:
    runs: list[str | None] = []
    relay = engine.get_workflow_handle(RELAY_ID)
    for _ in range(2):
        for _ in range(2):
            await start_relay(engine, settings.task_queue)
            runs.append((await relay.describe()).run_id)
        await relay.terminate("by an operator")
    assert runs[0] == runs[1] != runs[2] == runs[3]
