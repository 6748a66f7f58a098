"""`bookme admin redeliver`: one delivery, and all failed ones of a webhook or of a client."""

import pytest
import sqlalchemy as sa

from storage.database import Database
from tests.integration.admin.changes.support import WHY, Shell, entry
from tests.integration.api.support import HOOK, UNKNOWN, ok
from tests.support.clients import ApiClient, Json


class Deliveries:
    """Three events and two webhooks of a client, without a relay that delivers them."""

    def __init__(self, client: ApiClient, database: Database, webhooks: list[Json]) -> None:
        self.client = client
        self.database = database
        self.webhooks = [webhook["id"] for webhook in webhooks]

    async def set_all(self, status: str, of: str = "true") -> None:
        change = f"UPDATE webhook_delivery SET status = '{status}', attempts = 3, retries = 3 WHERE {of}"
        pause = "UPDATE webhook SET failures = 5, paused_until = now() + interval '1 hour'"
        async with self.database.transaction() as session:
            for statement in (change, pause):
                await session.execute(sa.text(statement))

    async def statuses(self, webhook: str | None = None) -> list[tuple[str, int]]:
        """Status and retries of each delivery, in the order of the events."""
        which = "" if webhook is None else f"WHERE webhook_id = '{webhook}'"
        query = f"SELECT status, retries FROM webhook_delivery {which} ORDER BY position, webhook_id"
        async with self.database.transaction() as session:
            return [(status, retries) for status, retries in await session.execute(sa.text(query))]

    async def paused(self) -> int:
        query = "SELECT count(*) FROM webhook WHERE paused_until > now()"
        async with self.database.transaction() as session:
            return await session.scalar(sa.text(query)) or 0

    async def one(self) -> str:
        answer = await self.client.get(f"/bookme/webhooks/{self.webhooks[0]}/deliveries")
        identity: str = answer.json()[0]["id"]
        return identity


@pytest.fixture
async def deliveries(client: ApiClient, database: Database) -> Deliveries:
    webhooks = [ok(await client.post("/bookme/webhooks", HOOK | {"eventTypes": []})) for _ in range(2)]
    for _ in range(3):
        await client.reserved()
    ok(await client.get("/bookme/events"))
    found = Deliveries(client, database, webhooks)
    assert len(await found.statuses()) == 6
    await found.set_all("Failed")
    return found


FAILED, DUE = ("Failed", 3), ("Pending", 0)


async def test_all_of_a_webhook(deliveries: Deliveries, shell: Shell) -> None:
    webhook, other = deliveries.webhooks
    done = await shell.done("redeliver", "--webhook", webhook)
    assert (done["outcome"], done["text"]) == ("Done", "3 failed deliveries are due now.")
    assert await deliveries.statuses(webhook) == [DUE] * 3
    assert await deliveries.statuses(other) == [FAILED] * 3
    assert await deliveries.paused() == 1
    again = await shell.done("redeliver", "--webhook", webhook)
    assert (again["outcome"], again["text"]) == ("AlreadyDone", "No delivery has failed.")
    subject = f"webhook:{webhook}"
    assert await shell.log() == [entry("redeliver", subject, each) for each in ("Requested", "Done", "AlreadyDone")]


async def test_all_of_a_client_page_by_page(
    deliveries: Deliveries, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.notification_changes.PAGE", 2)
    done = await shell.done("redeliver", "--client", "demo")
    assert done["text"] == "6 failed deliveries are due now."
    assert await deliveries.statuses() == [DUE] * 6
    assert await deliveries.paused() == 0
    assert (await shell.log())[0] == entry("redeliver", "client:demo", "Requested")


async def test_asks_before_many(deliveries: Deliveries, shell: Shell) -> None:
    said = await shell.admin("redeliver", "--client", "demo", *WHY, answer="n\n")
    assert "Deliver 6 failed deliveries again?" in said.errors
    assert await deliveries.statuses() == [FAILED] * 6


async def test_one_that_failed(deliveries: Deliveries, shell: Shell) -> None:
    identity = await deliveries.one()
    said = await shell.admin("redeliver", "--delivery", identity, *WHY)
    assert (said.status, said.output, said.errors) == (0, "The event is due now.\n", "")
    assert sorted(await deliveries.statuses()) == [FAILED] * 5 + [DUE]
    assert (await shell.done("redeliver", "--delivery", identity))["outcome"] == "AlreadyDone"


async def test_one_that_was_delivered(deliveries: Deliveries, shell: Shell) -> None:
    await deliveries.set_all("Delivered")
    async with deliveries.database.transaction() as session:
        await session.execute(sa.text("UPDATE webhook_delivery SET delivered_at = now()"))
    identity = await deliveries.one()
    done = await shell.done("redeliver", "--delivery", identity)
    assert (done["outcome"], "--even-delivered" in done["text"]) == ("AlreadyDone", True)
    again = await shell.done("redeliver", "--delivery", identity, "--even-delivered")
    assert again["outcome"] == "Done"
    assert ("Pending", 0) in await deliveries.statuses()


@pytest.mark.parametrize(
    ("which", "why"),
    [
        (("--delivery", UNKNOWN), "The delivery"),
        (("--webhook", UNKNOWN), "The webhook"),
        (("--client", "nobody"), "The client nobody has no webhook."),
    ],
)
async def test_what_does_not_exist(shell: Shell, which: tuple[str, str], why: str) -> None:
    assert why in await shell.refused("redeliver", *which)
    assert await shell.log() == []
