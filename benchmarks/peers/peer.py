"""A running service of the comparison: its processes, its requests, and the queries for its final state."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import asyncpg

from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import RESERVE, reservation
from devstack.postgres import EmbeddedPostgres

Json = dict[str, Any]

APP: Final = "app"
ENGINE: Final = "engine"
DATABASE: Final = "database"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: object = None


class Contract(Protocol):
    """The requests of a booking. `token` is the client's own name for the booking, `held` the answer to `reserve`."""

    def reserve(self, token: str, slot: Json) -> Request: ...

    def book(self, token: str, held: Json) -> Request: ...

    def meet(self, token: str, held: Json) -> Request: ...

    def deadline(self, answer: Json) -> float:
        """Return the Unix time until which the hold of this answer is promised."""
        ...


class PeerContract:
    """The requests of the three small services."""

    def reserve(self, token: str, slot: Json) -> Request:
        return Request("POST", f"/Booking/{token}/reserve", slot)

    def book(self, token: str, held: Json) -> Request:  # noqa: ARG002 - of the protocol
        return Request("POST", f"/Booking/{token}/book")

    def meet(self, token: str, held: Json) -> Request:  # noqa: ARG002 - of the protocol
        return Request("POST", f"/Booking/{token}/meet")

    def deadline(self, answer: Json) -> float:
        return datetime.fromisoformat(answer["deadline"]).timestamp()


@dataclass(frozen=True, slots=True)
class BookMeContract:
    """The requests of BookMe. `content` is that of every meeting."""

    content: Json

    def reserve(self, token: str, slot: Json) -> Request:
        return Request("POST", RESERVE, reservation(slot, token))

    def book(self, token: str, held: Json) -> Request:  # noqa: ARG002 - of the protocol
        marked = [{"op": "replace", "path": "/status", "value": "Booked"}]
        return Request("PATCH", f"/bookme/time-slots/{held['id']}", marked)

    def meet(self, token: str, held: Json) -> Request:  # noqa: ARG002 - of the protocol
        named = {"timeSlotId": held["id"], "employeeId": held["employeeId"]}
        return Request("POST", "/bookme/meetings", self.content | named)

    def deadline(self, answer: Json) -> float:
        return datetime.fromisoformat(answer["holdExpiresAt"]).timestamp()


@dataclass(frozen=True, slots=True)
class Tables:
    """Names and queries of one service's tables.

    `held` is the table that reservations write to. `overlaps` counts pairs of time slots that overlap and both count.
    `meetings` returns the ids of all meetings.
    """

    held: str
    overlaps: str
    meetings: str


PEER_TABLES: Final = Tables(
    held="hold",
    overlaps="SELECT count(*) FROM hold a JOIN hold b USING (resource, hour) WHERE a.id < b.id",
    meetings="SELECT id::text FROM meeting",
)
BOOKME_TABLES: Final = Tables(
    held="time_slot",
    overlaps=(
        "SELECT count(*) FROM time_slot a JOIN time_slot b USING (employee_id)"
        " WHERE a.id < b.id AND tstzrange(a.start_at, a.end_at) && tstzrange(b.start_at, b.end_at)"
        " AND coalesce(a.hold_expires_at > clock_timestamp(), true)"
        " AND coalesce(b.hold_expires_at > clock_timestamp(), true)"
    ),
    meetings="SELECT id::text FROM meeting",
)


@dataclass(frozen=True, slots=True)
class Part:
    """Processes that a fault kills together. `kill` ends them as `kill -9` does, `start` starts them again."""

    kill: Callable[[], Awaitable[None]]
    start: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A running service. `parts` are the targets of faults by name; a service without an engine has no such part."""

    name: str
    service: Service
    contract: Contract
    slots: Iterator[Json]
    tables: Tables
    postgres: EmbeddedPostgres
    parts: dict[str, Part]
    processes: tuple[str, ...]
    ttl: float
    """Seconds after which a hold expires."""
    versions: dict[str, str] = field(default_factory=dict)

    async def overlaps(self) -> int:
        return int(await self._ask(self.tables.overlaps))

    async def meetings(self) -> set[str]:
        connection = await asyncpg.connect(self.postgres.url)
        try:
            return {each[0] for each in await connection.fetch(self.tables.meetings)}
        finally:
            await connection.close()

    async def _ask(self, query: str) -> Any:  # noqa: ANN401 - any column
        connection = await asyncpg.connect(self.postgres.url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()


def hours(resources: int) -> Iterator[Json]:
    """Yield time slots of the three small services, without end."""
    hour = 0
    while True:
        yield from ({"resource": resource, "hour": hour} for resource in range(resources))
        hour += 1
