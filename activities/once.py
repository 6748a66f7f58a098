"""Steps of requests with an `Idempotency-Key`: each is taken once, and keeps its outcome in its own transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storage.idempotency import Outcome, keep_outcome, lock_key


async def find_made(session: AsyncSession, key: str | None) -> UUID | None:
    """The id that an earlier step has kept under the key, if any. Nobody else decides the outcome meanwhile.

    Raises:
        BookMeError: the request was refused before.

    """
    outcome = None if key is None else await lock_key(session, key)
    if outcome is None:
        return None
    if outcome.refused is not None:
        raise outcome.refused
    return None if outcome.made is None else UUID(outcome.made["id"])


async def keep_made(session: AsyncSession, key: str | None, identity: UUID) -> None:
    """Keep as the outcome of the key that this was made."""
    if key is not None:
        await keep_outcome(session, key, Outcome({"id": str(identity)}))
