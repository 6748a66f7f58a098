"""The API of BookMe as the tools use it: its client, the organisation's time zone, and the names behind ids."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bookme_client import AsyncBookMe, operations
from mcp.server.mcpserver import Context


@dataclass(frozen=True)
class Names:
    """Names of employees, rooms and topics by their ids. People wrote them."""

    employees: Mapping[UUID, str]
    rooms: Mapping[UUID, str]
    topics: Mapping[UUID, str]


@dataclass
class Backend:
    """Client of the API for all tools of one server, with the organisation's settings once they are read.

    `bookme` sends the access token of the caller of the tool.
    """

    bookme: AsyncBookMe
    _zone: ZoneInfo | None = field(default=None, init=False)
    _duration: timedelta = field(default=timedelta(hours=1), init=False)

    async def zone(self) -> ZoneInfo:
        """Return the time zone of the organisation. The first call of a server asks the API."""
        return self._zone or (await self._settings())[0]

    async def duration(self) -> timedelta:
        """Return the usual duration of a meeting."""
        await self.zone()
        return self._duration

    async def _settings(self) -> tuple[ZoneInfo, timedelta]:
        """Read both from the smallest search: its answer has them, and needs no more than the scope `bookme.read`."""
        asked = operations.time_slots_list_compact(require_employee_participation=False, look_forward_time="PT1M")
        found = await self.bookme.request(asked)
        self._zone, self._duration = ZoneInfo(found.time_zone), duration_of(found.meeting_duration)
        return self._zone, self._duration

    async def names(self) -> Names:
        employees, rooms, topics = await asyncio.gather(
            self.bookme.employees(), self.bookme.rooms(), self.bookme.topics(is_customer=False)
        )
        return Names(
            {each.id: each.display_name for each in employees},
            {each.id: each.name for each in rooms},
            {each.id: each.name for each in topics},
        )

    async def instant(self, given: datetime) -> datetime:
        """Return the time with a time zone. A time without one is local to the organisation."""
        return given if given.tzinfo else given.replace(tzinfo=await self.zone())


def duration_of(text: str) -> timedelta:
    """Read a duration of the API: `hh:mm:ss`, or `d.hh:mm:ss`."""
    days, _, time = text.rpartition(".")
    hours, minutes, seconds = (int(part) for part in time.split(":"))
    return timedelta(days=int(days or 0), hours=hours, minutes=minutes, seconds=seconds)


Call = Context[Backend, Any]
"""The context of one call of a tool."""


def backend_of(call: Call) -> Backend:
    return call.request_context.lifespan_context
