"""Admits requests by kind, so that too many of one kind, or of one client, leave the others served.

Each kind has places: so many requests may be in flight in one API process. More are refused at once with 503. Of
those in flight so many are served at the same time; clients take turns for that, whoever sends most.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final

from api.errors import Unavailable
from bookme.settings import Settings

SEARCHES: Final = frozenset(
    {"/bookme/time-slots/available", "/bookme/time-slots/explain", "/bookme/room-vacancies"},
)
"""Paths of the operations that ask the availability rules: each costs much more than other reads."""

CALENDARS: Final = frozenset({"/bookme/config/calendars/{id}/file", "/bookme/config/calendars/{id}/refresh"})
"""Paths of the operations that read a calendar, which takes longer than a request may otherwise."""

CALENDARS_IN_FLIGHT: Final = 20
CALENDAR_SECONDS: Final = 60.0
"""Within which a calendar is fetched and read; each part has a shorter limit of its own."""


class Kind(StrEnum):
    """Kinds of requests, each with places of its own. The value is the plural in messages."""

    SEARCH = "searches"
    READ = "reads"
    CHANGE = "bookings and changes"
    CALENDAR = "readings of calendars"


def kind_of(path: str, methods: set[str]) -> Kind:
    """The kind of the operation with this path template and these methods."""
    if path in SEARCHES:
        return Kind.SEARCH
    if path in CALENDARS:
        return Kind.CALENDAR
    return Kind.READ if methods <= {"GET", "HEAD"} else Kind.CHANGE


class Turns:
    """Lets so many requests go on at once. Of those that wait, each client's first goes before anybody's second."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn of this client, and give it back when the block ends."""
        await self._take(client)
        try:
            yield
        finally:
            self._give_back()

    async def _take(self, client: str) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was given in the moment of the cancellation
                self._give_back()
            raise

    def _give_back(self) -> None:
        """Hand the turn to the next that waits; cancelled ones are passed over."""
        while self._waiting:
            client, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._waiting[client] = queue
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Lane:
    """The requests of one kind. One client may have three quarters of its places."""

    def __init__(self, kind: Kind, *, in_flight: int, at_once: int, seconds: float) -> None:
        self._kind = kind
        self._free = in_flight
        self._most_of_one = in_flight - in_flight // 4
        self._of_client = Counter[str]()
        self._turns = Turns(at_once)
        self._seconds = seconds

    @asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[None]:
        """The scope in which a request of this client is served: bounded in number and in time.

        Raises:
            Unavailable: there is no place, or the request is not served in time.

        """
        self.check_free(client)
        self._count(client, 1)
        try:
            async with asyncio.timeout(self._seconds) as limit, self._turns.turn(client):
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise Unavailable("The outcome is not known in time.") from error
        finally:
            self._count(client, -1)

    def check_free(self, client: str) -> None:
        """Raise `Unavailable` if this client can have no place now."""
        if self._free <= 0 or self._of_client[client] >= self._most_of_one:
            raise Unavailable(f"Too many {self._kind} are under way.")

    def _count(self, client: str, change: int) -> None:
        self._free -= change
        self._of_client[client] += change
        if not self._of_client[client]:
            del self._of_client[client]


def lanes(settings: Settings) -> Mapping[Kind, Lane]:
    """One for each kind. Searches and reads leave a fifth of the database connections to bookings."""
    connections = max(1, settings.database_pool_size * 2 // 5)
    sizes = {
        Kind.SEARCH: (settings.max_searches_in_flight, connections),
        Kind.READ: (settings.max_reads_in_flight, connections),
        # Few enough that a client that sends little does not wait long for one that sends much.
        Kind.CHANGE: (settings.max_in_flight, max(1, settings.max_in_flight // 4)),
        Kind.CALENDAR: (CALENDARS_IN_FLIGHT, CALENDARS_IN_FLIGHT),
    }
    seconds = settings.request_timeout.total_seconds()
    return {
        kind: Lane(
            kind, in_flight=most, at_once=at_once, seconds=CALENDAR_SECONDS if kind is Kind.CALENDAR else seconds
        )
        for kind, (most, at_once) in sizes.items()
    }
