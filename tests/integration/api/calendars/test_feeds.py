"""Calendar feeds of employees: what they show, to whom, and for how long."""

import os
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from icalendar import Calendar
from sqlmodel import col

from api.app import create_app
from api.middleware.limits import RateLimit
from config.ports import free_port
from config.settings import Settings
from storage.database import Database
from storage.notifications.feeds import meetings_to_show
from storage.tables.booking import MeetingRow
from tests.integration.api.support import EVERY_SCOPE, FREJA, INGRID, UNKNOWN, ok, problem
from tests.integration.storage.transactions import statements, undone
from tests.support.clients import ApiClient, Json

PATH: Final = "/bookme/config/feeds"
MEETINGS: Final = "/bookme/meetings"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def operator(client: ApiClient) -> ApiClient:
    """Somebody who may do everything, with a worker that serves them."""
    return await client.as_another("operator", EVERY_SCOPE)


async def feed_of(client: ApiClient, employee: str = FREJA, **more: str) -> Json:
    return ok(await client.post(PATH, {"employeeId": employee, "name": "Her meetings"} | more))


async def read(client: ApiClient, feed: Json, method: str = "GET", **headers: str) -> httpx.Response:
    """Without a token, as calendars do."""
    headers.setdefault("Accept-Encoding", "identity")
    return await client.http.request(method, urlsplit(feed["url"]).path, headers=headers)


async def shown(client: ApiClient, feed: Json) -> list[Any]:
    answer = await read(client, feed)
    assert answer.status_code == 200, answer.text
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def meet(client: ApiClient, number: int = 0, employee: str = FREJA, **more: object) -> Json:
    slot = (await client.search(explicitEmployeeIds=employee, meetingTypes="online"))[number]
    return ok(await client.create_meeting(ok(await client.book(ok(await client.reserve(slot))["id"])), **more))


async def cancel(client: ApiClient, meeting: Json) -> None:
    ok(await client.http.delete(f"{MEETINGS}/{meeting['id']}", headers=client.headers))


async def retitle(client: ApiClient, meeting: Json, title: str) -> None:
    patch = [{"op": "replace", "path": "/title", "value": title}]
    ok(await client.http.patch(f"{MEETINGS}/{meeting['id']}", json=patch, headers=client.headers))


async def many(database: Database, like: Json, number: int, **columns: object) -> None:
    """So many more meetings like this one, cancelled, so that they need no time slots."""
    async with database.transaction() as session:
        row = (await session.get(MeetingRow, UUID(like["id"]))).model_dump()  # type: ignore[union-attr]
        other = {"time_slot_id": None, "cancelled_at": datetime.now(UTC)} | columns
        await session.execute(sa.insert(MeetingRow), [row | other | {"id": uuid4()} for _ in range(number)])


class TestManaging:
    async def test_the_address_is_shown_when_it_is_made_and_never_again(
        self, operator: ApiClient, database: Database
    ) -> None:
        made = await feed_of(operator, content="freebusy")
        assert made["url"].startswith("http://127.0.0.1:8000/bookme/feeds/")
        secret = made.pop("url").split("/")[-1].removesuffix(".ics")
        assert len(secret) == 43
        assert made["content"] == "FreeBusy"
        assert ok(await operator.get(f"{PATH}/{made['id']}")) == made
        assert (await operator.get(PATH)).json() == [made]
        async with database.transaction() as session:
            rows = str((await session.execute(sa.text("SELECT * FROM feed"))).all())
        assert made["id"] in rows
        assert secret not in rows

    async def test_each_has_another_address(self, operator: ApiClient) -> None:
        urls = {(await feed_of(operator))["url"] for _ in range(3)}
        assert len(urls) == 3

    async def test_those_of_one_employee_a_page_at_a_time(self, operator: ApiClient) -> None:
        hers = sorted([(await feed_of(operator))["id"] for _ in range(3)])
        await feed_of(operator, INGRID)
        first = await operator.get(PATH, employeeId=FREJA, limit="2")
        second = await operator.http.get(first.links["next"]["url"], headers=operator.headers)
        assert [each["id"] for each in (*first.json(), *second.json())] == hers
        assert "next" not in second.links

    async def test_a_revoked_one_is_gone_at_once(self, operator: ApiClient) -> None:
        made, other = await feed_of(operator), await feed_of(operator)
        etag = (await read(operator, made)).headers["etag"]
        path = f"{PATH}/{made['id']}"
        assert (await operator.http.delete(path, headers=operator.headers)).status_code == 204
        for headers in ({}, {"If-None-Match": etag}, {"If-None-Match": "*"}):
            assert (await read(operator, made, **headers)).status_code == 404
        assert (await read(operator, other)).status_code == 200
        problem(await operator.get(path), 404, "NOT_FOUND")

    async def test_of_somebody_unknown(self, operator: ApiClient) -> None:
        told = problem(await operator.post(PATH, {"employeeId": UNKNOWN, "name": "?"}), 404, "NOT_FOUND")
        assert (told["kind"], told["id"]) == ("employee", UNKNOWN)

    async def test_a_repeat_is_the_same_feed_at_the_same_address(self, operator: ApiClient) -> None:
        body = {"employeeId": FREJA, "name": "Her meetings"}
        first = ok(await operator.post(PATH, body, **{"Idempotency-Key": "a-feed"}))
        second = ok(await operator.post(PATH, body, **{"Idempotency-Key": "a-feed"}))
        assert first == second
        assert len((await operator.get(PATH)).json()) == 1
        assert (await read(operator, second)).status_code == 200


