"""Runs a step in a transaction and records its refusal, so that a worker that retries the step later is refused too."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError
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
