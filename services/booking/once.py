"""Records refusals of steps and outcomes of requests with an `Idempotency-Key`, so that each takes effect once."""

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

    `refuse` stores the refusal, so that every worker that runs the step later finds it. If another transaction has
    completed the step or changed its data, `refuse` must store nothing and return False. Then the step runs once more.

    Raises:
        BookMeError: the step was refused and has changed nothing.
        StorageUnavailable: it is unknown whether the step was done; the caller may retry it.

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
    """Lock the key, and return the id that an earlier step stored as its outcome, or None.

    Until this transaction ends, no other transaction can store an outcome of the key.

    Raises:
        BookMeError: an earlier request with this key was refused.

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