class TestShowing:
    async def test_the_meetings_of_one_employee(self, operator: ApiClient) -> None:
        hers, also_hers, another = (
            await meet(operator, 0, title="Hers"),
            await meet(operator, 4, INGRID, title="With her", additionalEmployees=[FREJA]),
            await meet(operator, 8, INGRID),
        )
        events = await shown(operator, await feed_of(operator))
        assert {event["UID"] for event in events} == {f"{each['id']}@bookme" for each in (hers, also_hers)}
        assert {str(event["SUMMARY"]) for event in events} == {"Hers", "With her"}
        assert {event["STATUS"] for event in events} == {"CONFIRMED"}
        assert f"{another['id']}@bookme" in {
            each["UID"] for each in await shown(operator, await feed_of(operator, INGRID))
        }

    async def test_a_cancelled_meeting_stays_and_says_so(self, operator: ApiClient) -> None:
        meeting = await meet(operator)
        feed, slot = await feed_of(operator), ok(await operator.time_slot(meeting["timeSlotId"]))
        await cancel(operator, meeting)
        (event,) = await shown(operator, feed)
        assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == (f"{meeting['id']}@bookme", "CANCELLED", 1)
        assert event.start.astimezone(UTC) == datetime.fromisoformat(slot["startDate"])

    async def test_for_thirty_days_after_they_ended(self, operator: ApiClient, database: Database) -> None:
        meeting, feed, now = await meet(operator), await feed_of(operator), datetime.now(UTC)
        await many(database, meeting, 1, title="Old", start_at=now - 30 * DAY - 2 * HOUR, end_at=now - 30 * DAY - HOUR)
        await many(database, meeting, 1, title="Recent", start_at=now - 30 * DAY, end_at=now - 30 * DAY + HOUR)
        assert [str(event["SUMMARY"]) for event in await shown(operator, feed)] == ["Advice", "Recent"]

    async def test_busy_time_without_any_detail(self, operator: ApiClient) -> None:
        meeting, cancelled = (
            await meet(operator, 0, title="A secret", description="told to nobody"),
            await meet(operator, 4),
        )
        await cancel(operator, cancelled)
        feed = await feed_of(operator, content="FreeBusy")
        (event,) = await shown(operator, feed)
        assert (event["SUMMARY"], event["CLASS"]) == ("Busy", "PRIVATE")
        text = (await read(operator, feed)).text
        for detail in ("secret", "nobody", meeting["id"], "nordhavn", "customer-4711"):
            assert detail not in text

    async def test_of_an_employee_without_meetings(self, operator: ApiClient) -> None:
        assert await shown(operator, await feed_of(operator)) == []

    async def test_takes_as_many_statements_for_many_meetings(
        self, operator: ApiClient, database: Database, app: FastAPI
    ) -> None:
        meeting, feed = await meet(operator), await feed_of(operator)
        counted = []
        for number in (1, 200):
            await many(database, meeting, number)
            with statements(app.state.resources.database) as seen:
                assert (await read(operator, feed)).status_code == 200
            counted.append(len(seen))
        assert counted[0] == counted[1] <= 11

    async def test_by_index(self, database: Database) -> None:
        """Both sides of the condition have an index. The number of rows decides which one the planner takes."""
        async with undone(database) as session:
            with statements(database) as seen:
                await session.scalars(meetings_to_show(UUID(INGRID)))
            await session.execute(sa.text("SET LOCAL enable_seqscan = off"))

            async def plan(query: str) -> str:
                return "\n".join(await session.scalars(sa.text(f"EXPLAIN {query}")))

            query = seen[0].replace("$1::UUID", f"'{INGRID}'::uuid").replace("$2::UUID[]", f"ARRAY['{INGRID}'::uuid]")
            query = query.replace("$3::INTERVAL", "interval 'P30D'").replace("$4::INTEGER", "10")
            assert "Seq Scan" not in await plan(query)
            one = f"SELECT id FROM meeting WHERE employee_id = '{INGRID}' AND end_at > now()"
            other = f"SELECT id FROM meeting WHERE additional_employees @> ARRAY['{INGRID}'::uuid]"
            assert "meeting_by_employee" in await plan(one)
            assert "meeting_by_additional_employee" in await plan(other)


