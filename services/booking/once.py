"""Steps that take effect once: a refusal is recorded, and so is the outcome of a request with an `Idempotency-Key`."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError
from storage.bookings.idempotency import Outcome, keep_outcome, lock_key
from storage.database import Database

Answer = TypeVar("Answer")


async def run_recording_refusal(
    database: Database,
    step: Callable[[AsyncSession], Awaitable[Answer]],
    refuse: Callable[[AsyncSession, BookMeError], Awaitable[bool]],
) -> Answer:
    """Run the step in one transaction. If the step is refused, record the refusal for all later runs of the step.

    `refuse` stores the refusal where every worker that has the step finds it. `refuse` returns False, and stores
    nothing, if another transaction has completed the step or changed its data.

    Raises:
        BookMeError: the step was refused and has changed nothing.
        StorageUnavailable: the step may be retried.

    """
    try:
        async with database.transaction() as session:
            return await step(session)
    except BookMeError as refused:
        async with database.transaction() as session:
            is_final = await refuse(session, refused)
        if is_final:
            raise
    # Another worker may have completed the step meanwhile: a second run finds its result.
    async with database.transaction() as session:
        return await step(session)


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
