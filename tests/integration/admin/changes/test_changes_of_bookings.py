"""`bookme admin release` and `cancel-meeting`: through the workflow, once, with who and why."""

from uuid import uuid4

import pytest
import sqlalchemy as sa
from temporalio.client import Client

from storage.database import Database
from tests.integration.admin.changes.support import TRY_AGAIN, WHY, Shell, entry
from tests.integration.api.support import EVERY_SCOPE, UNKNOWN, new_token, ok, problem, run_of
from tests.support.clients import ApiClient, Json
from workflows.booking.messages import BookingStatus


async def last_event(client: ApiClient) -> Json:
    event: Json = ok(await client.get("/bookme/events"))["events"][-1]
    return event


class TestRelease:
    async def test_frees_the_time_through_the_bookings_workflow(
        self, client: ApiClient, engine: Client, shell: Shell
    ) -> None:
        offered, token = (await client.search())[0], new_token()
        held = ok(await client.reserve(offered, token))
        done = await shell.done("release", "--token", token)
        subject = f"time_slot:{held['id']}"
        assert (done["action"], done["subject"], done["outcome"]) == ("release", subject, "Done")
        assert (await run_of(engine, token).result()).status is BookingStatus.CANCELLED
        assert offered in await client.search()
        event = await last_event(client)
        assert event["type"] == "booking.released"
        said = {name: event["data"][name] for name in ("cause", "cancelledBy", "reason")}
        assert said == {"cause": "cancelled", "cancelledBy": "operator", "reason": WHY[1]}
        assert await shell.log() == [entry("release", subject, "Requested"), entry("release", subject, "Done")]
        assert "ended by an operator" in problem(await client.book(held["id"]), 409, "HOLD_RELEASED")["message"]

    async def test_a_repeat_says_that_it_is_done_already(self, client: ApiClient, shell: Shell) -> None:
        token = new_token()
        held = ok(await client.reserve((await client.search())[0], token))
        await shell.done("release", "--time-slot", held["id"])
        for which in (("--time-slot", held["id"]), ("--token", token)):
            done = await shell.done("release", *which)
            assert done["outcome"] == "AlreadyDone"
            assert "booking.released (cause cancelled, by operator)" in done["text"]
        assert await shell.outcomes() == ["Requested", "Done", "AlreadyDone", "AlreadyDone"]

    async def test_one_whose_run_is_gone(self, client: ApiClient, engine: Client, shell: Shell) -> None:
        token = new_token()
        held = ok(await client.reserve((await client.search())[0], token))
        await run_of(engine, token).terminate("a test")
        assert (await shell.done("release", "--time-slot", held["id"]))["outcome"] == "Done"
        assert (await last_event(client))["data"]["cancelledBy"] == "operator"

    async def test_a_token_of_two_clients(self, client: ApiClient, shell: Shell) -> None:
        token, other = new_token(), await client.as_another("other")
        for each in (client, other):
            ok(await each.reserve((await each.search())[0], token))
        assert "Choose one with --client: demo, other." in await shell.refused("release", "--token", token)
        assert (await shell.done("release", "--token", token, "--client", "other"))["outcome"] == "Done"
        assert [event["data"]["clientId"] for event in ok(await other.get("/bookme/events"))["events"]] == ["other"] * 2

    async def test_asks_before(self, client: ApiClient, shell: Shell) -> None:
        held = await client.reserved()
        arguments = ("release", "--time-slot", held["id"], *WHY)
        for answer in ("n\n", ""):
            said = await shell.admin(*arguments, answer=answer)
            assert said.status == 1
            assert "Release the time slot of client demo" in said.errors
            assert "Nothing was changed." in said.errors
        assert await shell.log() == []
        ok(await client.time_slot(held["id"]))
        said = await shell.admin(*arguments, answer="y\n")
        assert said.status == 0
        assert said.output.endswith(f"The time slot {held['id']} is released.\n"), "after what the operator types"

    async def test_what_cannot_be_released(self, client: ApiClient, shell: Shell) -> None:
        assert "The time slot" in await shell.refused("release", "--time-slot", str(uuid4()))
        assert "No client has ever used the token 'nobody'" in await shell.refused("release", "--token", "nobody")
        refused = await shell.refused("release", "--token", "nobody", "--client", "demo")
        assert "The client demo has never used the token" in refused
        meeting = ok(await client.create_meeting(await client.booked()))
        refused = await shell.refused("release", "--time-slot", meeting["timeSlotId"])
        assert f"bookme admin cancel-meeting {meeting['id']}" in refused
        assert await shell.log() == []


