"""What the process shares between requests, made once by the composition root, and how endpoints get at it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncSession

from activities.calendars import Calendars
from api.bookings import Bookings
from api.end_users import EndUsers
from api.engine import Engine
from api.feed_files import FeedFiles
from api.idempotency import KeyedRequest
from api.staff_rights import StaffRights
from bookme.settings import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Resources:
    """The long-lived things of one API process."""

    settings: Settings
    database: Database
    engine: Engine
    bookings: Bookings
    calendars: Calendars
    feeds: FeedFiles
    staff_rights: StaffRights
    end_users: EndUsers


async def resources(request: Request) -> Resources:
    """Async, as everything that endpoints depend on: FastAPI sends what is not to another thread, and waits for it."""
    found: Resources = request.app.state.resources
    return found


Shared = Annotated[Resources, Depends(resources)]


async def transaction(shared: Shared) -> AsyncIterator[AsyncSession]:
    """One transaction a request."""
    async with shared.database.transaction() as session:
        yield session


Transaction = Annotated[AsyncSession, Depends(transaction, scope="function")]
"""Ends before the answer is sent, so that an answer is never sent for what was not committed."""


async def reading(shared: Shared) -> AsyncIterator[AsyncSession]:
    """A session for statements that only read, each for itself."""
    async with shared.database.autocommit() as session:
        yield session


Reading = Annotated[AsyncSession, Depends(reading, scope="function")]


async def bookings(shared: Shared) -> Bookings:
    return shared.bookings


BookingService = Annotated[Bookings, Depends(bookings)]


async def keyed_request(
    request: Request,
    shared: Shared,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="For a day, repeats of this request under the same key are answered by its outcome; "
            "the same key with another request answers 409.",
        ),
    ] = None,
) -> KeyedRequest:
    return KeyedRequest(request, shared.database, key)


IdempotencyKey = Annotated[KeyedRequest, Depends(keyed_request)]
