"""A refusal is a decision, for every worker that has the step."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError
from storage.database import Database

Answer = TypeVar("Answer")


async def decide(
    database: Database,
    step: Callable[[AsyncSession], Awaitable[Answer]],
    refuse: Callable[[AsyncSession, BookMeError], Awaitable[bool]],
) -> Answer:
    """Take the step. Once it is refused, no worker that has it too takes it any more.

    `refuse` keeps the refusal where each of them will find it; or answers False, if one of them was quicker.

    Raises:
        BookMeError: it was refused, and has changed nothing.
        StorageUnavailable: it may be tried again.

    """
    try:
        async with database.transaction() as session:
            return await step(session)
    except BookMeError as refused:
        async with database.transaction() as session:
            is_final = await refuse(session, refused)
        if is_final:
            raise
    # Another worker has taken it meanwhile: this finds what came of that.
    async with database.transaction() as session:
        return await step(session)