class TestAsking:
    async def test_how_it_is_answered(self, operator: ApiClient) -> None:
        await meet(operator)
        answer = await read(operator, await feed_of(operator))
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["etag"].startswith('"')
        assert parsedate_to_datetime(answer.headers["last-modified"]) <= datetime.now(UTC) + timedelta(seconds=1)

    async def test_head(self, operator: ApiClient) -> None:
        await meet(operator)
        feed = await feed_of(operator)
        got, asked = await read(operator, feed), await read(operator, feed, "HEAD")
        assert asked.content == b""
        for name in ("etag", "last-modified", "content-type", "content-length", "cache-control"):
            assert asked.headers[name] == got.headers[name]
        assert (await read(operator, feed, "HEAD", **{"If-None-Match": got.headers["etag"]})).status_code == 304

    async def test_whoever_has_it_is_told_so(self, operator: ApiClient) -> None:
        await meet(operator)
        feed = await feed_of(operator)
        answer = await read(operator, feed)
        etag, modified = answer.headers["etag"], answer.headers["last-modified"]
        earlier = "Mon, 01 Jan 2024 00:00:00 GMT"
        for headers, status in (
            ({"If-None-Match": etag}, 304),
            ({"If-None-Match": f'"another", W/{etag}'}, 304),
            ({"If-None-Match": "*"}, 304),
            ({"If-None-Match": '"another"'}, 200),
            ({"If-None-Match": '"another"', "If-Modified-Since": modified}, 200),
            ({"If-None-Match": etag, "If-Modified-Since": earlier}, 304),
            ({"If-Modified-Since": modified}, 304),
            ({"If-Modified-Since": earlier}, 200),
            ({"If-Modified-Since": "some day"}, 200),
        ):
            again = await read(operator, feed, **headers)
            assert again.status_code == status, headers
            assert (again.headers["etag"], again.headers["last-modified"]) == (etag, modified)
            assert again.content == (b"" if status == 304 else answer.content)

    async def test_it_is_another_one_after_every_change(self, operator: ApiClient, database: Database) -> None:
        """Also when a meeting only left the feed, and within one second."""
        first, second = await meet(operator, 0), await meet(operator, 4)
        feed = await feed_of(operator)
        seen = [(await read(operator, feed)).headers]
        for change in ("retitle", "cancel", "leave"):
            match change:
                case "retitle":
                    await retitle(operator, first, "Changed")
                case "cancel":
                    await cancel(operator, second)
                case _:
                    async with database.transaction() as session:
                        gone = sa.delete(MeetingRow).where(col(MeetingRow.id) == UUID(second["id"]))
                        await session.execute(gone)
            before, answer = seen[-1], await read(operator, feed, **{"If-Modified-Since": seen[-1]["last-modified"]})
            assert answer.status_code == 200, change
            assert answer.headers["etag"] != before["etag"]
            assert parsedate_to_datetime(answer.headers["last-modified"]) > parsedate_to_datetime(
                before["last-modified"]
            )
            seen.append(answer.headers)


class TestStrangers:
    @pytest.mark.parametrize("secret", ["A" * 43, "short", "%00", "..%2F" * 9, "é" * 43, "A" * 5000])
    async def test_are_told_nothing(self, http: httpx.AsyncClient, secret: str) -> None:
        told = problem(await http.get(f"/bookme/feeds/{secret}.ics"), 404)
        assert told["message"].startswith("There is nothing at ")
        assert set(told) == set(problem(await http.get("/bookme/nowhere"), 404))

    async def test_nobody_may_ask_too_often(self, operator: ApiClient, app: FastAPI) -> None:
        feed, other = await feed_of(operator), await feed_of(operator)
        app.state.feed_rate_limit = RateLimit("2/minute")
        assert [(await read(operator, feed)).status_code for _ in range(3)] == [200, 200, 429]
        assert (await read(operator, other)).status_code == 200

    async def test_the_secret_is_in_no_log_and_no_metric(
        self, operator: ApiClient, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG", "api")
        caplog.set_level("DEBUG", "storage")
        feed = await feed_of(operator)
        secret = feed["url"].split("/")[-1].removesuffix(".ics")
        await read(operator, feed)
        metrics = (await operator.http.get("/metrics")).text
        assert 'route="/bookme/feeds/{secret}.ics"' in metrics
        monkeypatch.setitem(os.environ, "TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
        nowhere = settings.model_dump() | {"database_url": f"postgresql://bookme@127.0.0.1:{free_port()}/bookme"}
        app = create_app(Settings.model_validate(nowhere))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://bookme.test") as http,
        ):
            problem(await http.get(urlsplit(feed["url"]).path), 503)
        logged = [str(vars(record)) for record in caplog.records]
        assert any("cannot serve now" in each for each in logged)
        assert not [each for each in (*logged, metrics) if secret in each]
