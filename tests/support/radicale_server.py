"""A real CalDAV server on loopback: Radicale, in a process of its own, with its calendars in a directory."""

import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from config.ports import LOOPBACK, free_port
from devstack.processes import Child, Program

USER: Final = "freja"
ICS: Final = {"Content-Type": "text/calendar"}
PROPERTIES: Final = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><displayname/><resourcetype/></prop></propfind>'
FREE_BUSY: Final = """<?xml version="1.0"?>
<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">
  <C:time-range start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"/>
</C:free-busy-query>"""


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True)
class CalendarServer:
    """One user's calendars. Each method answers what the server says of them."""

    http: httpx.AsyncClient

    async def put(self, path: str, calendar: bytes) -> httpx.Response:
        return await self.http.put(f"/{USER}/{path}", content=calendar, headers=ICS)

    async def get(self, path: str) -> str:
        answer = await self.http.get(f"/{USER}/{path}")
        answer.raise_for_status()
        return answer.text

    async def make_calendar(self, name: str) -> None:
        (await self.http.request("MKCALENDAR", f"/{USER}/{name}/")).raise_for_status()

    async def busy(self, name: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """When somebody is busy by this calendar (RFC 4791 section 7.10)."""
        report = FREE_BUSY.format(start=start.astimezone(UTC), end=end.astimezone(UTC))
        answer = await self.http.request("REPORT", f"/{USER}/{name}/", content=report)
        answer.raise_for_status()
        periods = re.findall(r"(\d{8}T\d{6}Z)/(\d{8}T\d{6}Z)", answer.text)
        return [(instant(start), instant(end)) for start, end in periods]

    async def properties(self, path: str) -> str:
        answer = await self.http.request("PROPFIND", f"/{USER}/{path}", content=PROPERTIES, headers={"Depth": "0"})
        answer.raise_for_status()
        return answer.text


@asynccontextmanager
async def radicale_server(directory: Path) -> AsyncIterator[CalendarServer]:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"

    async def answers(_pid: int) -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            with contextlib.suppress(httpx.TransportError):
                return (await http.get(f"{url}/.web/")).is_success
            return False

    child = Child(
        Program(
            name="Radicale",
            command=(
                *(sys.executable, "-m", "radicale", "--config", ""),
                *("--hosts", f"{LOOPBACK}:{port}", "--auth-type", "none"),
                *("--storage-filesystem-folder", str(directory / "calendars")),
            ),
            log=directory / "radicale.log",
            ready=answers,
            environment=dict(os.environ),
        )
    )
    await child.start()
    try:
        async with httpx.AsyncClient(trust_env=False, base_url=url, auth=(USER, "")) as http:
            yield CalendarServer(http)
    finally:
        await child.stop()
