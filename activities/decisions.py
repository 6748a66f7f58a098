"""A refusal is a decision, for every worker that has the step."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError
from storage.database import Database
from storage.refused_steps import refuse_for_good

Answer = TypeVar("Answer")


async def decide(database: Database, time_slot_id: UUID, step: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
    """Take the step that makes this time slot. Once it is refused, no worker that has it too takes it any more.

    Raises:
        BookMeError: it was refused, and has changed nothing.
        StorageUnavailable: it may be tried again.

    """
    try:
        async with database.transaction() as session:
            return await step(session)
    except BookMeError as refused:
        async with database.transaction() as session:
            is_final = await refuse_for_good(session, time_slot_id, refused)
        if is_final:
            raise
    # Another worker has taken it meanwhile: this finds what came of that.
    async with database.transaction() as session:
        return await step(session)
