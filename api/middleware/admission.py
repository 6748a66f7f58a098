"""Limits concurrent requests by kind and by client, so that one kind or client does not block the others.

Each kind has a number of places, which limits the requests in flight in one API process. A request without a place is
refused at once with 503. A smaller number of the requests in flight is served at the same time. Clients take turns, so
that a client with many requests gets no advantage.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final

from api.http.errors import Unavailable
from config.settings import Settings

SEARCHES: Final = frozenset(
    {
        *("/bookme/time-slots/available", "/bookme/time-slots/available/compact", "/bookme/time-slots/available/days"),
        *("/bookme/time-slots/explain", "/bookme/room-vacancies"),
    }
)
"""Paths of the operations that evaluate the availability rules. Each costs much more than other reads."""

CALENDARS: Final = frozenset({"/bookme/config/calendars/{id}/file", "/bookme/config/calendars/{id}/refresh"})
"""Paths of the operations that read a calendar. They take longer than other requests may take."""

CALENDARS_IN_FLIGHT: Final = 20
CALENDAR_SECONDS: Final = 60.0
"""Seconds within which a calendar is fetched and read. Each part has a shorter limit of its own."""


class RequestKind(StrEnum):
    """Kinds of requests. Each kind has its own places. The value is the plural in messages."""

    SEARCH = "searches"
    READ = "reads"
    CHANGE = "bookings and changes"
    CALENDAR = "readings of calendars"


def kind_of(path: str, methods: set[str]) -> RequestKind:
    """Return the kind of the operation with this path template and these methods."""
    if path in SEARCHES:
        return RequestKind.SEARCH
    if path in CALENDARS:
        return RequestKind.CALENDAR
    return RequestKind.READ if methods <= {"GET", "HEAD"} else RequestKind.CHANGE


class Turns:
    """Limits the requests that run at once to `at_once`. Waiting clients take turns, one request at a time."""

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
            if not turn.cancelled():  # the turn was given at the moment of the cancellation
                self._give_back()
            raise

    def _give_back(self) -> None:
        """Give the turn to the next waiting request that is not cancelled."""
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
    """Places and turns of one kind of requests. One client may have three quarters of the places."""

    def __init__(self, kind: RequestKind, *, in_flight: int, at_once: int, seconds: float) -> None:
        self._kind = kind
        self._free = in_flight
        self._most_of_one = in_flight - in_flight // 4
        self._of_client = Counter[str]()
        self._turns = Turns(at_once)
        self._seconds = seconds

    @asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[None]:
        """Limit the number of requests and their time in seconds, for a block that serves a request of this client.

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


def lanes(settings: Settings) -> Mapping[RequestKind, Lane]:
    """Create one lane for each kind. Searches and reads leave a fifth of the database connections to bookings."""
    connections = max(1, settings.database_pool_size * 2 // 5)
    sizes = {
        RequestKind.SEARCH: (settings.max_searches_in_flight, connections),
        RequestKind.READ: (settings.max_reads_in_flight, connections),
        # At most a quarter at once, so that a client with few requests waits only shortly for a client with many.
        RequestKind.CHANGE: (settings.max_in_flight, max(1, settings.max_in_flight // 4)),
        RequestKind.CALENDAR: (CALENDARS_IN_FLIGHT, CALENDARS_IN_FLIGHT),
    }
    seconds = settings.request_timeout.total_seconds()
    return {
        kind: Lane(
            kind, in_flight=most, at_once=at_once, seconds=CALENDAR_SECONDS if kind is RequestKind.CALENDAR else seconds
        )
        for kind, (most, at_once) in sizes.items()
    }
