"""An id is an opaque string to a client: one that does not exist is a 404 in any form, and the client reads which."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from storage.database import Database
from tests.integration.api.support import (
    ENDPOINTS,
    EVERY_SCOPE,
    MEETING,
    NEW_EMPLOYEE,
    TOPIC,
    UNKNOWN,
    Endpoint,
    ok,
    problem,
)
from tests.support.clients import ApiClient, Json
from tests.support.documented_answers import document

pytestmark = pytest.mark.ci

DOCUMENT: Final = document()
FORMS: Final = ("67890", "abc", "0", "null", "Ærø", "\u0000", "\ud800", "a b", f"{UNKNOWN}0", "x" * 10_000)


def resolved(schema: Json) -> Json:
    """The schema behind a reference, without "or nothing"."""
    while "$ref" in schema or "anyOf" in schema or "allOf" in schema:
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = next(each for each in schema.get("anyOf") or schema["allOf"] if each != {"type": "null"})
    return schema


def is_reference(name: str, schema: Json) -> bool:
    return schema.get("format") == "uuid" or "ocation" in name


def references(schema: Json, pointer: str = "") -> Iterator[str]:
    """JSON Pointers to the ids of a body; the first of each list."""
    schema = resolved(schema)
    for name, member in schema.get("properties", {}).items():
        inner = resolved(member)
        place = f"{pointer}/{name}"
        while inner.get("type") == "array":
            inner, place = resolved(inner["items"]), f"{place}/0"
        if inner.get("properties"):
            yield from references(inner, place)
        elif is_reference(name, inner) and name != "id" and not member.get("readOnly"):
            yield place


def in_queries() -> Iterator[tuple[Endpoint, str]]:
    for endpoint in ENDPOINTS:
        operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
        for parameter in operation.get("parameters", ()):
            schema = resolved(parameter["schema"])
            schema = resolved(schema.get("items", schema))
            # Of the room vacancies the time slot is unknown too, and told first.
            is_first = parameter["name"] != "location"
            if parameter["in"] == "query" and is_first and is_reference(parameter["name"], schema):
                yield endpoint, parameter["name"]


def in_bodies() -> Iterator[tuple[Endpoint, str]]:
    for endpoint in ENDPOINTS:
        operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content and not endpoint.path.endswith("/ical"):
            yield from ((endpoint, pointer) for pointer in references(content["schema"]))


QUERIES: Final = [*in_queries()]
BODIES: Final = [*in_bodies()]
DEFAULTS: Final[Json] = {
    "workdays": [{"dayOfWeek": "Monday", "from": "08:00", "to": "16:00", "location": "x", "meetingTypes": ["online"]}]
}


def with_member(body: Any, pointer: str, value: str) -> Any:  # noqa: ANN401 - any JSON
    """The body with this string at the pointer."""
    head, _, rest = pointer.removeprefix("/").partition("/")
    if head == "0":
        first = body[0] if isinstance(body, list) and body else {}
        return [value if not rest else with_member(first, rest, value)]
    there = (body or {}).get(head, DEFAULTS.get(head))
    return {**(body or {}), head: value if not rest else with_member(there, rest, value)}


def name_of(pointer: str) -> str:
    return [part for part in pointer.split("/") if part != "0"][-1]


@pytest.fixture
async def staff(http: httpx.AsyncClient) -> ApiClient:
    return await ApiClient.authorised(http, "staff", EVERY_SCOPE)


def check(answer: httpx.Response, place: str, name: str, sent: str) -> None:
    body = problem(answer, 404, "NOT_FOUND")
    [error] = body["errors"]
    assert error["in"] == place
    assert name_of(error["pointer"]) == name
    assert f"({name})" in body["message"]
    assert len(answer.content) < 2_000
    if len(sent) < 60 and sent.isascii():
        assert body["id"] == sent


def test_the_document_has_ids_to_try() -> None:
    assert len(QUERIES) > 20
    assert len(BODIES) > 25


@pytest.mark.parametrize(("endpoint", "name"), QUERIES, ids=str)
async def test_an_unknown_id_in_a_query(staff: ApiClient, endpoint: Endpoint, name: str) -> None:
    for form in (each for each in FORMS if each != "\ud800"):
        check(await endpoint.call(staff, params=endpoint.query | {name: form}), "query", name, form)
    if UNKNOWN not in endpoint.query.values():
        check(await endpoint.call(staff, params=endpoint.query | {name: UNKNOWN}), "query", name, UNKNOWN)


@pytest.mark.parametrize(("endpoint", "pointer"), BODIES, ids=str)
async def test_an_unknown_id_in_a_body(
    staff: ApiClient, endpoint: Endpoint, pointer: str, configurable: Database
) -> None:
    for form in FORMS:
        body = with_member(endpoint.body, pointer, form)
        content = {"content": json.dumps(body).encode(), "json": None}
        headers = staff.headers | {"Content-Type": "application/json"}
        check(await endpoint.call(staff, headers=headers, **content), "body", name_of(pointer), form)


NEW: Final = (
    (
        "/bookme/config/employees",
        NEW_EMPLOYEE,
        "topics",
    ),
    ("/bookme/config/rooms", {"name": "New"}, "location"),
    ("/bookme/config/feeds", {"name": "New"}, "employeeId"),
    ("/bookme/config/competence-groups", {"name": "New"}, "parentId"),
    ("/bookme/meeting-topics", {"name": "New", "uniqueTopicId": "new"}, "parentId"),
)


@pytest.mark.parametrize(("path", "body", "name"), NEW)
async def test_a_well_formed_id_that_nobody_has(staff: ApiClient, path: str, body: Json, name: str) -> None:
    value = [UNKNOWN] if name.endswith("s") else UNKNOWN
    check(await staff.post(path, {**body, name: value}), "body", name, UNKNOWN)


class TestClientsWords:
    """Each vocabulary is answered in its own words."""

    @pytest.mark.parametrize("sent", ["abc", UNKNOWN])
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("topic", "topic"),
            ("topicId", "topic"),
            ("theme", "theme"),
            ("themeId", "theme"),
            ("customerTypeId", "customer type"),
            ("customerCategoryId", "customer category"),
        ],
    )
    async def test_in_a_search(self, staff: ApiClient, name: str, words: str, sent: str) -> None:
        query = {"requireEmployeeParticipation": "false", name: sent}
        body = problem(await staff.get("/bookme/time-slots/available", **query), 404, "NOT_FOUND")
        assert body["message"] == f"The {words} {sent!r} does not exist ({name})."

    @pytest.mark.parametrize("sent", ["abc", UNKNOWN])
    async def test_in_a_meeting(self, client: ApiClient, sent: str) -> None:
        booked = await client.booked()
        content = await client.meeting(booked)
        del content["topicId"]
        body = problem(await client.post("/bookme/meetings", content | {"themeId": sent}), 404, "NOT_FOUND")
        assert body["message"] == f"The theme {sent!r} does not exist (themeId)."
        ok(await client.time_slot(booked["id"]))

    @pytest.mark.parametrize("sent", ["abc", UNKNOWN])
    @pytest.mark.parametrize("name", ["roomId", "timeSlotId"])
    async def test_in_a_patch(self, client: ApiClient, name: str, sent: str) -> None:
        meeting = ok(await client.create_meeting(await client.booked()))
        patch = [{"op": "replace", "path": f"/{name}", "value": sent}]
        path = f"/bookme/meetings/{meeting['id']}"
        answer = await client.http.patch(path, json=patch, headers=client.headers)
        body = problem(answer, 404, "NOT_FOUND")
        assert f"({name})" in body["message"]
        assert ok(await client.get(path)) == meeting

    async def test_of_two_names_with_one_id_the_fitting_one_is_named(self, staff: ApiClient) -> None:
        query = {"requireEmployeeParticipation": "false", "topic": TOPIC, "customerTypeId": TOPIC}
        body = problem(await staff.get("/bookme/time-slots/available", **query), 404, "NOT_FOUND")
        assert [error["pointer"] for error in body["errors"]] == ["/customerTypeId"]


async def test_a_time_slot_that_was_is_no_unknown_one(client: ApiClient) -> None:
    held = await client.reserved()
    await client.give_back(held["id"])
    answer = await client.get("/bookme/meetings", timeSlotId=held["id"])
    assert (answer.status_code, answer.json()) == (200, [])


async def test_what_else_is_wrong_is_told_first(staff: ApiClient) -> None:
    body = MEETING | {"topicId": "abc", "type": "virtual"}
    errors = problem(await staff.post("/bookme/meetings", body), 400)["errors"]
    assert "/type" in {error["pointer"] for error in errors}
