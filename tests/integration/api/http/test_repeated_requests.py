"""Repeating any request is safe, whatever became of the first one."""

import asyncio
from hashlib import sha256

import pytest
from fastapi import FastAPI
from temporalio.client import Client, WorkflowExecutionStatus

from api.schemas.time_slots import Reservation
from api.temporal.bookings import fingerprint
from domain.errors import TimeSlotTaken
from storage.database import Database
from tests.integration.api.support import (
    FREJA,
    INGRID,
    eventually,
    new_token,
    ok,
    problem,
    reserve_through_run,
    rows,
    run_of,
    settled,
)
from tests.support.clients import ApiClient, Json, reservation
from workflows.booking.messages import BookingStatus

KEY = "Idempotency-Key"


async def two_slots(client: ApiClient) -> tuple[Json, Json]:
    """Two of one employee that do not overlap."""
    first, *others = await client.search(explicitEmployeeIds=FREJA, meetingTypes="online")
    return first, next(slot for slot in others if slot["startDate"] >= first["endDate"])


async def test_the_same_token_and_time_slot_is_the_same_reservation(client: ApiClient, database: Database) -> None:
    offered = (await client.search())[0]
    first = ok(await client.reserve(offered, "again"))
    assert ok(await client.reserve(offered, "again")) == first
    booked = ok(await client.book(first["id"]))
    assert ok(await client.reserve(offered, "again")) == booked, "a late repeat finds what became of it"
    assert (await rows(database))["time_slot"] == 1


@pytest.mark.parametrize("named", [True, False])
async def test_a_very_late_repeat_finds_the_time_slot_of_the_meeting(
    client: ApiClient, database: Database, named: bool
) -> None:
    body = reservation((await client.search())[0], "very-late")
    if not named:
        del body["timeSlot"]["employeeId"]
    first = ok(await client.post("/bookme/time-slots/reserve", body))
    ok(await client.book(first["id"]))
    ok(await client.create_meeting(first))
    repeated = ok(await client.post("/bookme/time-slots/reserve", body))
    assert (repeated["id"], repeated["status"]) == (first["id"], "Booked")
    assert "holdExpiresAt" not in repeated
    assert (await rows(database))["time_slot"] == 1


async def test_the_same_token_and_another_time_slot_replaces_it(client: ApiClient, database: Database) -> None:
    one, other = await two_slots(client)
    first = ok(await client.reserve(one, "moving"))
    second = ok(await client.reserve(other, "moving"))
    assert second["id"] != first["id"]
    assert one in await client.search(explicitEmployeeIds=FREJA, meetingTypes="online")
    assert (await rows(database))["time_slot"] == 1
    body = problem(await client.book(first["id"]), 409, "HOLD_RELEASED")
    assert "replaced" in body["message"]
    third = ok(await client.reserve(one, "moving"))
    assert third["id"] not in (first["id"], second["id"]), "and back again"


async def test_a_refused_replacement_leaves_the_hold(client: ApiClient) -> None:
    one, other = await two_slots(client)
    held = ok(await client.reserve(one, "keeps"))
    ok(await client.reserve(other))
    problem(await client.reserve(other, "keeps"), 409, "TIME_SLOT_TAKEN")
    assert ok(await client.time_slot(held["id"]))["status"] == "Reserved"
    ok(await client.book(held["id"]))


async def test_a_booked_time_slot_is_not_replaced(client: ApiClient) -> None:
    one, other = await two_slots(client)
    held = ok(await client.reserve(one, "booked"))
    ok(await client.book(held["id"]))
    body = problem(await client.reserve(other, "booked"), 409, "TIME_SLOT_ALREADY_BOOKED")
    assert body["timeSlotId"] == held["id"]


async def test_booking_twice_answers_the_same(client: ApiClient) -> None:
    held = await client.reserved()
    booked = ok(await client.book(held["id"]))
    assert ok(await client.book(held["id"])) == booked
    ok(await client.create_meeting(booked))
    assert ok(await client.book(held["id"]))["status"] == "Booked"


async def test_the_same_meeting_twice_is_one(client: ApiClient, database: Database) -> None:
    content = await client.meeting(await client.booked())
    first = ok(await client.post("/bookme/meetings", content))
    assert ok(await client.post("/bookme/meetings", content)) == first
    assert (await rows(database))["meeting"] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", "Other"), ("customerId", "another"), ("additionalEmployees", [INGRID]), ("type", "telephone")],
)
async def test_another_meeting_for_the_same_time_slot(client: ApiClient, field: str, value: object) -> None:
    content = await client.meeting(await client.booked())
    meeting = ok(await client.post("/bookme/meetings", content))
    body = problem(await client.post("/bookme/meetings", content | {field: value}), 409, "MEETING_EXISTS")
    assert (body["meetingId"], body["differs"]) == (meeting["id"], field)


