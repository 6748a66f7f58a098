"""Employees' calendars elsewhere: what is busy there is not offered, whatever becomes of the feed."""

import gzip
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from temporalio.client import Client

from activities.booking import BookingActivities
from activities.calendars import CalendarActivities, Calendars
from config.settings import Settings
from integrations.calendars.feeds import Feeds
from integrations.http.outbound import outbound_client
from storage.database import Database
from tests.integration.api.calendars.calendar_files import HOUR, PATH, around, calendar, ics, offered, put_file, shown
from tests.integration.api.support import FREJA, INGRID, UNKNOWN, eventually, ok, problem
from tests.support.clients import ApiClient, Json, next_monday
from tests.support.feed_server import FeedServer
from workers.main import make_worker
from workers.schedules import schedule_calendar_refresh
from workflows.common.runs import REFRESH_CALENDARS_SCHEDULE


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allow_private_addresses": True, "max_calendar_bytes": 4096})


@pytest.fixture
async def operator(http: httpx.AsyncClient, configurable: Database) -> ApiClient:
    return await ApiClient.authorised(http, "operator", "bookme.read bookme.config bookme.staff")


class TestOtherSettings:
    """What calendars have not been read for is not offered."""

    async def configure(self, operator: ApiClient, **values: str) -> None:
        operations = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]
        path = "/bookme/config/organization"
        ok(await operator.http.patch(path, json=operations, headers=operator.headers))

    async def offered_far_ahead(self, operator: ApiClient) -> list[datetime]:
        asked = {"explicitEmployeeIds": FREJA, "meetingTypes": "online", "lookForwardTime": "P1D"}
        start = next_monday() + timedelta(weeks=40)
        return [
            datetime.fromisoformat(each["startDate"])
            for each in await operator.search(**asked, startDate=start.isoformat())
        ]

    async def test_a_longer_reach(self, operator: ApiClient) -> None:
        busy = next_monday() + timedelta(weeks=40, hours=9)
        made = await calendar(operator)
        ok(await put_file(operator, made, ics(busy)))
        near = await offered(operator)
        assert near
        await self.configure(operator, maxTimeFromBookingToMeeting="300.00:00:00")
        assert await offered(operator) == near
        assert not await self.offered_far_ahead(operator)
        ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))
        far = await self.offered_far_ahead(operator)
        assert far
        assert not [start for start in far if start < busy + HOUR and start + HOUR > busy]

    async def test_another_time_zone(self, operator: ApiClient) -> None:
        made = await calendar(operator)
        ok(await put_file(operator, made, ics(next_monday() + timedelta(weeks=1))))
        await self.configure(operator, timeZone="Europe/London")
        assert not await offered(operator)
        ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))
        assert await offered(operator)

    async def readdress(self, operator: ApiClient, email: str) -> None:
        patch = [{"op": "replace", "path": "/email", "value": email}]
        path = f"/bookme/config/employees/{FREJA}"
        ok(await operator.http.patch(path, json=patch, headers=operator.headers))

    async def test_another_address_of_the_employee(self, operator: ApiClient) -> None:
        address = ok(await operator.get(f"/bookme/config/employees/{FREJA}"))["email"]
        before, made = await offered(operator), await calendar(operator)
        declined = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{address}\r\n"
        ok(await put_file(operator, made, ics(before[2], rule=declined)))
        await self.readdress(operator, address.upper())
        assert await offered(operator) == before
        await self.readdress(operator, "freja.new@example.com")
        assert not await offered(operator)
        ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))
        assert await offered(operator) == [each for each in before if each not in around(before[2])]

    async def test_another_address_while_a_calendar_is_read(self, operator: ApiClient, configurable: Database) -> None:
        made = await calendar(operator)
        ok(await put_file(operator, made, ics(next_monday() + timedelta(weeks=1))))
        async with outbound_client(private_too=True) as outside:
            reader = Calendars(configurable, Feeds(outside, 4096))
            reading = await reader._begin(UUID(made["id"]))
            await self.readdress(operator, "freja.new@example.com")
            await reader._store(reading, [])
        assert not await offered(operator)

    async def test_another_address_of_one_without_calendars(self, operator: ApiClient) -> None:
        before = await offered(operator)
        await calendar(operator, employeeId=INGRID)
        await self.readdress(operator, "freja.new@example.com")
        assert await offered(operator) == before

    async def test_a_reading_that_was_under_way(self, operator: ApiClient, configurable: Database) -> None:
        made = await calendar(operator)
        ok(await put_file(operator, made, ics(next_monday() + timedelta(weeks=1))))
        async with outbound_client(private_too=True) as outside:
            reader = Calendars(configurable, Feeds(outside, 4096))
            reading = await reader._begin(UUID(made["id"]))
            await self.configure(operator, timeZone="Europe/London", maxTimeFromBookingToMeeting="300.00:00:00")
            await reader._store(reading, [])
        assert not await offered(operator)
        assert not await self.offered_far_ahead(operator)


