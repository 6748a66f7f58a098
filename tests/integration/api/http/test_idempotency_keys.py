"""Under an `Idempotency-Key`, the first decided outcome is the outcome of every repeat: of every POST that there is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from config.settings import Settings
from domain.errors import TimeSlotTaken
from storage.bookings.idempotency import Outcome, claim_key, keep_outcome, lock_key
from storage.database import Database
from tests.integration.api.support import (
    EVERY_SCOPE,
    FREJA,
    NEW_EMPLOYEE,
    SLOT,
    ok,
    problem,
    reserve_through_run,
    rows,
    settled,
)
from tests.support.clients import ApiClient, Json, reservation

KEY: Final = "Idempotency-Key"
NOT_KEYED: Final = {"/oauth2/token"}
"""The development issuer's."""

CONFIG: Final = "/bookme/config"
HOLIDAYS: Final = {"country": "DK", "years": [2099]}

Prepared = tuple[str, object]
"""A path and a body."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allow_private_addresses": True})


@pytest.fixture
async def staff(client: ApiClient, configurable: Database) -> ApiClient:
    return await client.as_another("staff", EVERY_SCOPE)


async def reserve(client: ApiClient) -> Prepared:
    return "/bookme/time-slots/reserve", reservation((await client.search())[0])


async def extend(client: ApiClient) -> Prepared:
    return f"/bookme/time-slots/{(await client.reserved())['id']}/extend", None


async def create_meeting(client: ApiClient) -> Prepared:
    return "/bookme/meetings", await client.meeting(await client.booked())


async def meeting(client: ApiClient) -> Json:
    path, content = await create_meeting(client)
    return ok(await client.post(path, content))


async def move(client: ApiClient) -> Prepared:
    made = await meeting(client)
    later = await client.search(explicitEmployeeIds=made["employeeId"], meetingTypes="online")
    return f"/bookme/meetings/{made['id']}/move", {"startDate": later[-1]["startDate"]}


async def calendar_file(client: ApiClient) -> Prepared:
    return f"/bookme/meetings/{(await meeting(client))['id']}/ical", {"title": "A"}


async def webhook(client: ApiClient) -> Json:
    return ok(await client.post("/bookme/webhooks", WEBHOOK))


async def rotate(client: ApiClient) -> Prepared:
    return f"/bookme/webhooks/{(await webhook(client))['id']}/rotate-secret", None


async def redeliver(client: ApiClient) -> Prepared:
    made = await webhook(client)
    await client.reserved()
    await client.get("/bookme/events")
    (delivery,) = (await client.get(f"/bookme/webhooks/{made['id']}/deliveries")).json()
    return f"/bookme/webhooks/{made['id']}/deliveries/{delivery['id']}/redeliver", None


async def refresh(client: ApiClient) -> Prepared:
    made = ok(await client.post(f"{CONFIG}/calendars", {"employeeId": FREJA, "name": "File"}))
    return f"{CONFIG}/calendars/{made['id']}/refresh", None


def plain(path: str, body: object) -> Callable[[ApiClient], Awaitable[Prepared]]:
    async def prepared(_: ApiClient) -> Prepared:
        return path, body

    return prepared


WEBHOOK: Final = {"url": "http://127.0.0.1:9/hook", "eventTypes": ["booking.reserved"]}
POSTS: Final[Mapping[str, Callable[[ApiClient], Awaitable[Prepared]]]] = {
    "/bookme/time-slots/reserve": reserve,
    "/bookme/time-slots/{id}/extend": extend,
    "/bookme/time-slots": plain("/bookme/time-slots", SLOT | {"status": "Busy"}),
    "/bookme/meetings": create_meeting,
    "/bookme/meetings/{id}/move": move,
    "/bookme/meetings/{id}/ical": calendar_file,
    "/bookme/webhooks": plain("/bookme/webhooks", WEBHOOK),
    "/bookme/webhooks/{id}/rotate-secret": rotate,
    "/bookme/webhooks/{id}/deliveries/{delivery}/redeliver": redeliver,
    "/bookme/meeting-topics": plain("/bookme/meeting-topics", {"name": "New", "uniqueTopicId": "new"}),
    "/config/customer-types": plain("/config/customer-types", {"name": "New"}),
    f"{CONFIG}/closing-days": plain(f"{CONFIG}/closing-days", {"date": "2190-01-07", "name": "New"}),
    f"{CONFIG}/closing-days/holidays": plain(f"{CONFIG}/closing-days/holidays", HOLIDAYS),
    f"{CONFIG}/employees": plain(f"{CONFIG}/employees", NEW_EMPLOYEE),
    f"{CONFIG}/rooms": plain(f"{CONFIG}/rooms", {"name": "New", "location": "copenhagen-city"}),
    f"{CONFIG}/locations": plain(f"{CONFIG}/locations", {"id": "new", "displayName": "New"}),
    f"{CONFIG}/competence-groups": plain(f"{CONFIG}/competence-groups", {"name": "New"}),
    f"{CONFIG}/service-groups": plain(f"{CONFIG}/service-groups", {"name": "New"}),
    f"{CONFIG}/calendars": plain(f"{CONFIG}/calendars", {"employeeId": FREJA, "name": "New"}),
    f"{CONFIG}/calendars/{{id}}/refresh": refresh,
    f"{CONFIG}/feeds": plain(f"{CONFIG}/feeds", {"employeeId": FREJA, "name": "New"}),
}


MAKE_NOTHING: Final = {"/bookme/meetings/{id}/ical", f"{CONFIG}/closing-days/holidays"}
"""These make nothing that could be removed as one thing."""


def test_every_post_takes_a_key_and_is_tried_here(app: FastAPI) -> None:
    posts = {path: each["post"] for path, each in app.openapi()["paths"].items() if "post" in each}
    takes_a_key = {path for path, post in posts.items() if KEY in str(post.get("parameters"))}
    assert set(posts) - NOT_KEYED == takes_a_key == set(POSTS)


@pytest.mark.parametrize("path", POSTS)
async def test_a_repeat_does_nothing_and_answers_the_same(staff: ApiClient, database: Database, path: str) -> None:
    url, body = await POSTS[path](staff)
    first = await staff.post(url, body, **{KEY: "once"})
    assert first.status_code == 200, first.text
    before = await rows(database)
    again = await staff.post(url, body, **{KEY: "once"})
    assert again.status_code == 200, again.text
    assert without_dates(again) == without_dates(first)
    assert await rows(database) == before
    problem(await staff.post(url, body, **{KEY: "once"}, **{"If-Match": "*"}), 409, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("path", sorted(POSTS.keys() - MAKE_NOTHING))
async def test_a_repeat_does_not_bring_back_what_was_removed(
    staff: ApiClient, configurable: Database, path: str
) -> None:
    url, body = await POSTS[path](staff)
    first = ok(await staff.post(url, body, **{KEY: "gone"}))
    removed = await remove(staff, path, url, first)
    assert removed.status_code in (200, 204), removed.text
    before = await rows(configurable)
    body = problem(await staff.post(url, body, **{KEY: "gone"}), 410, "GONE")
    assert "eserve" not in body["message"], "no advice that would book twice"
    assert await rows(configurable) == before


async def remove(client: ApiClient, path: str, url: str, made: Json) -> httpx.Response:
    """Delete what the request made or changed."""
    if path.endswith("closing-days"):
        return await client.http.delete(f"{url}/{made['date']}", headers=client.headers)
    if path.startswith("/bookme/webhooks/"):
        at = "/".join(url.split("/")[:4])
    elif path.endswith(("move", "refresh", "extend")):
        at = url.rsplit("/", 1)[0]
    else:
        at = f"{url.removesuffix('/reserve')}/{made['id']}"
    return await client.http.delete(at, headers=client.headers)


async def test_a_refused_reservation_stays_refused(client: ApiClient) -> None:
    """The look at the database refuses it, before any workflow is asked."""
    offered = (await client.search())[0]
    held, body = ok(await client.reserve(offered)), reservation(offered)
    url = "/bookme/time-slots/reserve"
    first = problem(await client.post(url, body, **{KEY: "taken"}), 409, "TIME_SLOT_TAKEN")
    assert (await client.give_back(held["id"])).status_code == 204
    again = problem(await client.post(url, body, **{KEY: "taken"}), 409, "TIME_SLOT_TAKEN")
    assert again | {"requestId": ""} == first | {"requestId": ""}, "word for word"
    ok(await client.post(url, body, **{KEY: "another"}))


async def test_a_refused_meeting_stays_refused(client: ApiClient) -> None:
    held = await client.reserved()
    content = await client.meeting(held)
    problem(await client.post("/bookme/meetings", content, **{KEY: "early"}), 409, "TIME_SLOT_NOT_BOOKED")
    ok(await client.book(held["id"]))
    problem(await client.post("/bookme/meetings", content, **{KEY: "early"}), 409, "TIME_SLOT_NOT_BOOKED")
    ok(await client.post("/bookme/meetings", content, **{KEY: "in-time"}))


async def test_a_refused_change_of_the_configuration_stays_refused(staff: ApiClient) -> None:
    url, body = f"{CONFIG}/closing-days", {"date": "2190-01-07", "name": "New"}
    ok(await staff.post(url, body))
    problem(await staff.post(url, body, **{KEY: "closed"}), 409, "ALREADY_EXISTS")
    assert (await staff.http.delete(f"{url}/2190-01-07", headers=staff.headers)).status_code == 204
    problem(await staff.post(url, body, **{KEY: "closed"}), 409, "ALREADY_EXISTS")
    assert (await staff.get(url, **{"from": "2190-01-07", "to": "2190-01-07"})).json() == []


async def test_a_repeated_move_does_not_move_the_meeting_back(client: ApiClient) -> None:
    url, there = await move(client)
    moved = ok(await client.post(url, there, **{KEY: "there"}))
    elsewhere = (await client.search(explicitEmployeeIds=moved["employeeId"], meetingTypes="online"))[0]
    last = ok(await client.post(url, {"startDate": elsewhere["startDate"]}, **{KEY: "elsewhere"}))
    assert ok(await client.post(url, there, **{KEY: "there"})) == last, "as it is now"
    assert ok(await client.get(f"/bookme/meetings/{last['id']}")) == last


async def test_a_meeting_that_was_moved_is_answered_by_the_repeat_that_made_it(client: ApiClient) -> None:
    """And its reservation says that the time slot is gone, without the advice to reserve another one."""
    body = reservation((await client.search(meetingTypes="online"))[0])
    held = ok(await client.post("/bookme/time-slots/reserve", body, **{KEY: "held"}))
    content = await client.meeting(ok(await client.book(held["id"])))
    made = ok(await client.post("/bookme/meetings", content, **{KEY: "made"}))
    later = (await client.search(explicitEmployeeIds=held["employeeId"], meetingTypes="online"))[-1]
    moved = ok(await client.post(f"/bookme/meetings/{made['id']}/move", {"startDate": later["startDate"]}))
    assert ok(await client.post("/bookme/meetings", content, **{KEY: "made"})) == moved
    gone = problem(await client.post("/bookme/time-slots/reserve", body, **{KEY: "held"}), 410, "GONE")
    assert gone["why"] == "it was freed when its meeting was moved"


async def test_a_repeat_rotates_no_secret(client: ApiClient) -> None:
    url, _ = await rotate(client)
    first = ok(await client.post(url, None, **{KEY: "first"}))
    second = ok(await client.post(url, None, **{KEY: "second"}))
    assert second["secret"] != first["secret"]
    assert ok(await client.post(url, None, **{KEY: "first"})) == second


async def test_the_query_belongs_to_the_request(client: ApiClient) -> None:
    url, _ = await rotate(client)
    ok(await client.post(url, None, **{KEY: "query"}))
    problem(await client.post(f"{url}?gracePeriod=PT0S", None, **{KEY: "query"}), 409, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("path", POSTS)
async def test_of_many_at_once_one_acts(staff: ApiClient, database: Database, path: str) -> None:
    url, body = await POSTS[path](staff)
    answers = await asyncio.gather(*(settled(lambda: staff.post(url, body, **{KEY: "many"})) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert all(without_dates(each) == without_dates(answers[0]) for each in answers)


async def test_the_step_keeps_its_outcome_with_its_effect(client: ApiClient, app: FastAPI, database: Database) -> None:
    """So that a process that dies before it answers leaves the outcome behind."""
    body = reservation((await client.search())[0])
    async with database.transaction() as session:
        await claim_key(session, "digest", "fingerprint")
    held = await reserve_through_run(app, body, "attempt", key="digest")
    async with database.transaction() as session:
        assert await lock_key(session, "digest") == Outcome({"id": str(held.time_slot.id)})


async def test_a_step_does_nothing_once_the_request_is_refused(
    client: ApiClient, app: FastAPI, database: Database
) -> None:
    """A second process has found that the time slot is taken, and has said so, while the step was on its way."""
    body = reservation((await client.search())[0])
    async with database.transaction() as session:
        await claim_key(session, "digest", "fingerprint")
        await keep_outcome(session, "digest", Outcome(refused=TimeSlotTaken()))
    with pytest.raises(TimeSlotTaken):
        await reserve_through_run(app, body, "attempt", key="digest")
    assert (await rows(database))["time_slot"] == 0


async def test_a_key_tells_nothing_of_itself_to_the_database(staff: ApiClient, database: Database) -> None:
    """A feed's address is made of it."""
    feed = ok(await staff.post(f"{CONFIG}/feeds", {"employeeId": FREJA, "name": "New"}, **{KEY: "a-secret-key"}))
    async with database.transaction() as session:
        stored = str((await session.execute(sa.text("SELECT idempotency_key, feed FROM idempotency_key, feed"))).all())
    assert "a-secret-key" not in stored
    assert feed["url"].rsplit("/", 1)[1].removesuffix(".ics") not in stored
    assert (await staff.http.get(feed["url"].replace("http://127.0.0.1:8000", ""))).status_code == 200


def without_dates(answer: httpx.Response) -> object:
    """A calendar file tells when it was made."""
    if "json" in answer.headers["content-type"]:
        return answer.json()
    return [line for line in answer.text.splitlines() if not line.startswith("DTSTAMP")]
