"""Rate limit of each client, with the header fields that report it.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10:

    RateLimit-Policy: "client";q=60000;w=60    60000 requests (q) within any 60 seconds (w)
    RateLimit: "client";r=59998;t=57           59998 requests are left (r); in 57 seconds there are more (t)
"""

import math
import time

from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from api.http.errors import TooManyRequests
from api.middleware.request_scope import answer_headers


class RateLimit:
    """Rate limit with a moving window for each key, such as a client. The counts are in the memory of this process.

    `name` is the name of the policy in the header fields. With several API processes, each process counts the requests
    that it gets, and its answers report its own count.
    """

    def __init__(self, limit: str, name: str = "client") -> None:
        self._name = name
        self._limit: RateLimitItem = parse(limit)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, request: Request, key: str) -> None:
        """Count one request of this key, and report the limit in the headers of its answer.

        Raises:
            TooManyRequests: the key has used up its window.

        """
        is_admitted = await self._limiter.hit(self._limit, key)
        window = await self._limiter.get_window_stats(self._limit, key)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        policy = f'"{self._name}";q={self._limit.amount};w={self._limit.get_expiry()}'
        left = f'"{self._name}";r={max(0, window.remaining)};t={seconds}'
        answer_headers(request).update({"RateLimit-Policy": policy, "RateLimit": left})
        if not is_admitted:
            raise TooManyRequests(seconds)
