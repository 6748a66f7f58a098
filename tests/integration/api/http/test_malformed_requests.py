"""Requests that nobody should send: each is refused with a reason, and changes nothing."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest
from icalendar import Calendar

from storage.database import Database
from tests.integration.api.support import (
    CALENDAR,
    CREATE_MEETING,
    CUSTOMER_TYPE,
    ENDPOINTS,
    EVERY_SCOPE,
    FREJA,
    MARK_BOOKED,
    MEETING,
    RESERVE,
    SEARCH,
    SLOT,
    UNKNOWN,
    WITH_BODY,
    Endpoint,
    ok,
    problem,
    rows,
)
from tests.support.clients import BOOKED, ApiClient, reservation

pytestmark = pytest.mark.ci

DEEP: Final = 100_000


@pytest.fixture
async def booker(http: httpx.AsyncClient, database: Database) -> AsyncIterator[ApiClient]:
    """Whose requests must change nothing."""
    before = await rows(database)
    yield await ApiClient.authorised(http, "demo", "bookme.read bookme.book bookme.config")
    assert await rows(database) == before


@pytest.fixture
async def staff(booker: ApiClient) -> ApiClient:
    """Nor may those of somebody who may do everything."""
    return await booker.as_another("staff", EVERY_SCOPE)


async def send(client: ApiClient, endpoint: Endpoint, body: bytes) -> httpx.Response:
    headers = client.headers | {"Content-Type": "application/json"}
    return await endpoint.call(client, json=None, content=body, headers=headers)


BROKEN: Final = {
    "nothing": b" ",
    "a comma": b",",
    "cut off": b'{"token": "t',
    "two values": b"{} {}",
    "single quotes": b"{'token': 't'}",
    "a comment": b"{/* */}",
    "NaN": b'{"token": NaN}',
    "infinity": b"[-Infinity]",
    "a huge number": b'{"token": ' + b"9" * 5000 + b"}",
    "a name twice": b'{"token": "a", "token": "b"}',
    "a name twice, within": b'{"timeSlot": {"status": "Reserved", "status": "Booked"}}',
    "open brackets": b"[" * DEEP,
    "brackets": b"[" * DEEP + b"]" * DEEP,
    "braces": b'{"a":' * (DEEP // 4) + b"1" + b"}" * (DEEP // 4),
    "not UTF-8": b'{"token": "\xff\xfe\xfd"}',
    "a lone surrogate as a name": b'{"\\ud800": 1}',
    "a control character": b'{"token": "a\x00b"}',
    "a line break": b'{"token": "a\nb"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_json(booker: ApiClient, body: bytes) -> None:
    for endpoint in WITH_BODY:
        errors = problem(await send(booker, endpoint, body), 400)["errors"]
        assert [(error["pointer"], error["in"]) for error in errors] == [("", "body")], endpoint


OTHER_SHAPES: Final = (b"1", b'"text"', b"true", b"[[]]", b"[1]", b"[null]", b'{"unknown": 1}', b"[{}, {}]")
NOTHING: Final = (b"", b"null", b"{}", b"[]")


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
async def test_json_of_another_shape(staff: ApiClient, endpoint: Endpoint) -> None:
    for body in (*OTHER_SHAPES, *(() if endpoint is CALENDAR else NOTHING)):
        assert problem(await send(staff, endpoint, body), 400)["errors"], body


WRONG_ID: Final[list[Any]] = [1, True, None, [], {}]
WRONG_TEXT: Final = [1, True, [], {}, "\u0000", "a\u0007", "\ud800", "x" * 11_000]
WRONG_LINE: Final = [*WRONG_TEXT, "two\nlines", "two\u2028lines", "x" * 201]
WRONG_INSTANT: Final = [
    "tomorrow",
    "2027-01-07",
    "2027-01-07T09:00:00",
    "2027-01-07 09:00:00Z",
    "2027-01-07T09:00:00+01",
    "2027-01-07T09:00:00+010",
    "2027-01-07T09:00:00  01:00",
    "2027-01-07T25:00:00Z",
    "2027-02-30T09:00:00Z",
    "2027-01-07T09:00:00+25:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "1999-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "-2027-01-07T09:00:00Z",
    "\uff12\uff10\uff12\uff17-01-07T09:00:00Z",
    "2027-01-07T09:00:00Z\u0000",
    "P1D",
    "",
    1_798_880_400,
    1e308,
    True,
    None,
    [],
    {},
]
WRONG_IN_A_SLOT: Final[dict[str, list[Any]]] = {
    "startDate": WRONG_INSTANT,
    "endDate": [*WRONG_INSTANT, SLOT["startDate"], "2199-01-07T08:00:00Z", "2199-01-08T09:00:00.001Z"],
    "status": ["Booked", "Busy", "", 1, None, [], "Reserved\u0000"],
    "employeeId": [value for value in WRONG_ID if value is not None],
    "roomId": [value for value in WRONG_ID if value is not None],
    "serviceGroup": WRONG_LINE,
    "ignoreTimeSlotConflicts": [True, "true", 1, []],
    "id": [UNKNOWN],
}
WRONG_IN_A_RESERVATION: Final[dict[str, list[Any]]] = {
    "token": [*WRONG_LINE, "", None, "x" * 129, "\N{EURO SIGN}" * 43, "a\tb"],
    "existingMeetingId": [value for value in WRONG_ID if value is not None],
    "timeSlot": [None, 1, "x", [], {}],
    "clientId": ["another"],
}
WRONG_IN_A_MEETING: Final[dict[str, list[Any]]] = {
    "bookedBy": ["nobody", "", 1, None, [], "customer\u0000"],
    "customerTypeId": ["", *WRONG_ID],
    "timeSlotId": ["", *WRONG_ID],
    "type": ["virtual", "", 1, None, ["online"]],
    "topicId": ["", *WRONG_ID],
    "employeeId": ["", *WRONG_ID],
    "customerId": ["", *WRONG_LINE, None],
    "roomId": [value for value in WRONG_ID if value is not None],
    "title": WRONG_LINE,
    "description": WRONG_TEXT,
    "additionalEmployees": [FREJA, [1], [None], [[]], [FREJA] * 51, {}, 1],
    "salesforceId": WRONG_LINE,
    "themeId": [CUSTOMER_TYPE],
    "clientId": ["another"],
}


@pytest.mark.parametrize("field", WRONG_IN_A_SLOT)
async def test_a_time_slot_with_a_wrong_field(booker: ApiClient, field: str) -> None:
    for value in WRONG_IN_A_SLOT[field]:
        body = {"timeSlot": SLOT | {field: value}, "token": "a-token"}
        errors = problem(await send(booker, RESERVE, json.dumps(body).encode()), 400)["errors"]
        assert errors[0]["pointer"].startswith("/timeSlot"), value


@pytest.mark.parametrize("field", WRONG_IN_A_RESERVATION)
async def test_a_reservation_with_a_wrong_field(booker: ApiClient, field: str) -> None:
    for value in WRONG_IN_A_RESERVATION[field]:
        body = {"timeSlot": SLOT, "token": "a-token"} | {field: value}
        errors = problem(await send(booker, RESERVE, json.dumps(body).encode()), 400)["errors"]
        assert errors[0]["pointer"].startswith(f"/{field}"), value


@pytest.mark.parametrize("field", WRONG_IN_A_MEETING)
async def test_a_meeting_with_a_wrong_field(booker: ApiClient, field: str) -> None:
    for value in WRONG_IN_A_MEETING[field]:
        body = json.dumps(MEETING | {field: value}).encode()
        errors = problem(await send(booker, CREATE_MEETING, body), 400)["errors"]
        assert errors[0]["pointer"].startswith(f"/{field}") or field == "themeId", value


async def test_a_meeting_without_a_field(booker: ApiClient) -> None:
    for field in MEETING:
        body = {name: value for name, value in MEETING.items() if name != field}
        errors = problem(await send(booker, CREATE_MEETING, json.dumps(body).encode()), 400)["errors"]
        assert [error["pointer"] for error in errors] == [f"/{field}"]


WRONG_IN_A_FILE: Final[dict[str, list[Any]]] = {
    "title": WRONG_LINE,
    "description": WRONG_TEXT,
    "location": WRONG_LINE,
    "attendees": [["a@example.com"]],
}


@pytest.mark.parametrize("field", WRONG_IN_A_FILE)
async def test_a_calendar_file_with_a_wrong_field(booker: ApiClient, field: str) -> None:
    for value in WRONG_IN_A_FILE[field]:
        errors = problem(await send(booker, CALENDAR, json.dumps({field: value}).encode()), 400)["errors"]
        assert [error["pointer"] for error in errors] == [f"/{field}"], value


OPERATION: Final[dict[str, Any]] = {**BOOKED[0]}


PATCHES: Final[list[Any]] = [
    OPERATION,
    [OPERATION, OPERATION],
    [*BOOKED, {"op": "remove", "path": "/id"}],
    *([OPERATION | {"op": op}] for op in ("add", "remove", "copy", "move", "test", "Replace", "", 1, None)),
    *([OPERATION | {"path": path}] for path in ("/Status", "status", "", "/", "/status/", "/employeeId", "/-", 1)),
    *([OPERATION | {"value": value}] for value in ("Reserved", "Busy", "", 1, None, ["Booked"], "Booked\u0000")),
    [{"path": "/status", "value": "Booked"}],
    [{"op": "replace", "path": "/status"}],
]


async def test_another_patch(booker: ApiClient) -> None:
    for patch in PATCHES:
        assert problem(await send(booker, MARK_BOOKED, json.dumps(patch).encode()), 400)["errors"], patch


async def test_members_that_the_patch_format_does_not_know_are_ignored(client: ApiClient) -> None:
    """RFC 6902 §4 wants it so."""
    held = await client.reserved()
    patch = [OPERATION | {"from": "", "comment": 1}]
    ok(await client.http.patch(f"/bookme/time-slots/{held['id']}", json=patch, headers=client.headers))


WRONG_IN_A_SEARCH: Final[dict[str, list[Any]]] = {
    "requireEmployeeParticipation": ["", "perhaps", "2", "true,false", ["true", "false"]],
    "explicitEmployeeIds": [",".join([FREJA] * 501), [""] * 501],
    "startDate": [value for value in WRONG_INSTANT if isinstance(value, str)],
    "lookForwardTime": [
        "",
        "soon",
        "7",
        "-PT1H",
        "PT0S",
        "00:00:00",
        "P1Y",
        "P1M",
        "1:2",
        "99999.00:00:00",
        "P" + "9" * 40 + "D",
    ],
    "meetingDuration": ["", "an hour", "PT25H", "1.00:00:01", "-01:00:00", "P0D", "01:60:00", "\uff11:00:00"],
    "topic": [[UNKNOWN, UNKNOWN]],
    "meetingTypes": ["virtual", "online;telephone", ["online", "virtual"]],
    "requireRoom": ["perhaps"],
    "isCustomerInitiated": ["perhaps"],
    "ignoreMinimumTimeBeforeBooking": ["perhaps"],
    "getBestTimeSlots": ["perhaps"],
    "requireemployeeparticipation": ["true"],
    "unknown": ["1"],
}


@pytest.mark.parametrize("field", WRONG_IN_A_SEARCH)
async def test_a_search_with_a_wrong_parameter(booker: ApiClient, field: str) -> None:
    for value in WRONG_IN_A_SEARCH[field]:
        [error, *_] = problem(await SEARCH.call(booker, params=SEARCH.query | {field: value}), 400)["errors"]
        assert error["pointer"].startswith(f"/{field}"), value
        assert error["in"] == "query"


async def test_a_search_without_the_parameter_that_it_needs(booker: ApiClient) -> None:
    errors = problem(await SEARCH.call(booker, params={}), 400)["errors"]
    assert [error["pointer"] for error in errors] == ["/requireEmployeeParticipation"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/bookme/meeting-topics", {}),
        ("/bookme/meeting-topics", {"isCustomer": ""}),
        ("/bookme/meeting-topics", {"isCustomer": "true", "other": "1"}),
        ("/bookme/meetings", {"limit": "0"}),
        ("/bookme/meetings", {"limit": "501"}),
        ("/bookme/meetings", {"limit": "9" * 5000}),
        ("/bookme/meetings", {"startDateModified": "yesterday"}),
        ("/bookme/meetings", {"endDateModified": "0001-01-01T00:00:00Z"}),
        ("/bookme/meetings", {"offset": "1"}),
    ],
)
async def test_a_list_with_a_wrong_parameter(booker: ApiClient, path: str, query: dict[str, str]) -> None:
    assert problem(await booker.get(path, **query), 400)["errors"]


@pytest.mark.parametrize("token", ["x" * 129, "\u0000", "a" * 60_000])
async def test_a_wrong_reservation_token_in_a_query(client: ApiClient, token: str) -> None:
    held = await client.reserved()
    answer = await client.book(held["id"], reservationToken=token)
    assert answer.status_code in (400, 409)
    assert ok(await client.time_slot(held["id"])) == held


ODD_IDS: Final = [
    "x" * 5000,
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "'; DROP TABLE meeting; --",
    "%F0%9F%91%BB",
    "%FF",
    "{id}",
    "-1",
    "null",
    f"{UNKNOWN}%0a",
]


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if "{id}" in each.path], ids=str)
async def test_an_odd_id_in_a_path(booker: ApiClient, endpoint: Endpoint) -> None:
    staff = await booker.as_another("staff", EVERY_SCOPE)
    body = {} if endpoint.body is None else {"json": endpoint.body}
    for odd in ODD_IDS:
        path = endpoint.path.replace("{id}", odd)
        answer = await staff.http.request(endpoint.method, path, headers=staff.headers, **body)
        assert answer.status_code == 404, odd
        assert len(answer.content) < 12_000


@pytest.mark.parametrize(
    "token",
    [
        "jeton-é",
        "订单-1",
        "👻" * 32,
        "a b",
        "a/b?c#d",
        "../../etc",
        "'; DROP TABLE time_slot; --",
        "%00",
        "x" * 128,
        "\N{NO-BREAK SPACE}",
    ],
)
async def test_any_text_may_be_a_token(client: ApiClient, token: str) -> None:
    offered = (await client.search())[0]
    held = ok(await client.reserve(offered, token))
    assert ok(await client.reserve(offered, token)) == held
    assert ok(await client.book(held["id"], reservationToken=token))["status"] == "Booked"


async def test_the_longest_names_still_make_a_workflow_id(client: ApiClient) -> None:
    """Each byte of both becomes three characters of the workflow's id."""
    other = await client.as_another("\N{EURO SIGN}" * 66)
    ok(await other.reserve((await other.search())[0], "\N{EURO SIGN}" * 42))


