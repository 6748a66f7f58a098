"""What is refused, what fails by a bug, and what cannot be done: each with planted texts in the request."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

from tests.e2e.topology import Topology
from tests.integration.api.support import FREJA, INGRID, NEW_EMPLOYEE, UNKNOWN
from tests.security.planted.story import Scenario
from tests.security.planted.texts import Markers
from tests.support.clients import BOOKED, Json, reservation

Refused = tuple[int, str, str, dict[str, Any]]
"""The status, the request, and what httpx is to send with it."""

MEETINGS: Final = "/bookme/meetings"
RESERVE: Final = "/bookme/time-slots/reserve"
TOO_LARGE: Final = 300_000
BROKEN: Final = ("employee", "webhook", "calendar", "feed", "idempotency_key")
"""Tables into which the API itself writes."""

NO_ID: Final = "no-id-that-exists"
"""An id that does not exist. Error bodies repeat it: it says which one."""


def malformed(markers: Markers, story: Scenario) -> Iterator[Refused]:
    text, content = markers("what is malformed"), story.content
    for wrong in ("customerTypeId", "timeSlotId", "roomId"):
        yield 404, "POST", MEETINGS, {"json": content | {wrong: NO_ID}}
    for wrong in ("type", "bookedBy", "nobodyKnows"):
        yield 400, "POST", MEETINGS, {"json": content | {wrong: text}}
    for wrong in ("customerId", "title", "description", "additionalEmployees"):
        yield 400, "POST", MEETINGS, {"json": content | {wrong: {text: [text]}}}
        yield 400, "POST", MEETINGS, {"json": content | {wrong: f"{text}\x00"}}
    slot = reservation(story.later, f"{text}\n")
    yield 400, "POST", RESERVE, {"json": slot}
    yield 400, "POST", RESERVE, {"json": slot | {"token": text, "timeSlot": {"startDate": text, "status": text}}}
    yield 400, "POST", MEETINGS, {"content": f'{{"title": "{text}', "headers": {"Content-Type": "application/json"}}
    yield 400, "POST", MEETINGS, {"json": content, "headers": {"Idempotency-Key": f"{text} {text}"}}
    yield 413, "POST", MEETINGS, {"json": content | {"title": text * (TOO_LARGE // len(text))}}
    yield 415, "POST", MEETINGS, {"content": text, "headers": {"Content-Type": "text/plain"}}
    for name in ("limit", "cursor", "startDateModified", "nobodyKnows"):
        yield 400, "GET", MEETINGS, {"params": {name: text}}
    yield 404, "GET", MEETINGS, {"params": {"employeeId": NO_ID}}


def malformed_changes(markers: Markers, story: Scenario) -> Iterator[Refused]:
    text, meeting = markers("what cannot be changed"), f"{MEETINGS}/{story.meeting['id']}"
    yield 400, "PATCH", meeting, {"json": [{"op": "test", "path": "/title", "value": text}]}
    yield 400, "PATCH", meeting, {"json": [{"op": text, "path": "/title", "value": text}]}
    yield 400, "PATCH", meeting, {"json": [{"op": "replace", "path": "/title", "value": {text: text}}]}
    yield 400, "PATCH", meeting, {"json": retitled(text), "headers": {"If-Match": text}}
    yield 412, "PATCH", meeting, {"json": retitled(text), "headers": {"If-Match": '"99"'}}
    yield 409, "PATCH", meeting, {"json": [{"op": "replace", "path": "/customerId", "value": text}]}
    yield 404, "PATCH", f"{MEETINGS}/{UNKNOWN}", {"json": retitled(text)}
    yield 405, "PUT", RESERVE, {"json": {"token": text}}
    yield 404, "POST", "/nowhere", {"json": {"token": text}, "params": {"access_token": text}}
    yield 409, "POST", MEETINGS, {"json": story.content | {"title": text}}
    key = {"Idempotency-Key": markers("Idempotency-Key of the meeting")}
    yield 409, "POST", MEETINGS, {"json": story.content | {"title": text}, "headers": key}
    slot = f"/bookme/time-slots/{story.booked['id']}"
    yield 409, "PATCH", slot, {"json": BOOKED, "params": {"reservationToken": text}}
    yield 409, "POST", RESERVE, {"json": reservation(story.meeting | {"id": None}, text)}


def unauthorised(markers: Markers, story: Scenario) -> Iterator[Refused]:
    text = markers("what is no access token")
    for scheme in ("Bearer", "Basic", text):
        yield 401, "POST", MEETINGS, {"json": story.content, "headers": {"Authorization": f"{scheme} {text}"}}
    yield 401, "GET", MEETINGS, {"params": {"access_token": text}, "headers": {"Authorization": ""}}
    form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": text}
    yield 401, "POST", "/oauth2/token", {"data": form, "headers": {"Authorization": ""}}
    yield (
        400,
        "POST",
        "/oauth2/token",
        {"data": form | {"client_secret": markers("OAuth client secret"), "scope": text}},
    )
    meeting = f"{MEETINGS}/{story.meeting['id']}"
    yield 403, "POST", "/bookme/config/employees", {"json": NEW_EMPLOYEE | {"displayName": text}}
    yield 403, "POST", "/bookme/webhooks", {"json": hook(text) | {"everyClient": True}}
    yield 404, "GET", f"/bookme/feeds/{markers('address of a feed')[:-1]}.ics", {"params": {"key": text}}
    yield 405, "POST", meeting, {"json": {"title": text}}


def of_staff(markers: Markers) -> Iterator[Refused]:
    text = markers("what staff get wrong")
    address = f"https://user:{text}@127.0.0.1/{text}"
    yield 400, "POST", "/bookme/webhooks", {"json": hook(text) | {"url": address}}
    yield 400, "POST", "/bookme/webhooks", {"json": hook(text) | {"url": f"ftp://{text}"}}
    yield 400, "POST", "/bookme/config/calendars", {"json": {"employeeId": FREJA, "name": text, "url": f"ftp://{text}"}}
    yield 404, "POST", "/bookme/config/calendars", {"json": {"employeeId": UNKNOWN, "name": text, "url": address}}
    yield 400, "POST", "/bookme/config/employees", {"json": NEW_EMPLOYEE | {"email": {text: text}}}
    employee = f"/bookme/config/employees/{INGRID}"
    yield 404, "PATCH", employee, {"json": [{"op": "replace", "path": "/topics", "value": [NO_ID]}]}
    busy = {"employeeId": FREJA, "startDate": text, "endDate": text, "status": text}
    yield 400, "POST", "/bookme/time-slots", {"json": busy}


async def refuse(story: Scenario) -> None:
    """Send all of them, and see that they are refused as they should be."""
    markers = story.stage.markers
    of_client = (*malformed(markers, story), *malformed_changes(markers, story), *unauthorised(markers, story))
    for client, requests in ((story.client, of_client), (story.staff, of_staff(markers))):
        for status, method, path, options in requests:
            headers = client.headers | options.get("headers", {})
            answer = await client.http.request(method, path, **options | {"headers": headers})
            assert answer.status_code == status, (method, path, options, answer.text)
    other = await story.stage.authorised("other")
    answer = await other.http.patch(f"{MEETINGS}/{story.meeting['id']}", json=retitled("Mine"), headers=other.headers)
    assert answer.status_code == 403, answer.text


async def meet_bugs(story: Scenario) -> None:
    """A database that forbids what it should not: 500 where the API writes, and steps that fail with a trace."""
    text, topology, staff = story.stage.markers("what a bug meets"), story.stage.topology, story.staff
    async with broken(topology, *BROKEN):
        answers = [
            await staff.http.request(*request, headers=staff.headers, json=body) for *request, body in written(text)
        ]
        answers.append(await staff.post(RESERVE, reservation(story.later), **{"Idempotency-Key": text}))
    assert [answer.status_code for answer in answers] == [500] * len(answers)
    async with broken(topology, "meeting"):
        answer = await story.ask("PATCH", f"{MEETINGS}/{story.meeting['id']}", json=retitled(text))
        assert answer.status_code == 503, answer.text


def written(text: str) -> Iterator[tuple[str, str, Any]]:
    """What the API stores itself."""
    named = {"employeeId": FREJA, "name": text}
    yield "PATCH", f"/bookme/config/employees/{INGRID}", [{"op": "replace", "path": "/displayName", "value": text}]
    yield "POST", "/bookme/webhooks", hook(text)
    yield "POST", "/bookme/config/calendars", named | {"url": f"https://{text}/"}
    yield "POST", "/bookme/config/feeds", named


async def lose_the_database(story: Scenario) -> None:
    """While it is away."""
    text, postgres = story.stage.markers("what comes while the database is away"), story.stage.topology.postgres
    await postgres.stop()
    try:
        answers = await asyncio.gather(
            story.client.post(RESERVE, reservation(story.later, text)),
            story.ask("PATCH", f"{MEETINGS}/{story.meeting['id']}", json=retitled(text)),
            story.staff.post("/bookme/webhooks", hook(text)),
        )
        await story.stage.topology.until(lambda: _said(story, "StorageUnavailable"))
    finally:
        await postgres.start()
    assert [answer.status_code for answer in answers] == [503] * len(answers)


async def _said(story: Scenario, word: str) -> bool:
    return word in story.stage.logged("the worker's log")


@asynccontextmanager
async def broken(topology: Topology, *tables: str) -> AsyncIterator[None]:
    for table in tables:
        await topology.query(f"ALTER TABLE {table} ADD CONSTRAINT a_bug CHECK (false) NOT VALID")
    try:
        yield
    finally:
        for table in tables:
            await topology.query(f"ALTER TABLE {table} DROP CONSTRAINT a_bug")


def retitled(text: str) -> list[Json]:
    return [{"op": "replace", "path": "/title", "value": text}]


def hook(text: str) -> Json:
    return {"url": f"http://127.0.0.1:9/{text}", "description": text}
