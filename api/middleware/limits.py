"""Rate limit of each client, with the header fields that report it.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10:

    RateLimit-Policy: "client";q=60000;w=60    60000 requests (q) within any 60 seconds (w)
    RateLimit: "client";r=59998;t=57           59998 requests are left (r); in 57 seconds there are more (t)
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from fastapi import Request
from limits import parse

from api.http.errors import TooManyRequests
from api.middleware.request_scope import answer_headers


class MovingWindow:
    """Counts the requests of each key within the last `seconds`, and admits at most `most` of them.

    The counts are in the memory of this process. A request costs the same whatever the number of earlier ones: the
    storage of the library `limits` copies its list of them, in another thread, at each request. `clock` returns
    seconds that never go back.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._admitted: OrderedDict[str, deque[float]] = OrderedDict()
        """Times of the admitted requests by key. The key that was used last is the last one."""

    def hit(self, key: str) -> tuple[bool, int, float]:
        """Count a request of this key, if it is admitted.

        Return whether it is admitted, the number of requests that are left, and the seconds until there are more.
        """
        now = self._clock()
        times = self._admitted.pop(key, None) or deque()
        while times and times[0] <= now - self._seconds:
            times.popleft()
        is_admitted = len(times) < self._most
        if is_admitted:
            times.append(now)
        if times:
            self._admitted[key] = times
        self._forget_oldest(now)
        return is_admitted, self._most - len(times), (times[0] if times else now) + self._seconds - now

    def _forget_oldest(self, now: float) -> None:
        """Forget the key that was used longest ago, if its window is empty.

        Each request adds at most one key, so there are never many keys without requests in their window.
        """
        oldest, times = next(iter(self._admitted.items()), ("", deque[float]()))
        if times and times[-1] <= now - self._seconds:
            del self._admitted[oldest]

    def __len__(self) -> int:
        """Return the number of remembered keys."""
        return len(self._admitted)


class RateLimit:
    """Rate limit with a moving window for each key, such as a client. The counts are in the memory of this process.

    `name` is the name of the policy in the header fields. With several API processes, each process counts the requests
    that it gets, and its answers report its own count.
    """

    def __init__(self, limit: str, name: str = "client") -> None:
        parsed = parse(limit)
        self._name = name
        self._policy = f'"{name}";q={parsed.amount};w={parsed.get_expiry()}'
        self._window = MovingWindow(parsed.amount, parsed.get_expiry())

    def admit(self, request: Request, key: str) -> None:
        """Count one request of this key, and report the limit in the headers of its answer.

        Raises:
            TooManyRequests: the key has used up its window.

        """
        is_admitted, left, until_more = self._window.hit(key)
        seconds = max(1, math.ceil(until_more))
        limit = f'"{self._name}";r={left};t={seconds}'
        answer_headers(request).update({"RateLimit-Policy": self._policy, "RateLimit": limit})
        if not is_admitted:
            raise TooManyRequests(seconds)
