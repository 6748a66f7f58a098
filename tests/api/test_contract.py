"""What we answer, by the published contract: a client that was generated from it must be able to read it.

`tests/contract/` has a copy of the contract; BOOKME_CONTRACT may name another file.
"""

import os
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from tests.api.support import (
    CUSTOMER_TYPE,
    ENDPOINTS,
    EVERY_SCOPE,
    FREJA,
    ROOM,
    SLOT,
    TOPIC,
    UNKNOWN,
    Endpoint,
    new_token,
    ok,
    problem,
)
from tests.clients import ApiClient, Json, reservation

COPY: Final = Path(__file__).parents[1] / "contract/bookme-public-api.v1.yaml"
FILE: Final = Path(os.environ.get("BOOKME_CONTRACT") or COPY)

OURS_BELOW: Final = ("/bookme/config/", "/bookme/events", "/bookme/webhooks")
OURS_ALONE: Final = {
    ("GET", "/bookme/time-slots"),
    ("DELETE", "/bookme/time-slots/{id}"),
    ("PATCH", "/bookme/meetings/{id}"),
    ("POST", "/bookme/meetings/{id}/move"),
    ("GET", "/bookme/meetings/{id}/invitations"),
    ("DELETE", "/bookme/meeting-topics/{id}"),
    ("DELETE", "/config/customer-types/{id}"),
}


@pytest.fixture(scope="module")
def contract() -> Json:
    loaded: Json = yaml.safe_load(FILE.read_text())
    return loaded


def as_json_schema(node: Any) -> Any:  # noqa: ANN401 - any part of the contract
    """OpenAPI 3.0 says `nullable` where JSON Schema says "or null"."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    said = {name: as_json_schema(value) for name, value in node.items() if name != "nullable"}
    return {"anyOf": [said, {"type": "null"}]} if node.get("nullable") is True else said


def operation(contract: Json, method: str, path: str) -> Json:
    found: Json = contract["paths"][path][method.lower()]
    return found


def check(contract: Json, method: str, path: str, status: int, body: Any) -> None:  # noqa: ANN401 - any answer
    """The answer is as the contract's schema says, formats included."""
    content = operation(contract, method, path)["responses"][str(status)].get("content", {})
    for media in content.values():
        schema = as_json_schema(media["schema"] | {"components": contract["components"]})
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)


async def test_each_answer_of_the_journey(client: ApiClient, contract: Json) -> None:
    lookups = ("/bookme/meeting-topics", "/config/customer-types", "/config/employees", "/config/rooms")
    for path in lookups:
        answer = await client.get(path, **({"isCustomer": "true"} if "topics" in path else {}))
        check(contract, "GET", path, 200, ok(answer))
    check(contract, "GET", "/config/employees/{id}", 200, ok(await client.get(f"/config/employees/{FREJA}")))
    check(contract, "GET", "/config/rooms/{id}", 200, ok(await client.get(f"/config/rooms/{ROOM}")))

    path = "/bookme/time-slots/available"
    offered = await client.search(topic=TOPIC, customerTypeId=CUSTOMER_TYPE)
    check(contract, "GET", path, 200, offered)
    check(contract, "GET", path, 200, await client.search())

    token = new_token()
    wanted = next(slot for slot in offered if slot["meetingType"] == "online")
    reserved = ok(await client.reserve(wanted, token))
    check(contract, "POST", "/bookme/time-slots/reserve", 200, reserved)
    check(contract, "GET", "/bookme/time-slots/{id}", 200, ok(await client.time_slot(reserved["id"])))
    booked = ok(await client.book(reserved["id"], reservationToken=token))
    check(contract, "GET", "/bookme/time-slots/{id}", 200, booked)

    meeting = ok(await client.create_meeting(booked))
    check(contract, "POST", "/bookme/meetings", 200, meeting)
    check(contract, "GET", "/bookme/meetings/{id}", 200, ok(await client.get(f"/bookme/meetings/{meeting['id']}")))
    check(contract, "GET", "/bookme/meetings", 200, ok(await client.get("/bookme/meetings")))
    file = await client.post(f"/bookme/meetings/{meeting['id']}/ical", {})
    assert file.headers["content-type"].startswith("text/calendar")


