"""A client extends a hold once, over HTTP."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from config.settings import Settings
from services.booking.reservations import BookingLimits
from tests.integration.api.support import new_token, ok, problem, run_of
from tests.support.clients import ApiClient, Json
from workflows.booking.messages import BookingStatus
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import BOOKING_WORKFLOW


def deadline(slot: Json) -> datetime:
    return datetime.fromisoformat(slot["holdExpiresAt"])


async def test_a_hold_is_extended_once(client: ApiClient, terms: BookingLimits) -> None:
    held = await client.reserved()
    assert "holdExtended" not in held
    extended = ok(await client.extend(held["id"]))
    assert deadline(extended) == deadline(held) + terms.reservation_ttl
    assert extended["holdExtended"] is True
    assert ok(await client.time_slot(held["id"])) == extended
    again = problem(await client.extend(held["id"]), 409, "HOLD_ALREADY_EXTENDED")
    assert again["holdExpiresAt"] == extended["holdExpiresAt"]
    booked = ok(await client.book(held["id"]))
    problem(await client.extend(held["id"]), 409, "HOLD_ALREADY_EXTENDED")
    meeting = ok(await client.create_meeting(booked))
    assert problem(await client.extend(held["id"]), 409, "MEETING_EXISTS")["meetingId"] == meeting["id"]


async def test_a_booked_time_slot_is_extended_too(client: ApiClient, terms: BookingLimits) -> None:
    booked = await client.booked()
    extended = ok(await client.extend(booked["id"]))
    assert deadline(extended) == deadline(booked) + terms.booked_ttl
    ok(await client.create_meeting(extended))


async def test_the_event_is_published(client: ApiClient) -> None:
    held = await client.reserved()
    ok(await client.extend(held["id"]))
    events = ok(await client.get("/bookme/events", types="booking.extended"))["events"]
    assert [each["data"]["timeSlotId"] for each in events] == [held["id"]]


async def test_repeats_under_a_key_are_one_extension(client: ApiClient) -> None:
    held, key = await client.reserved(), {"Idempotency-Key": new_token()}
    first, second = await asyncio.gather(*(client.extend(held["id"], **key) for _ in range(2)))
    third = ok(await client.extend(held["id"], **key))
    assert ok(first) == ok(second) == third
    problem(await client.extend(held["id"]), 409, "HOLD_ALREADY_EXTENDED")


async def test_of_two_at_once_one_extends(client: ApiClient) -> None:
    held = await client.reserved()
    answers = await asyncio.gather(*(client.extend(held["id"]) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409, 409]


async def test_what_has_ended_is_not_extended(client: ApiClient) -> None:
    held = await client.reserved()
    assert (await client.give_back(held["id"])).status_code == 204
    problem(await client.extend(held["id"]), 409, "HOLD_RELEASED")


async def test_a_run_that_is_gone_is_replaced(client: ApiClient, engine: Client) -> None:
    token = new_token()
    held = ok(await client.reserve((await client.search())[0], token))
    await run_of(engine, token).terminate()
    assert ok(await client.extend(held["id"]))["holdExtended"] is True
    ok(await client.book(held["id"]))


class TestExpiry:
    @pytest.fixture
    def terms(self) -> BookingLimits:
        return BookingLimits(timedelta(seconds=3), timedelta(seconds=3), max_holds=500)

    @pytest.mark.ci
    async def test_the_run_ends_at_the_new_deadline(self, client: ApiClient, engine: Client) -> None:
        token = new_token()
        held = ok(await client.reserve((await client.search())[0], token))
        extended = ok(await client.extend(held["id"]))
        ending = await run_of(engine, token).result()
        assert ending.status is BookingStatus.EXPIRED
        gone = problem(await client.book(held["id"]), 409, "HOLD_EXPIRED")
        assert gone["expiredAt"] == extended["holdExpiresAt"]


@workflow.defn(name=BOOKING_WORKFLOW)
class EarlierBookingWorkflow:
    """A run on the release before extensions: it does not have the update."""

    @workflow.run
    async def run(self, _: Any) -> None:  # noqa: ANN401 - any input
        await workflow.wait_condition(lambda: False)


async def test_a_booking_on_an_earlier_release_says_that_it_extends_nothing(
    app: FastAPI, client: ApiClient, engine: Client, settings: Settings
) -> None:
    token = new_token()
    held = ok(await client.reserve((await client.search())[0], token))
    run = run_of(engine, token)
    await run.terminate()
    queue = f"{settings.task_queue}-earlier"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(engine, task_queue=queue, workflows=[EarlierBookingWorkflow], workflow_runner=runner):
        await engine.start_workflow(BookingWorkflow.__name__, {}, id=run.id, task_queue=queue)
        refused = problem(await client.extend(held["id"]), 409, "HOLD_NOT_EXTENDABLE")
        assert "earlier release" in refused["message"]
        await run.terminate()
    assert "holdExtended" not in ok(await client.time_slot(held["id"]))