async def test_text_is_kept_as_it_is(client: ApiClient) -> None:
    odd = "<script>alert(1)</script> ' OR 1=1 -- %s {0} \N{NO-BREAK SPACE}\N{RIGHT-TO-LEFT MARK} é 👩‍💻 \\ \" ;:,"
    content = {"title": odd, "description": f"{odd}\r\n{odd}\t", "customerId": odd, "salesforceId": odd}
    meeting = ok(await client.create_meeting(await client.booked(), **content))
    assert content.items() <= ok(await client.get(f"/bookme/meetings/{meeting['id']}")).items()


@pytest.mark.parametrize("field", ["title", "description", "location"])
async def test_nothing_gets_into_the_calendar_file_but_as_text(client: ApiClient, field: str) -> None:
    meeting = ok(await client.create_meeting(await client.booked(), title="A title"))
    break_out = "x\\nEND:VEVENT\\nBEGIN:VEVENT;ATTENDEE=mailto:evil@example.com:\\,\"':" + "ø" * 100
    if field == "description":
        break_out += "\r\nEND:VEVENT\nBEGIN:VALARM\rATTACH:file:///etc/passwd\r\nEND:VCALENDAR"
    answer = await client.post(f"/bookme/meetings/{meeting['id']}/ical", {field: break_out})
    calendar = Calendar.from_ical(answer.content)
    [event] = calendar.events
    assert [part.name for part in event.walk()] == ["VEVENT"]
    assert "evil" not in str(event.get("ATTENDEE", ""))
    name = {"title": "SUMMARY"}.get(field, field.upper())
    assert str(event[name]).replace("\r", "").split("\n")[0] == break_out.split("\r")[0]
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    assert b"\r\nATTACH" not in answer.content


async def test_an_id_of_another_kind_is_an_unknown_one(client: ApiClient) -> None:
    held = await client.reserved()
    meeting = ok(await client.create_meeting(await client.booked()))
    problem(await client.get(f"/bookme/meetings/{held['id']}"), 404, "NOT_FOUND")
    problem(await client.time_slot(meeting["id"]), 404, "NOT_FOUND")
    problem(await client.book(meeting["id"]), 404, "NOT_FOUND")
    problem(await client.give_back(FREJA), 404, "NOT_FOUND")
    body = reservation((await client.search())[0]) | {"existingMeetingId": held["id"]}
    problem(await client.post("/bookme/time-slots/reserve", body), 404, "NOT_FOUND")
