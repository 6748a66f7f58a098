"""What operators read of bookings, meetings and deliveries in the Temporal UI, without opening the database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle

from activities.booking import BookingActivities
from activities.meeting import MeetingActivities
from config.settings import Settings
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.api.support import FREJA, eventually, new_token, ok, run_of
from tests.support.clients import ApiClient, Json
from workers.meeting_runs import MeetingRuns
from workers.webhook_runs import WebhookRuns
from workflows.common import search_attributes as attributes
from workflows.common.runs import delivery_workflow_id
from workflows.common.saved_queries import saved_queries

AnyRun = WorkflowHandle[Any, Any]


@pytest.fixture(params=[False, True], ids=["initials", "names"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"show_employee_names": request.param})


@pytest.fixture
def freja(settings: Settings) -> str:
    return "Freja Lindqvist" if settings.show_employee_names else "FL"


@pytest.fixture
def all_steps(
    engine: Client, database: Database, settings: Settings, terms: BookingLimits, notifications: NotificationSettings
) -> tuple[object, ...]:
    shown = settings.show_employee_names
    return (
        BookingActivities(database, terms, notifications, show_names=shown),
        MeetingActivities(database, terms, notifications, show_names=shown),
        MeetingRuns(engine, database, settings.task_queue, notifications),
    )


async def summary_of(run: AnyRun) -> str:
    return str(await (await run.describe()).static_summary())


async def details_of(run: AnyRun) -> str:
    return str((await run.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)).current_details)


def shown(slot: Json) -> str:
    start = datetime.fromisoformat(slot["startDate"]).astimezone(UTC)
    minutes = (datetime.fromisoformat(slot["endDate"]) - datetime.fromisoformat(slot["startDate"])).seconds // 60
    return f"{start:%Y-%m-%d %H:%M}Z, {minutes} min"


async def test_a_booking_names_its_employee(client: ApiClient, engine: Client, freja: str) -> None:
    token = new_token()
    slot = (await client.search(explicitEmployeeIds=FREJA))[0]
    held = ok(await client.reserve(slot, token))
    run = run_of(engine, token)
    assert await summary_of(run) == f"demo · {shown(held)} · {freja}"
    assert (await run.describe()).typed_search_attributes[attributes.EMPLOYEE_ID] == FREJA
    details = await details_of(run)
    assert details.startswith(f"### {shown(held)} · {freja} · demo\n")
    assert f"with {freja} is held" in details
    ok(await client.book(held["id"]))
    assert f"with {freja} is booked" in await details_of(run)


async def test_any_employee_is_named_when_chosen(client: ApiClient, engine: Client) -> None:
    token = new_token()
    slot = (await client.search(explicitEmployeeIds=FREJA))[0]
    body = {name: slot[name] for name in ("startDate", "endDate")} | {"status": "Reserved"}
    held = ok(await client.post("/bookme/time-slots/reserve", {"timeSlot": body, "token": token}))
    run = run_of(engine, token)
    assert await summary_of(run) == f"demo · {shown(held)} · any employee"
    assert held["employeeId"] not in await details_of(run)


async def test_an_adopted_booking_names_its_employee(client: ApiClient, engine: Client, freja: str) -> None:
    token = new_token()
    slot = (await client.search(explicitEmployeeIds=FREJA))[0]
    held = ok(await client.reserve(slot, token))
    await run_of(engine, token).terminate("lost")
    ok(await client.book(held["id"]))
    run = run_of(engine, token)
    assert await summary_of(run) == f"demo · {shown(held)} · {freja}"
    assert (await details_of(run)).startswith(f"### {shown(held)} · {freja} · demo\n")


async def test_a_moved_meeting_has_its_new_time_on_top(client: ApiClient, engine: Client, freja: str) -> None:
    booked = await client.booked(explicitEmployeeIds=FREJA)
    meeting = ok(await client.create_meeting(booked))
    later = (await client.search(explicitEmployeeIds=FREJA))[-1]
    moved = ok(await client.post(f"/bookme/meetings/{meeting['id']}/move", {"startDate": later["startDate"]}))
    run = engine.get_workflow_handle(f"meeting-{meeting['id']}")
    assert moved["startDate"] != booked["startDate"]
    assert await summary_of(run) == f"demo · meeting with {freja} · at the start of this run: {shown(booked)}"
    details = await details_of(run)
    assert details.startswith(f"### {shown(later)} · {freja} · demo\n")
    found = (await run.describe()).typed_search_attributes
    assert found[attributes.SLOT_START] == datetime.fromisoformat(later["startDate"])
    await run.terminate("the test is over")


class TestDeliveries:
    @pytest.fixture
    async def runs(self, engine: Client, settings: Settings) -> AsyncIterator[WebhookRuns]:
        yield WebhookRuns(engine, settings.delivery_task_queue)
        await engine.get_workflow_handle(delivery_workflow_id("shop 4711")).terminate("the test is over")

    async def test_name_their_client(self, runs: WebhookRuns, engine: Client) -> None:
        await runs.hand_over("shop 4711")
        run = engine.get_workflow_handle(delivery_workflow_id("shop 4711"))
        first = await run.describe()
        assert await first.static_summary() == "shop 4711 · deliver events to its webhooks"
        assert first.typed_search_attributes[attributes.CLIENT_ID] == "shop 4711"
        await runs.hand_over("shop 4711")
        assert (await run.describe()).run_id == first.run_id, "the open run is woken"


class TestSavedQueries:
    async def ids(self, engine: Client, title: str, **which: str) -> set[str]:
        now = datetime.now(UTC)
        query = next(each.query for each in saved_queries(now, **which) if each.title == title)
        return {run.id async for run in engine.list_workflows(query)}

    @pytest.mark.parametrize("query", saved_queries(datetime.now(UTC), client='a"b\\c'), ids=lambda each: each.title)
    async def test_the_server_accepts_each(self, engine: Client, query: object) -> None:
        assert (await engine.count_workflows(getattr(query, "query", ""))).count >= 0

    async def test_find_a_booking_that_waits(self, client: ApiClient, engine: Client) -> None:
        token = new_token()
        ok(await client.reserve((await client.search())[0], token))
        run = run_of(engine, token)

        async def is_found() -> bool:
            return run.id in await self.ids(engine, "Bookings waiting now")

        await eventually(is_found)
        assert run.id in await self.ids(engine, "One client", client="demo")
        assert run.id not in await self.ids(engine, "Holds overdue")
        assert run.id not in await self.ids(engine, "Run does not finish")
        assert run.id not in await self.ids(engine, "One client", client="another")

    async def test_find_what_ended(self, client: ApiClient, engine: Client) -> None:
        token = new_token()
        ok(await client.reserve((await client.search())[0], token))
        run = run_of(engine, token)
        await run.terminate("somebody did")

        async def is_found() -> bool:
            return run.id in await self.ids(engine, "Failed runs")

        await eventually(is_found)
        assert run.id not in await self.ids(engine, "Bookings waiting now")
