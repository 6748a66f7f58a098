"""Refusals of the journey: each with its reason, and with what helps."""

import pytest

from api.http.refusals import MEANINGS, STATUSES
from devstack.demo_data import identity
from domain.errors import Reason
from tests.integration.api.support import (
    CUSTOMER_TYPE,
    EVERY_SCOPE,
    FREJA,
    INGRID,
    ROOM,
    STAFF_TOPIC,
    TOPIC,
    UNBOOKABLE,
    UNKNOWN,
    new_token,
    ok,
    problem,
)
from tests.support.clients import ApiClient, Json, reservation

OTHER_ROOM = str(identity("copenhagen-city/Nyhavn"))


async def test_a_taken_time_slot_says_until_when_and_what_is_free_instead(client: ApiClient) -> None:
    offered = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[0]
    held = ok(await client.reserve(offered))
    other = await client.as_another("other")
    body = problem(await other.reserve(offered), 409, "TIME_SLOT_TAKEN")
    assert (body["blockedBy"], body["heldUntil"]) == ("employee", held["holdExpiresAt"])
    assert len(body["nextTimeSlots"]) == 3
    for alternative in body["nextTimeSlots"]:
        assert alternative["startDate"] >= offered["endDate"]
        assert alternative["employeeId"] == FREJA
    ok(await other.reserve(body["nextTimeSlots"][0]))


async def test_one_that_has_a_meeting_is_taken_for_good(client: ApiClient) -> None:
    offered = (await client.search())[0]
    booked = ok(await client.book(ok(await client.reserve(offered))["id"]))
    ok(await client.create_meeting(booked))
    assert "heldUntil" not in problem(await client.reserve(offered), 409, "TIME_SLOT_TAKEN")


async def test_a_taken_room(client: ApiClient) -> None:
    query = {"meetingTypes": "physical", "meetingLocation": "copenhagen-city", "specificRooms": ROOM}
    slots = await client.search(**query, getBestTimeSlots="false")
    one = slots[0]
    other = next(s for s in slots if s["startDate"] == one["startDate"] and s["employeeId"] != one["employeeId"])
    ok(await client.reserve(one))
    assert problem(await client.reserve(other), 409, "TIME_SLOT_TAKEN")["blockedBy"] == "room"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"startDate": "2021-01-04T09:00:00Z", "endDate": "2021-01-04T10:00:00Z"}, "IN_THE_PAST"),
        ({"startDate": "2199-01-07T09:00:00Z", "endDate": "2199-01-07T10:00:00Z"}, None),
        ({"employeeId": UNBOOKABLE}, "NOT_BOOKABLE"),
    ],
)
async def test_what_search_would_not_offer(client: ApiClient, change: Json, rule: str | None) -> None:
    body = reservation((await client.search(meetingTypes="online"))[0])
    body["timeSlot"] |= change
    refused = problem(await client.post("/bookme/time-slots/reserve", body), 409, "NOT_OFFERED")
    assert refused["rule"] == (rule or refused["rule"])


async def test_staff_may_go_past_the_working_hours(client: ApiClient) -> None:
    offered = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[0]
    body = reservation(offered)
    day = offered["startDate"][:10]
    body["timeSlot"] |= {"startDate": f"{day}T22:00:00Z", "endDate": f"{day}T23:00:00Z"}
    problem(await client.post("/bookme/time-slots/reserve", body), 409, "NOT_OFFERED")
    staff = await client.as_another("staff", EVERY_SCOPE)
    ok(await staff.post("/bookme/time-slots/reserve", body))
    problem(await staff.post("/bookme/time-slots/reserve", body | {"token": new_token()}), 409, "TIME_SLOT_TAKEN")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"employeeId": UNKNOWN}, "employee"),
        ({"employeeId": ROOM}, "employee"),
        ({"roomId": UNKNOWN}, "room"),
        ({"roomId": FREJA}, "room"),
    ],
)
async def test_a_reservation_that_names_what_does_not_exist(client: ApiClient, change: Json, kind: str) -> None:
    body = reservation((await client.search())[0])
    body["timeSlot"] |= change
    assert problem(await client.post("/bookme/time-slots/reserve", body), 404, "NOT_FOUND")["kind"] == kind


