"""Ends the right of webhooks to the events of every client when their client loses the scope `bookme.staff`.

A webhook keeps this right after the request that got it. Each authenticated request of the client shows its scopes: a
request with the scope renews the right, and a request without the scope ends the right.
"""

import math
import time
from datetime import timedelta
from typing import Final

from api.auth.principals import Principal
from storage.database import Database
from storage.notifications import webhook_rights

LOOK_EVERY: Final = 10.0
"""Seconds between two queries for the clients that have such webhooks."""

RENEWED_BELOW: Final = 0.9
"""A right is renewed below this share of its full lifetime. So most requests write nothing."""

NONE: Final = timedelta(0)


class StaffRights:
    """Cache of these rights in one API process. `lasts` is the full lifetime of a right."""

    def __init__(self, database: Database, lasts: timedelta) -> None:
        self._database = database
        self._lasts = lasts
        self._left: dict[str, timedelta] = {}
        self._looked_at = -math.inf

    def forget(self) -> None:
        """Refresh the cache at the next request, because a webhook was created or changed."""
        self._looked_at = -math.inf

    async def note(self, principal: Principal) -> None:
        """Renew or end the right of this client, depending on the scopes of its token."""
        if time.monotonic() > self._looked_at + LOOK_EVERY:
            await self._look()
        left = self._left.get(principal.client_id)
        if left is None:
            return
        if principal.is_staff and left < RENEWED_BELOW * self._lasts:
            async with self._database.transaction() as session:
                await webhook_rights.renew(session, principal.client_id, self._lasts)
            self._left[principal.client_id] = self._lasts
        elif not principal.is_staff and left > NONE:
            async with self._database.transaction() as session:
                await webhook_rights.end(session, principal.client_id)
            self._left[principal.client_id] = NONE

    async def _look(self) -> None:
        before, self._looked_at = self._looked_at, time.monotonic()
        try:
            async with self._database.transaction() as session:
                self._left = dict(await webhook_rights.time_left(session))
        except BaseException:
            self._looked_at = before
            raise
