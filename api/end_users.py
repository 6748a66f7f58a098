"""The end user on whose behalf a client reserves: known by a keyed digest, and by nothing else."""

import hmac

from api.principals import Principal
from storage.database import Database
from storage.end_users import digest_key


class EndUsers:
    """Makes the digests. The key is read from the database once for each process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key: bytes | None = None

    async def digest(self, principal: Principal, end_user: str) -> str:
        """Return what stands for this end user of this client: in the database, and at the engine."""
        if self._key is None:
            async with self._database.transaction() as session:
                self._key = await digest_key(session)
        return hmac.digest(self._key, f"{principal.client_id}\n{end_user}".encode(), "sha256").hex()
