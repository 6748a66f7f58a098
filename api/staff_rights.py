"""Ends what outlives the request that got it by the scope `bookme.staff`, once its client has the scope no more.

That is the right of its webhooks to the events of every client. Each authenticated request of the client shows its
scopes: one with the scope renews the right, one without it ends the right.
"""

import math
import time
from datetime import timedelta
from typing import Final

from api.principals import Principal
from storage import webhook_rights
from storage.database import Database

LOOK_EVERY: Final = 10.0
"""Seconds between two looks at the clients that have such webhooks."""

RENEWED_BELOW: Final = 0.9
"""Of its whole time. What lasts longer is not renewed: most requests write nothing."""

NONE: Final = timedelta(0)


class StaffRights:
    """Cache of these rights in one process of the API, refreshed every few seconds."""

    def __init__(self, database: Database, lasts: timedelta) -> None:
        self._database = database
        self._lasts = lasts
        self._left: dict[str, timedelta] = {}
        self._looked_at = -math.inf

    def forget(self) -> None:
        """Look again at the next request: a webhook was made or changed."""
        self._looked_at = -math.inf

    async def note(self, principal: Principal) -> None:
        """Renew or end the right of this client, as the scopes of its token say."""
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