class TestAFeed:
    async def test_is_read_at_once(self, operator: ApiClient, feed: FeedServer) -> None:
        before = await offered(operator)
        feed.body = ics(before[2], rule="RRULE:FREQ=DAILY;COUNT=3\r\n")
        made = await calendar(operator, url=feed.url)
        assert (made["busyTimes"], made.get("failure")) == (3, None)
        assert before[2] not in await offered(operator)

    async def test_that_changes_is_read_again(self, operator: ApiClient, feed: FeedServer) -> None:
        before = await offered(operator)
        feed.body = ics(before[2])
        made = await calendar(operator, url=feed.url)
        feed.body = ics(before[6])
        assert ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))["busyTimes"] == 1
        assert await offered(operator) == [each for each in before if each not in around(before[6])]

    @pytest.mark.parametrize(
        ("status", "body", "why"),
        [
            ("500 Oops", b"", "500"),
            ("200 OK", b"<html>Log in</html>", "iCalendar"),
            ("200 OK", b"x" * 5000, "larger"),
            ("302 Found", b"", "TooManyRedirects"),
        ],
        ids=["error", "no-calendar", "too-large", "round-and-round"],
    )
    async def test_that_fails_keeps_what_was_known_and_says_why(
        self, operator: ApiClient, feed: FeedServer, status: str, body: bytes, why: str
    ) -> None:
        before = await offered(operator)
        feed.body = ics(before[2])
        made = await calendar(operator, url=feed.url)
        without = await offered(operator)
        feed.status, feed.body, feed.headers = status, body, "Location: /secret.ics\r\n"
        failed = ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))
        assert why in failed["failure"]
        assert "secret" not in failed["failure"]
        assert (failed["busyTimes"], failed["importedAt"]) == (1, made["importedAt"])
        assert failed["failedAt"] > made["importedAt"]
        assert await offered(operator) == without
        feed.status, feed.body, feed.headers = "200 OK", ics(before[6]), ""
        healed = ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))
        assert "failure" not in healed
        assert await offered(operator) == [each for each in before if each not in around(before[6])]

    @pytest.mark.parametrize("headers", ["", "Content-Encoding: gzip\r\n"], ids=["a-gzip-file", "encoded"])
    async def test_may_be_compressed(self, operator: ApiClient, feed: FeedServer, headers: str) -> None:
        feed.body, feed.headers = gzip.compress(ics(next_monday())), headers
        made = await calendar(operator, url=feed.url)
        assert (made["busyTimes"], made.get("failure")) == (1, None)

    @pytest.mark.parametrize(
        ("body", "encoding", "why"),
        [
            (gzip.compress(b" " * 5_000_000), "gzip", "larger"),
            (gzip.compress(ics(next_monday()))[:-9], "gzip", "early"),
            (b"BEGIN:VCALENDAR", "gzip", "malformed"),
            (ics(next_monday()), "br", "another way"),
        ],
        ids=["bomb", "cut-off", "not-compressed", "brotli"],
    )
    async def test_that_is_compressed_badly_says_why(
        self, operator: ApiClient, feed: FeedServer, body: bytes, encoding: str, why: str
    ) -> None:
        feed.body, feed.headers = body, f"Content-Encoding: {encoding}\r\n"
        assert why in (await calendar(operator, url=feed.url))["failure"]

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("UID:a\0b\r\n", "NUL"),
            ("DTSTART:20261207T100000Z\r\n", "more than one DTSTART"),
            ("RRULE:FREQ=DAILY;INTERVAL=0\r\n", "INTERVAL"),
            ("EXDATE;TZID=Nowhere/Land:20261214T100000\r\n", "Nowhere/Land"),
        ],
        ids=["nul", "two-starts", "endless", "unknown-zone"],
    )
    async def test_that_cannot_be_understood_says_why_and_a_file_is_refused(
        self, operator: ApiClient, feed: FeedServer, line: str, why: str
    ) -> None:
        feed.body = ics(next_monday(), rule=line)
        assert why in (await calendar(operator, url=feed.url))["failure"]
        assert why in problem(await put_file(operator, await calendar(operator), feed.body), 400)["message"]

    async def test_what_its_owner_has_declined_is_free(self, operator: ApiClient, feed: FeedServer) -> None:
        address = ok(await operator.get(f"/bookme/config/employees/{FREJA}"))["email"]
        feed.body = ics(next_monday(), rule=f"ATTENDEE;PARTSTAT=DECLINED:mailto:{address.upper()}\r\n")
        assert (await calendar(operator, url=feed.url))["busyTimes"] == 0
        feed.body = ics(next_monday(), rule="ATTENDEE;PARTSTAT=DECLINED:mailto:somebody@example.com\r\n")
        assert (await calendar(operator, url=feed.url))["busyTimes"] == 1

    async def test_that_is_not_there_is_made_all_the_same(self, operator: ApiClient) -> None:
        made = await calendar(operator, url="http://127.0.0.1:9/calendar.ics")
        assert "cannot be read" in made["failure"]
        assert made["busyTimes"] == 0

    async def test_its_address_has_at_most_2000_characters(self, operator: ApiClient) -> None:
        longest = "http://127.0.0.1:9/".ljust(2_000, "x")
        assert (await calendar(operator, url=longest))["url"] == longest
        body = problem(await operator.post(PATH, {"employeeId": FREJA, "name": "x", "url": f"{longest}x"}), 400)
        assert [each["pointer"] for each in body["errors"]] == ["/url"]

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/b", "https://", "javascript:1", "http://[::1", ""])
    async def test_has_a_web_address(self, operator: ApiClient, url: str) -> None:
        body = problem(await operator.post(PATH, {"employeeId": FREJA, "name": "x", "url": url}), 400)
        assert [each["pointer"] for each in body["errors"]] == ["/url"]

    async def test_can_be_pointed_elsewhere_but_stays_with_its_employee(
        self, operator: ApiClient, feed: FeedServer
    ) -> None:
        before = await offered(operator)
        feed.body = ics(before[2])
        made = await calendar(operator)
        patch = [{"op": "add", "path": "/url", "value": feed.url}]
        path = f"{PATH}/{made['id']}"
        assert ok(await operator.http.patch(path, json=patch, headers=operator.headers))["busyTimes"] == 1
        patch = [{"op": "replace", "path": "/employeeId", "value": INGRID}]
        body = problem(await operator.http.patch(path, json=patch, headers=operator.headers), 400)
        assert "employeeId" in body["message"]

    @pytest.mark.parametrize("body", [ics(next_monday()), b"no calendar"], ids=["well", "badly"])
    async def test_that_is_read_late_changes_nothing_of_what_took_its_place(
        self, operator: ApiClient, database: Database, body: bytes
    ) -> None:
        made = await calendar(operator, url="http://127.0.0.1:9/calendar.ics")

        class SlowFeeds(Feeds):
            async def read(self, url: str) -> bytes:
                assert url == made["url"]
                patch = [{"op": "remove", "path": "/url"}]
                ok(await operator.http.patch(f"{PATH}/{made['id']}", json=patch, headers=operator.headers))
                ok(await put_file(operator, made, ics(next_monday(), next_monday() + HOUR)))
                return body

        async with outbound_client(private_too=True) as outside:
            await Calendars(database, SlowFeeds(outside, 4096)).refresh(UUID(made["id"]))
        after = await shown(operator, made)
        assert (after["busyTimes"], after.get("failure")) == (2, None)


