"""Calendars elsewhere, as tests send them."""

from datetime import datetime, timedelta
from typing import Final

import httpx
import psutil

from tests.integration.api.support import FREJA, ok
from tests.support.clients import ApiClient, Json

PATH: Final = "/bookme/config/calendars"
ICS: Final = {"Content-Type": "text/calendar"}
HOUR: Final = timedelta(hours=1)


def ics(*starts: datetime, rule: str = "") -> bytes:
    """A calendar with an hour from each of these on."""
    events = (
        f"BEGIN:VEVENT\r\nUID:{number}\r\nSUMMARY:Private matter\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\n"
        f"DURATION:PT1H\r\n{rule}END:VEVENT\r\n"
        for number, start in enumerate(starts)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


async def put_file(client: ApiClient, made: Json, content: bytes, **headers: str) -> httpx.Response:
    path = f"{PATH}/{made['id']}/file"
    return await client.http.put(path, content=content, headers=client.headers | ICS | headers)


async def shown(client: ApiClient, made: Json) -> Json:
    return ok(await client.get(f"{PATH}/{made['id']}"))


async def remove(client: ApiClient, made: Json) -> None:
    answer = await client.http.delete(f"{PATH}/{made['id']}", headers=client.headers)
    assert answer.status_code == 204


def around(start: datetime) -> set[datetime]:
    """The starts whose hour overlaps the hour from `start`."""
    return {start - HOUR / 2, start, start + HOUR / 2}


ENDLESS: Final = (
    "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:00010101T000000Z\r\nDURATION:PT1H\r\n"
    "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5\r\nEND:VEVENT\r\n"
)
"""A series that is counted one by one for two thousand years: a second's work."""


def endless() -> bytes:
    return f"BEGIN:VCALENDAR\r\n{''.join(ENDLESS.format(number) for number in range(25))}END:VCALENDAR\r\n".encode()


def readings() -> list[psutil.Process]:
    """The processes that read a file now."""
    return [each for each in psutil.Process().children() if "integrations.calendars.process" in each.cmdline()]


async def offered(client: ApiClient) -> list[datetime]:
    """When Freja is offered on the coming Monday."""
    asked = {"explicitEmployeeIds": FREJA, "meetingTypes": "online", "lookForwardTime": "P1D"}
    return [datetime.fromisoformat(slot["startDate"]) for slot in await client.search(**asked)]


async def calendar(client: ApiClient, **other: object) -> Json:
    return ok(await client.post(PATH, {"employeeId": FREJA, "name": "Outlook"} | other))
