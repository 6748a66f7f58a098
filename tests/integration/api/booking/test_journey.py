"""The six steps of a booking, over HTTP, on the real servers, as each kind of client writes them."""

from datetime import UTC, datetime

import pytest
from icalendar import Calendar
from temporalio.client import Client

from tests.integration.api.support import CUSTOMER_TYPE, FREJA, INGRID, TOPIC, is_id, new_token, ok, run_of
from tests.support.clients import ApiClient, Json, reservation
from workflows.booking.messages import BookingStatus


async def test_the_whole_journey(client: ApiClient, engine: Client) -> None:
    offered = (await client.search(meetingTypes="online"))[0]
    reserved = ok(await client.reserve(offered, "order-1"))
    assert reserved["status"] == "Reserved"
    booked = ok(await client.book(reserved["id"], reservationToken="order-1"))
    assert (booked["id"], booked["status"]) == (reserved["id"], "Booked")
    meeting = ok(await client.create_meeting(booked))
    assert (meeting["timeSlotId"], meeting["startDate"]) == (reserved["id"], offered["startDate"])
    file = await client.post(f"/bookme/meetings/{meeting['id']}/ical", None, Accept="text/calendar")
    event = Calendar.from_ical(file.content).events[0]
    assert (event["UID"], event["SUMMARY"]) == (f"{meeting['id']}@bookme", "Advice")
    ending = await run_of(engine, "order-1").result()
    assert (ending.status, str(ending.meeting_id)) == (BookingStatus.MEETING_CREATED, meeting["id"])


async def test_each_answer_says_what_was_asked_for(client: ApiClient) -> None:
    place = {"meetingTypes": "physical", "meetingLocation": "copenhagen-city"}
    offered = (await client.search(explicitEmployeeIds=FREJA, topic=TOPIC, **place))[0]
    assert offered["roomId"], "a physical meeting there needs a room"
    assert offered["meetingTopicId"] == TOPIC
    body = reservation(offered)
    body["timeSlot"]["serviceGroup"] = "Copenhagen"
    reserved = ok(await client.post("/bookme/time-slots/reserve", body))
    named = ("startDate", "endDate", "employeeId", "roomId")
    assert {name: reserved[name] for name in named} == {name: offered[name] for name in named}
    assert reserved["serviceGroup"] == "Copenhagen"
    assert ok(await client.time_slot(reserved["id"])) == reserved
    assert reserved["dateCreated"] < reserved["holdExpiresAt"]
    booked = ok(await client.book(reserved["id"]))
    assert booked["holdExpiresAt"] > reserved["holdExpiresAt"]
    content = await client.meeting(booked) | {
        "type": "physical",
        "description": "Bring:\n\t- papers, \N{NO-BREAK SPACE}👨‍👩‍👧",
        "additionalEmployees": [INGRID],
        "salesforceId": "sf-1",
    }
    meeting = ok(await client.post("/bookme/meetings", content))
    assert content.items() <= meeting.items()
    assert meeting["roomId"] == offered["roomId"], "a room that is not named is the time slot's"
    assert is_id(meeting["id"])
    assert ok(await client.get(f"/bookme/meetings/{meeting['id']}")) == meeting
    kept = ok(await client.time_slot(reserved["id"]))
    assert kept["status"] == "Booked"
    assert "holdExpiresAt" not in kept


@pytest.mark.parametrize(
    ("published", "other"),
    [
        ("topicId", "themeId"),
        ("topicId", "theme"),
        ("topicId", "topic"),
        ("customerTypeId", "customerCategoryId"),
    ],
)
async def test_a_meeting_in_both_vocabularies(client: ApiClient, published: str, other: str) -> None:
    booked = await client.booked()
    content = await client.meeting(booked)
    written = {other if name == published else name: value for name, value in content.items()}
    meeting = ok(await client.post("/bookme/meetings", written))
    assert meeting[published] == content[published]
    assert other not in meeting


@pytest.mark.parametrize(("booked_by", "meeting_type"), [("Customer", "Online"), ("EMPLOYEE", "TELEPHONE")])
async def test_any_letter_case(client: ApiClient, booked_by: str, meeting_type: str) -> None:
    body = reservation((await client.search(meetingTypes=meeting_type))[0])
    body["timeSlot"]["status"] = "rEsErVeD"
    reserved = ok(await client.post("/bookme/time-slots/reserve", body))
    patch = [{"op": "replace", "path": "/status", "value": "BOOKED"}]
    answer = await client.http.patch(f"/bookme/time-slots/{reserved['id']}", json=patch, headers=client.headers)
    meeting = ok(await client.create_meeting(ok(answer), bookedBy=booked_by, type=meeting_type))
    assert (meeting["bookedBy"], meeting["type"]) == (booked_by.lower(), meeting_type.lower())