async def test_giving_back_twice(client: ApiClient) -> None:
    held = await client.reserved()
    assert [(await client.give_back(held["id"])).status_code for _ in range(3)] == [204, 204, 204]
    assert problem(await client.book(held["id"]), 409, "HOLD_RELEASED")["how"] == "given back by the client"
    assert "given back" in problem(await client.time_slot(held["id"]), 404, "NOT_FOUND")["message"]


async def test_what_has_its_meeting_is_not_given_back(client: ApiClient) -> None:
    booked = await client.booked()
    meeting = ok(await client.create_meeting(booked))
    assert problem(await client.give_back(booked["id"]), 409, "MEETING_EXISTS")["meetingId"] == meeting["id"]


async def test_a_token_may_be_used_again_after_its_booking_has_ended(client: ApiClient, engine: Client) -> None:
    one, other = await two_slots(client)
    token = new_token()
    held = ok(await client.reserve(one, token))
    await client.give_back(held["id"])
    first_run = (await run_of(engine, token).describe()).run_id
    assert (await run_of(engine, token).result()).status is BookingStatus.RELEASED
    again = ok(await client.reserve(one, token))
    assert again["id"] != held["id"]
    assert (await run_of(engine, token).describe()).run_id != first_run
    ok(await client.create_meeting(ok(await client.book(again["id"]))))
    assert (await run_of(engine, token).result()).status is BookingStatus.MEETING_CREATED
    ok(await client.reserve(other, token))


async def refused_by_its_run(app: FastAPI, body: Json, attempt: str) -> None:
    """As if the time slot had been taken between the look at the database and the step: the run stores the refusal."""
    with pytest.raises(TimeSlotTaken):
        await reserve_through_run(app, body, attempt)


async def test_a_stored_refusal_does_not_poison_a_later_try(client: ApiClient, app: FastAPI) -> None:
    offered = (await client.search())[0]
    body = reservation(offered)
    held = ok(await client.reserve(offered))
    attempt = f"reserve:{fingerprint(Reservation.model_validate(body).wanted(by_staff=False))}"
    await refused_by_its_run(app, body, attempt)
    assert (await client.give_back(held["id"])).status_code == 204
    ok(await client.post("/bookme/time-slots/reserve", body))


async def test_under_a_key_a_stored_refusal_stands(client: ApiClient, app: FastAPI) -> None:
    offered = (await client.search())[0]
    body = reservation(offered)
    held = ok(await client.reserve(offered))
    digest = sha256(b"demo\nrefused-key").hexdigest()
    await refused_by_its_run(app, body, f"reserve:{digest}")
    assert (await client.give_back(held["id"])).status_code == 204
    for _ in range(2):
        again = await client.post("/bookme/time-slots/reserve", body, **{KEY: "refused-key"})
        problem(again, 409, "TIME_SLOT_TAKEN")
    ok(await client.post("/bookme/time-slots/reserve", body, **{KEY: "another-key"}))


async def test_two_identical_requests_at_once_are_one_reservation(client: ApiClient, database: Database) -> None:
    offered = (await client.search())[0]
    answers = await asyncio.gather(*(settled(lambda: client.reserve(offered, "at-once")) for _ in range(8)))
    first, *others = [ok(answer) for answer in answers]
    assert all(other == first for other in others)
    counts = await rows(database)
    assert (counts["time_slot"], counts["booking_event"]) == (1, 1)


async def test_every_step_at_once_several_times(client: ApiClient, database: Database) -> None:
    held = await client.reserved()
    books = await asyncio.gather(*(settled(lambda: client.book(held["id"])) for _ in range(5)))
    assert len({ok(answer)["holdExpiresAt"] for answer in books}) == 1
    content = await client.meeting(held)
    made = await asyncio.gather(*(settled(lambda: client.post("/bookme/meetings", content)) for _ in range(5)))
    assert len({ok(answer)["id"] for answer in made}) == 1
    assert (await rows(database))["meeting"] == 1