async def test_the_meeting_to_move_must_exist_and_be_ones_own(client: ApiClient) -> None:
    meeting = ok(await client.create_meeting(await client.booked()))
    body = reservation((await client.search())[0])
    unknown = await client.post("/bookme/time-slots/reserve", body | {"existingMeetingId": UNKNOWN})
    assert problem(unknown, 404, "NOT_FOUND")["kind"] == "meeting"
    other = await client.as_another("other")
    answer = await other.post("/bookme/time-slots/reserve", body | {"existingMeetingId": meeting["id"]})
    problem(answer, 403, "NOT_YOURS")
    ok(await client.post("/bookme/time-slots/reserve", body | {"existingMeetingId": meeting["id"]}))


async def test_the_reservation_token_must_match_if_it_is_given(client: ApiClient) -> None:
    held = ok(await client.reserve((await client.search())[0], "mine"))
    problem(await client.book(held["id"], reservationToken="another"), 409, "TOKEN_MISMATCH")
    problem(await client.book(held["id"], reservationToken=""), 409, "TOKEN_MISMATCH")
    ok(await client.book(held["id"], reservationToken="mine"))


async def test_a_meeting_needs_a_booked_time_slot(client: ApiClient) -> None:
    body = problem(await client.create_meeting(await client.reserved()), 409, "TIME_SLOT_NOT_BOOKED")
    assert "Reserved" in body["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"employeeId": INGRID}, "employeeId"),
        ({"topicId": STAFF_TOPIC}, "topicId"),
    ],
)
async def test_a_meeting_that_does_not_fit_its_time_slot(client: ApiClient, change: Json, field: str) -> None:
    booked = await client.booked(explicitEmployeeIds=FREJA, meetingTypes="online")
    body = problem(await client.create_meeting(booked, **change), 409, "MEETING_MISMATCH")
    assert body["field"] == field
    ok(await client.create_meeting(booked))


async def test_a_meeting_in_another_room_than_its_time_slot(client: ApiClient) -> None:
    booked = await client.booked(explicitEmployeeIds=FREJA, meetingTypes="physical", specificRooms=ROOM)
    body = problem(await client.create_meeting(booked, type="physical", roomId=OTHER_ROOM), 409, "MEETING_MISMATCH")
    assert body["field"] == "roomId"
    ok(await client.create_meeting(booked, type="physical"))


async def test_employees_may_book_what_customers_may_not(client: ApiClient) -> None:
    booked = await client.booked(explicitEmployeeIds=FREJA, meetingTypes="online")
    ok(await client.create_meeting(booked, topicId=STAFF_TOPIC, bookedBy="employee"))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"employeeId": UNKNOWN}, "employee"),
        ({"additionalEmployees": [INGRID, ROOM]}, "employee"),
        ({"roomId": INGRID}, "room"),
        ({"topicId": CUSTOMER_TYPE}, "topic"),
        ({"customerTypeId": TOPIC}, "customer type"),
        ({"timeSlotId": UNKNOWN}, "time slot"),
        ({"timeSlotId": FREJA}, "time slot"),
    ],
)
async def test_a_meeting_that_names_what_does_not_exist(client: ApiClient, change: Json, kind: str) -> None:
    body = problem(await client.create_meeting(await client.booked(), **change), 404, "NOT_FOUND")
    assert body["kind"] == kind


async def test_a_meeting_in_a_time_slot_that_was_given_back(client: ApiClient) -> None:
    booked = await client.booked()
    content = await client.meeting(booked)
    await client.give_back(booked["id"])
    problem(await client.post("/bookme/meetings", content), 409, "HOLD_RELEASED")


def test_every_reason_has_its_status() -> None:
    assert set(MEANINGS) == set(STATUSES) == set(Reason)