async def test_empty_ids_are_no_ids(client: ApiClient) -> None:
    """Search answers the room that an online meeting does not need as an empty string; it may be sent back so."""
    offered = (await client.search(meetingTypes="online", topic="", customerTypeId="", explicitEmployeeIds=""))[0]
    assert (offered["roomId"], offered["meetingTopicId"]) == ("", "")
    wanted = {name: offered[name] for name in ("startDate", "endDate", "employeeId", "roomId")} | {"status": "Reserved"}
    body = {"timeSlot": wanted, "token": new_token(), "existingMeetingId": ""}
    reserved = ok(await client.post("/bookme/time-slots/reserve", body))
    booked = ok(await client.book(reserved["id"]))
    assert "roomId" not in ok(await client.create_meeting(booked, roomId=""))


async def test_without_an_employee_the_best_one_is_chosen(client: ApiClient) -> None:
    offered = (await client.search())[0]
    wanted = {"startDate": offered["startDate"], "endDate": offered["endDate"], "status": "Reserved"}
    bodies = [{"timeSlot": wanted, "token": new_token()} for _ in range(2)]
    first, second = [ok(await client.post("/bookme/time-slots/reserve", body)) for body in bodies]
    assert first["employeeId"] != second["employeeId"]


async def test_instants_with_any_offset_are_answered_in_utc(client: ApiClient) -> None:
    offered = (await client.search())[0]
    body = reservation(offered)
    for name in ("startDate", "endDate"):
        there = datetime.fromisoformat(offered[name]).astimezone(UTC)
        body["timeSlot"][name] = there.strftime("%Y-%m-%dt%H:%M:%S.000000000+00:00")
    reserved = ok(await client.post("/bookme/time-slots/reserve", body))
    assert reserved["startDate"] == offered["startDate"]
    assert reserved["startDate"].endswith(".000Z")


async def test_a_hold_that_is_given_back_is_free_at_once(client: ApiClient, engine: Client) -> None:
    offered = (await client.search())[0]
    reserved = ok(await client.reserve(offered, "given-back"))
    assert (await client.give_back(reserved["id"])).status_code == 204
    assert offered in await client.search()
    assert (await run_of(engine, "given-back").result()).status is BookingStatus.RELEASED
    ok(await client.reserve(offered))


@pytest.mark.parametrize(
    "content",
    [
        {"title": "Our talk"},
        {"description": "Line one\r\nLine two"},
        {"location": "Room 1, second floor; left"},
        {},
    ],
)
async def test_the_calendar_file_says_what_was_asked(client: ApiClient, content: Json) -> None:
    meeting = ok(await client.create_meeting(await client.booked()))
    answer = await client.post(f"/bookme/meetings/{meeting['id']}/ical", content)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    event = Calendar.from_ical(answer.content).events[0]
    assert str(event["SUMMARY"]) == content.get("title", "Advice")
    assert str(event.get("LOCATION", "")) == content.get("location", "")
    assert event.start == datetime.fromisoformat(meeting["startDate"])


async def test_the_search_that_the_contract_writes(client: ApiClient) -> None:
    """Every parameter at once, in the contract's form."""
    query = {
        "explicitEmployeeIds": f"{FREJA},{INGRID}",
        "lookForwardTime": "7.00:00:00",
        "topic": TOPIC,
        "customerTypeId": CUSTOMER_TYPE,
        "meetingTypes": "online,telephone",
        "customerLocation": "",
        "meetingLocation": "",
        "ignoreMeetingIds": "",
        "requireRoom": "false",
        "specificRooms": "",
        "meetingDuration": "00:30:00",
        "isCustomerInitiated": "true",
        "ignoreMinimumTimeBeforeBooking": "false",
        "getBestTimeSlots": "false",
        "requireEmployeeParticipation": "true",
    }
    slots = await client.search(**query)
    assert {slot["employeeId"] for slot in slots} <= {FREJA, INGRID}
    assert {slot["meetingType"] for slot in slots} == {"online", "telephone"}