async def test_giving_back_at_once_several_times(client: ApiClient) -> None:
    held = await client.reserved()
    answers = await asyncio.gather(*(settled(lambda: client.give_back(held["id"])) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {204}


class TestIdempotencyKey:
    async def test_the_same_request_again_is_the_same_reservation(self, client: ApiClient) -> None:
        body = reservation((await client.search())[0])
        first = ok(await client.post("/bookme/time-slots/reserve", body, **{KEY: "key-1"}))
        turned_round = dict(reversed(body.items()))
        assert ok(await client.post("/bookme/time-slots/reserve", turned_round, **{KEY: "key-1"})) == first

    async def test_another_request_is_refused(self, client: ApiClient) -> None:
        one, other = await two_slots(client)
        held = ok(await client.reserve(one, "keyed", **{KEY: "key-2"}))
        problem(await client.reserve(other, "keyed", **{KEY: "key-2"}), 409, "IDEMPOTENCY_KEY_REUSED")
        content = await client.meeting(held)
        problem(await client.post("/bookme/meetings", content, **{KEY: "key-2"}), 409, "IDEMPOTENCY_KEY_REUSED")
        assert ok(await client.time_slot(held["id"])) == held

    async def test_it_is_the_clients_own(self, client: ApiClient) -> None:
        one, other = await two_slots(client)
        ok(await client.reserve(one, **{KEY: "key-3"}))
        ok(await (await client.as_another("other")).reserve(other, **{KEY: "key-3"}))

    async def test_after_the_hold_was_given_back_it_says_so(self, client: ApiClient) -> None:
        body = reservation((await client.search())[0], "given-back-key")
        held = ok(await client.post("/bookme/time-slots/reserve", body, **{KEY: "key-4"}))
        await client.give_back(held["id"])
        problem(await client.post("/bookme/time-slots/reserve", body, **{KEY: "key-4"}), 410, "GONE")
        ok(await client.post("/bookme/time-slots/reserve", body, **{KEY: "key-5"}))

    async def test_a_malformed_request_uses_up_no_key(self, client: ApiClient, database: Database) -> None:
        body = reservation((await client.search())[0])
        broken = body | {"timeSlot": body["timeSlot"] | {"startDate": "tomorrow"}}
        problem(await client.post("/bookme/time-slots/reserve", broken, **{KEY: "key-6"}), 400)
        assert (await rows(database))["idempotency_key"] == 0
        ok(await client.post("/bookme/time-slots/reserve", body, **{KEY: "key-6"}))

    @pytest.mark.parametrize("key", ["", "k" * 256, "with space", "tab\t"])
    async def test_one_that_is_none(self, client: ApiClient, key: str) -> None:
        answer = await client.post("/bookme/time-slots/reserve", reservation((await client.search())[0]), **{KEY: key})
        assert problem(answer, 400)["errors"][0] | {"message": ""} == {
            "pointer": "/Idempotency-Key",
            "in": "header",
            "message": "",
        }

    async def test_on_every_post(self, client: ApiClient) -> None:
        booked = await client.booked()
        content = await client.meeting(booked)
        meeting = ok(await client.post("/bookme/meetings", content, **{KEY: "key-7"}))
        assert ok(await client.post("/bookme/meetings", content, **{KEY: "key-7"})) == meeting
        path = f"/bookme/meetings/{meeting['id']}/ical"
        for _ in range(2):
            assert (await client.post(path, {"title": "A"}, **{KEY: "key-8"})).status_code == 200
        problem(await client.post(path, {"title": "B"}, **{KEY: "key-8"}), 409, "IDEMPOTENCY_KEY_REUSED")

    async def test_many_repeats_at_once(self, client: ApiClient, database: Database) -> None:
        body = reservation((await client.search())[0])
        answers = await asyncio.gather(
            *(settled(lambda: client.post("/bookme/time-slots/reserve", body, **{KEY: "key-9"})) for _ in range(40))
        )
        assert len({ok(answer)["id"] for answer in answers}) == 1
        assert (await rows(database))["time_slot"] == 1


async def test_an_operator_who_cancels_the_run_gives_the_time_slot_back(client: ApiClient, engine: Client) -> None:
    offered = (await client.search())[0]
    held = ok(await client.reserve(offered, "cancelled"))
    await run_of(engine, "cancelled").cancel()

    async def is_free() -> bool:
        return (await client.time_slot(held["id"])).status_code == 404

    await eventually(is_free)
    assert problem(await client.book(held["id"]), 409, "HOLD_RELEASED")["how"] == "ended by an operator"


async def test_a_repeated_reservation_gives_the_hold_a_run_again(client: ApiClient, engine: Client) -> None:
    offered, token = (await client.search())[0], new_token()
    held = ok(await client.reserve(offered, token))
    await run_of(engine, token).terminate("lost")
    assert ok(await client.reserve(offered, token)) == held

    async def is_running() -> bool:
        return (await run_of(engine, token).describe()).status is WorkflowExecutionStatus.RUNNING

    await eventually(is_running)
    ok(await client.create_meeting(ok(await client.book(held["id"]))))
