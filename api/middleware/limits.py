"""Rate limit of each client."""

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from api.http.errors import TooManyRequests


class RateLimit:
    """Rate limit with a moving window for each client. The counts are in the memory of this process."""

    def __init__(self, limit: str) -> None:
        self._limit: RateLimitItem = parse(limit)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, client_id: str) -> None:
        """Count one request of this client.

        Raises:
            TooManyRequests: the client has used up its window.

        """
        if not await self._limiter.hit(self._limit, client_id):
            window = await self._limiter.get_window_stats(self._limit, client_id)
            raise TooManyRequests(max(1, math.ceil(window.reset_time - time.time())))
