"""A real CalDAV server takes our calendars, and says of them what we say of the meetings."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import vobject
from icalendar import Calendar

from storage.database import Database
from storage.tables.booking import MeetingRow, TimeSlotRow
from tests.integration.api.support import EVERY_SCOPE, FREJA, ok
from tests.support.clients import ApiClient, Json
from tests.support.radicale_server import CalendarServer, radicale_server

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
MEETINGS: Final = "/bookme/meetings"
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
Shown = dict[str, tuple[str, datetime, datetime, str]]
"""The title, start, end and status of each meeting, by its UID."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CalendarServer]:
    async with radicale_server(tmp_path) as running:
        yield running


@pytest.fixture
async def operator(client: ApiClient) -> ApiClient:
    return await client.as_another("operator", EVERY_SCOPE)


async def meet(client: ApiClient) -> Json:
    booked = await client.booked(explicitEmployeeIds=FREJA, meetingTypes="online")
    return ok(await client.create_meeting(booked, title="Our home; the first one, \\N we hope"))


async def interval(client: ApiClient, meeting: Json) -> tuple[datetime, datetime]:
    slot = ok(await client.time_slot(meeting["timeSlotId"]))
    return datetime.fromisoformat(slot["startDate"]), datetime.fromisoformat(slot["endDate"])


async def repeat_weekly(database: Database, meeting: Json, weeks: int) -> Shown:
    """The same meeting in as many more weeks, at the same local time: both changes of the clock lie within a year."""
    shown: Shown = {}
    async with database.transaction() as session:
        row = (await session.get_one(MeetingRow, UUID(meeting["id"]))).model_dump()
        slot = (await session.get_one(TimeSlotRow, UUID(meeting["timeSlotId"]))).model_dump(warnings=False)
        for week in range(1, weeks + 1):
            start = (row["start_at"].astimezone(COPENHAGEN) + week * WEEK).astimezone(UTC)
            times, title, identity = {"start_at": start, "end_at": start + HOUR}, f"Week {week}", uuid4()
            held = slot | times | {"id": uuid4(), "booking_key": uuid4()}
            await session.execute(sa.insert(TimeSlotRow).values(held))
            another = row | times | {"id": identity, "time_slot_id": held["id"], "title": title}
            await session.execute(sa.insert(MeetingRow).values(another))
            shown[f"{identity}@bookme"] = (title, start, start + HOUR, "CONFIRMED")
    return shown


def by_vobject(text: str) -> Shown:
    """With the time zone that the file itself has."""
    calendar = vobject.readOne(text)
    zone = calendar.vtimezone.tzinfo

    def at(time: datetime) -> datetime:
        return time.replace(tzinfo=zone).astimezone(UTC)

    return {
        event.uid.value: (event.summary.value, at(event.dtstart.value), at(event.dtend.value), event.status.value)
        for event in calendar.vevent_list
    }


def by_icalendar(text: str) -> Shown:
    """With the time zone that has this name."""
    events: list[Any] = Calendar.from_ical(text).walk("VEVENT")
    return {
        str(event["UID"]): (
            str(event["SUMMARY"]),
            event.start.astimezone(UTC),
            event.end.astimezone(UTC),
            str(event["STATUS"]),
        )
        for event in events
    }


@pytest.mark.ci
async def test_a_feed_of_a_year_reads_back_equal(
    operator: ApiClient, database: Database, server: CalendarServer
) -> None:
    meeting = await meet(operator)
    start, end = await interval(operator, meeting)
    expected = {f"{meeting['id']}@bookme": (meeting["title"], start, end, "CONFIRMED")}
    expected |= await repeat_weekly(database, meeting, 52)
    assert len({start.astimezone(COPENHAGEN).utcoffset() for _, start, *_ in expected.values()}) == 2

    feed = ok(await operator.post("/bookme/config/feeds", {"employeeId": FREJA, "name": "Freja's meetings"}))
    path = urlsplit(feed["url"]).path
    assert (await server.put("feed/", (await operator.http.get(path)).content)).status_code == 201
    kept = await server.get("feed/")
    assert by_vobject(kept) == by_icalendar(kept) == expected
    assert "<displayname>Freja's meetings</displayname>" in await server.properties("feed/")
    assert len(await server.busy("feed", start - DAY, start + 53 * WEEK)) == 53

    ok(await operator.http.delete(f"{MEETINGS}/{meeting['id']}", headers=operator.headers))
    assert (await server.put("feed/", (await operator.http.get(path)).content)).is_success
    kept = await server.get("feed/")
    expected[f"{meeting['id']}@bookme"] = (meeting["title"], start, end, "CANCELLED")
    assert by_vobject(kept) == by_icalendar(kept) == expected
    assert len(await server.busy("feed", start - DAY, start + 53 * WEEK)) == 52


async def test_busy_time_is_busy_there_too(operator: ApiClient, server: CalendarServer) -> None:
    start, end = await interval(operator, await meet(operator))
    wanted = {"employeeId": FREJA, "name": "Freja", "content": "FreeBusy"}
    feed = ok(await operator.post("/bookme/config/feeds", wanted))
    assert (await server.put("busy/", (await operator.http.get(urlsplit(feed["url"]).path)).content)).is_success
    assert await server.busy("busy", start - DAY, end + DAY) == [(start, end)]


async def test_the_files_of_a_meeting_imported_in_sequence_leave_the_right_calendar(
    client: ApiClient, server: CalendarServer
) -> None:
    await server.make_calendar("own")
    meeting = await meet(client)
    path, name = f"{MEETINGS}/{meeting['id']}", f"own/{meeting['id']}.ics"
    start, end = await interval(client, meeting)

    async def import_file() -> Any:  # noqa: ANN401 - a property's type depends on its name
        """What the server then has of the meeting. It keeps to one entry: another one with the same UID is refused."""
        file = await client.post(f"{path}/ical", {})
        assert file.status_code == 200, file.text
        assert (await server.put(name, file.content)).is_success
        assert (await server.put("own/another.ics", file.content)).status_code == 409
        (event,) = Calendar.from_ical(await server.get(name)).walk("VEVENT")
        assert event["UID"] == f"{meeting['id']}@bookme"
        return event

    created = await import_file()
    assert (created["SUMMARY"], created["SEQUENCE"], created["STATUS"]) == (meeting["title"], 0, "CONFIRMED")
    assert await server.busy("own", start - DAY, end + WEEK) == [(start, end)]

    patch = [{"op": "replace", "path": "/title", "value": "Changed"}]
    ok(await client.http.patch(path, json=patch, headers=client.headers))
    assert (await import_file())["SUMMARY"] == "Changed"

    other = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[-1]
    target = {each: other[each] for each in ("startDate", "endDate", "employeeId")}
    moved = ok(await client.post(f"{path}/move", target))
    start, end = await interval(client, moved)
    assert (await import_file())["SEQUENCE"] == 2
    assert await server.busy("own", start - 2 * WEEK, end + WEEK) == [(start, end)]

    ok(await client.http.delete(path, headers=client.headers))
    cancelled = await import_file()
    assert (cancelled["SEQUENCE"], cancelled["STATUS"]) == (3, "CANCELLED")
    assert await server.busy("own", start - 2 * WEEK, end + WEEK) == []
