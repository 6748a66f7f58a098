"""End users on whose behalf a client reserves. BookMe stores only a keyed digest of each."""

import hmac

from api.auth.principals import Principal
from storage.bookings.end_users import digest_key
from storage.database import Database


class EndUsers:
    """Computes the digests of end users. Each process reads the key from the database once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key: bytes | None = None

    async def digest(self, principal: Principal, end_user: str) -> str:
        """Return the hexadecimal digest that identifies this client's end user in the database and in Temporal."""
        if self._key is None:
            async with self._database.transaction() as session:
                self._key = await digest_key(session)
        return hmac.digest(self._key, f"{principal.client_id}\n{end_user}".encode(), "sha256").hex()