class TestAList:
    async def test_of_one_employee(self, operator: ApiClient) -> None:
        hers = [await calendar(operator, name=name) for name in ("a", "b", "c")]
        await calendar(operator, employeeId=INGRID)
        answer = await operator.get(PATH, employeeId=FREJA, limit="2")
        found = answer.json()
        answer = await operator.http.get(answer.links["next"]["url"], headers=operator.headers)
        assert {each["id"] for each in found + answer.json()} == {each["id"] for each in hers}
        assert len(ok(await operator.get(PATH))) == 4

    async def test_an_unknown_employee_has_none(self, operator: ApiClient) -> None:
        body = problem(await operator.post(PATH, {"employeeId": UNKNOWN, "name": "x"}), 404, "NOT_FOUND")
        assert body["kind"] == "employee"


async def test_a_key_makes_one_calendar(operator: ApiClient, feed: FeedServer) -> None:
    feed.body = ics(next_monday())
    body = {"employeeId": FREJA, "name": "Outlook", "url": feed.url}
    made = [ok(await operator.post(PATH, body, **{"Idempotency-Key": "k"})) for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]


async def test_private_addresses_are_refused(operator: ApiClient, feed: FeedServer, database: Database) -> None:
    made = await calendar(operator, url=feed.url)
    reached = len(feed.requests)
    async with outbound_client(private_too=False) as outside:
        refreshed = await Calendars(database, Feeds(outside, 4096)).refresh(uuid_of(made))
    assert "ForbiddenAddress" in str(refreshed.failure)
    assert len(feed.requests) == reached


def uuid_of(made: Json) -> UUID:
    return UUID(made["id"])


async def test_a_schedule_refreshes_every_calendar(
    operator: ApiClient,
    feed: FeedServer,
    engine: Client,
    settings: Settings,
    database: Database,
    steps: BookingActivities,
) -> None:
    before = await offered(operator)
    made = [await calendar(operator, url=feed.url, name=str(each)) for each in range(3)]
    broken = await calendar(operator, url="http://127.0.0.1:9/calendar.ics")
    feed.body = ics(before[2])
    async with outbound_client(private_too=True) as outside:
        reading = CalendarActivities(database, Calendars(database, Feeds(outside, 4096)))
        async with make_worker(engine, settings.task_queue, steps, reading):
            await schedule_calendar_refresh(engine, settings.task_queue, timedelta(days=1))
            schedule = engine.get_schedule_handle(REFRESH_CALENDARS_SCHEDULE)
            await schedule.trigger()

            async def all_are_fresh() -> bool:
                return all([(await shown(operator, each))["busyTimes"] == 1 for each in made])

            await eventually(all_are_fresh)
            await schedule_calendar_refresh(engine, settings.task_queue, timedelta(hours=1))
            assert (await schedule.describe()).schedule.spec.intervals[0].every == timedelta(hours=1)
            await schedule.delete()
    assert before[2] not in await offered(operator)
    assert (await shown(operator, broken))["failure"]