@pytest.mark.ci
async def test_a_release_without_a_worker(client: ApiClient, engine: Client, shell: Shell) -> None:
    """The new run of the booking is on a task queue that no worker serves."""
    token = new_token()
    held = ok(await client.reserve((await client.search())[0], token))
    run = run_of(engine, token)
    await run.terminate("a test")
    away = {"BOOKME_TASK_QUEUE": f"nobody-{uuid4()}", "BOOKME_REQUEST_TIMEOUT": "PT1S"}
    refused = await shell.refused("release", "--time-slot", held["id"], status=TRY_AGAIN, **away)
    assert "Check that workers run, and repeat the command" in refused
    assert await shell.outcomes() == ["Requested", "Unknown"]
    ok(await client.time_slot(held["id"]))
    await run.terminate("a test")
    assert (await shell.done("release", "--time-slot", held["id"]))["outcome"] == "Done"


async def begin(database: Database, meeting: Json) -> None:
    """Let the meeting begin an hour ago."""
    async with database.transaction() as session:
        for table, name in (("meeting", "id"), ("time_slot", "timeSlotId")):
            change = f"UPDATE {table} SET start_at = now() - interval '1 hour', end_at = now() + interval '1 hour'"
            await session.execute(sa.text(f"{change} WHERE id = '{meeting[name]}'"))


class TestCancelMeeting:
    async def test_cancels_through_the_meetings_workflow(self, client: ApiClient, shell: Shell) -> None:
        meeting = ok(await client.create_meeting(await client.booked()))
        done = await shell.done("cancel-meeting", meeting["id"])
        subject = f"meeting:{meeting['id']}"
        assert (done["subject"], done["outcome"]) == (subject, "Done")
        shown = ok(await client.get(f"/bookme/meetings/{meeting['id']}"))
        assert (shown["status"], shown["cancelledBy"], shown["reason"]) == ("Cancelled", "operator", WHY[1])
        event = await last_event(client)
        assert event["type"] == "meeting.cancelled"
        assert (event["data"]["cancelledBy"], event["data"]["reason"]) == ("operator", WHY[1])
        again = await shell.done("cancel-meeting", meeting["id"])
        assert (again["outcome"], "was cancelled at" in again["text"]) == ("AlreadyDone", True)
        assert await shell.log() == [
            entry("cancel-meeting", subject, outcome) for outcome in ("Requested", "Done", "AlreadyDone")
        ]

    async def test_asks_before(self, client: ApiClient, shell: Shell) -> None:
        meeting = ok(await client.create_meeting(await client.booked()))
        said = await shell.admin("cancel-meeting", meeting["id"], *WHY, answer="n\n")
        assert said.status == 1
        assert "Cancel the meeting of client demo" in said.errors
        assert said.errors.endswith("bookme: Nothing was changed.\n")
        assert await shell.log() == []

    async def test_one_that_does_not_exist(self, shell: Shell) -> None:
        assert f"The meeting '{UNKNOWN}' does not exist." in await shell.refused("cancel-meeting", UNKNOWN)

    async def test_a_refusal_of_the_workflow_is_recorded(
        self, client: ApiClient, shell: Shell, database: Database
    ) -> None:
        meeting = ok(await client.create_meeting(await client.booked()))
        await begin(database, meeting)
        assert "has begun" in await shell.refused("cancel-meeting", meeting["id"])
        assert await shell.outcomes() == ["Requested", "Refused"]

    async def test_staff_and_operators_are_told_apart(self, client: ApiClient, shell: Shell) -> None:
        staff = await client.as_another("back office", EVERY_SCOPE)
        first, second = [ok(await client.create_meeting(await client.booked())) for _ in range(2)]
        ok(await staff.http.delete(f"/bookme/meetings/{first['id']}", headers=staff.headers))
        await shell.done("cancel-meeting", second["id"])
        events = ok(await client.get("/bookme/events", types="meeting.cancelled"))["events"]
        assert [each["data"]["cancelledBy"] for each in events] == ["staff", "operator"]
