"""Steps of requests with an `Idempotency-Key`: each step stores its outcome in its own transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storage.bookings.idempotency import Outcome, keep_outcome, lock_key


async def find_outcome_id(session: AsyncSession, key: str | None) -> UUID | None:
    """Return the id that an earlier step stored as the outcome of the key, or None. Lock the key.

    The lock keeps other transactions from deciding the outcome before this transaction ends.

    Raises:
        BookMeError: an earlier step with this key was refused.

    """
    outcome = None if key is None else await lock_key(session, key)
    if outcome is None:
        return None
    if outcome.refused is not None:
        raise outcome.refused
    return None if outcome.made is None else UUID(outcome.made["id"])


async def keep_outcome_id(session: AsyncSession, key: str | None, identity: UUID) -> None:
    """Store the id of the resource as the outcome of the key, if there is a key."""
    if key is not None:
        await keep_outcome(session, key, Outcome({"id": str(identity)}))
