"""`Idempotency-Key`s: which request a client's key stands for."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.errors import IdempotencyKeyReused
from storage.booking_tables import IdempotencyKeyRow
from storage.time_slots import NOW

KEPT_FOR: Final = timedelta(days=1)
"""After this a key may be used for another request."""


async def claim_key(session: AsyncSession, client_id: str, key: str, fingerprint: str) -> None:
    """Let this client's key stand for the request of this fingerprint.

    Raises:
        IdempotencyKeyReused: it stands for another one.

    """
    claim = insert(IdempotencyKeyRow).values(client_id=client_id, key=key, fingerprint=fingerprint, used_at=NOW)
    stored = {"fingerprint": col(IdempotencyKeyRow.fingerprint), "used_at": col(IdempotencyKeyRow.used_at)}
    lapsed = stored["used_at"] < NOW - KEPT_FOR
    kept = claim.on_conflict_do_update(
        index_elements=["client_id", "key"],
        set_={name: sa.case((lapsed, claim.excluded[name]), else_=value) for name, value in stored.items()},
    )
    owner = await session.scalar(kept.returning(col(IdempotencyKeyRow.fingerprint)))
    if owner != fingerprint:
        raise IdempotencyKeyReused