async def test_a_busy_time(client: ApiClient, contract: Json) -> None:
    staff = await client.as_another("staff", EVERY_SCOPE)
    body = SLOT | {"status": "busy", "ignoreTimeSlotConflicts": True, "roomId": "", "serviceGroup": "north"}
    assert set(body) == set(contract["components"]["schemas"]["CreateTimeSlotRequest"]["properties"])
    busy = ok(await staff.post("/bookme/time-slots", body))
    check(contract, "POST", "/bookme/time-slots", 200, busy)
    check(contract, "GET", "/bookme/time-slots/{id}", 200, ok(await staff.time_slot(busy["id"])))


async def test_a_body_with_everything_that_the_contract_has(client: ApiClient, contract: Json) -> None:
    """Every property that the contract's bodies have is understood."""
    schemas = contract["components"]["schemas"]
    offered = (await client.search(meetingTypes="online"))[0]
    slot = reservation(offered)["timeSlot"] | {"ignoreTimeSlotConflicts": False, "roomId": "", "serviceGroup": "north"}
    body = {"timeSlot": slot, "token": new_token(), "existingMeetingId": ""}
    assert set(slot) == set(schemas["CreateTimeSlotRequest"]["properties"])
    assert set(body) == set(schemas["Reservation"]["properties"])
    booked = ok(await client.book(ok(await client.post("/bookme/time-slots/reserve", body))["id"]))
    more = {"salesforceId": "sf", "description": "d", "roomId": "", "additionalEmployees": [], "title": "t"}
    content = await client.meeting(booked) | more
    assert set(content) == set(schemas["CreateMeetingRequest"]["properties"])
    meeting = ok(await client.post("/bookme/meetings", content))
    texts = {"title": "t", "description": "d"}
    assert set(texts) == set(schemas["MeetingICalRequest"]["properties"])
    assert (await client.post(f"/bookme/meetings/{meeting['id']}/ical", texts)).status_code == 200


def is_ours_alone(endpoint: Endpoint) -> bool:
    ours = endpoint.path.startswith(OURS_BELOW) or endpoint.path.endswith("/explain")
    return ours or (endpoint.method, endpoint.path) in OURS_ALONE


async def test_each_error(client: ApiClient, contract: Json) -> None:
    for endpoint in ENDPOINTS:
        if is_ours_alone(endpoint):
            continue
        refused = problem(await endpoint.call(ApiClient(client.http, {})), 401)
        check(contract, endpoint.method, endpoint.path, 401, refused)
        weak = await client.as_another("demo", "bookme.read" if endpoint.scope == "bookme.config" else "bookme.config")
        check(contract, endpoint.method, endpoint.path, 403, problem(await endpoint.call(weak), 403))
    unknown = problem(await client.get(f"/bookme/meetings/{UNKNOWN}"), 404, "NOT_FOUND")
    check(contract, "GET", "/bookme/meetings/{id}", 404, unknown)


def test_each_endpoint_is_a_published_one(app: FastAPI, contract: Json) -> None:
    document = app.openapi()
    for endpoint in ENDPOINTS:
        if is_ours_alone(endpoint):
            continue
        published = operation(contract, endpoint.method, endpoint.path)
        ours = document["paths"][endpoint.path][endpoint.method.lower()]
        assert ours["operationId"] == published["operationId"]
        check_parameters(contract, published, ours)


def check_parameters(contract: Json, published: Json, ours: Json) -> None:
    """Every published parameter is understood, and none that is not published is required."""
    known = {(each["in"], each["name"]): each for each in ours.get("parameters", ())}
    named = [resolved(contract, each) for each in published.get("parameters", ())]
    for parameter in named:
        mine = known[parameter["in"], parameter["name"]]
        assert bool(mine.get("required")) == bool(parameter.get("required"))
        assert mine["schema"].get("type") == parameter["schema"]["type"]
    required = {key for key, each in known.items() if each.get("required")}
    assert required <= {(each["in"], each["name"]) for each in named}


def resolved(contract: Json, parameter: Json) -> Json:
    found: Json = (
        contract["components"]["parameters"][parameter["$ref"].split("/")[-1]] if "$ref" in parameter else parameter
    )
    return found
