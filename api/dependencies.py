"""Application-wide resources and the FastAPI dependencies that provide them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncSession

from activities.calendars import Calendars
from api.auth.end_users import EndUsers
from api.auth.staff_rights import StaffRights
from api.feeds.files import FeedFiles
from api.http.idempotency import KeyedRequest
from api.temporal.bookings import Bookings
from api.temporal.gateway import TemporalGateway
from api.temporal.meetings import Meetings
from config.settings import Settings
from storage.availability.index import AvailabilityIndex
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Resources:
    """Long-lived objects of one API process. The composition root (`api.app`) creates them once."""

    settings: Settings
    database: Database
    engine: TemporalGateway
    bookings: Bookings
    meetings: Meetings
    calendars: Calendars
    feeds: FeedFiles
    staff_rights: StaffRights
    end_users: EndUsers
    availability: AvailabilityIndex


async def resources(request: Request) -> Resources:
    """Return the resources of this process.

    All dependencies of endpoints are async: FastAPI would run a sync dependency in another thread, and wait for it.
    """
    found: Resources = request.app.state.resources
    return found


Shared = Annotated[Resources, Depends(resources)]


async def transaction(shared: Shared) -> AsyncIterator[AsyncSession]:
    """Provide one transaction for each request."""
    async with shared.database.transaction() as session:
        yield session


Transaction = Annotated[AsyncSession, Depends(transaction, scope="function")]
"""The transaction ends before the answer is sent, so that no answer reports a change that is not committed."""


async def reading(shared: Shared) -> AsyncIterator[AsyncSession]:
    """Provide a session for read-only statements. Each statement is a transaction of its own."""
    async with shared.database.autocommit() as session:
        yield session


Reading = Annotated[AsyncSession, Depends(reading, scope="function")]


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
            description="Within a day, a repeat of this request with the same key gets the same outcome. Another "
            "request with the same key is answered 409.",
        ),
    ] = None,
) -> KeyedRequest:
    return KeyedRequest(request, shared.database, key)


IdempotencyKey = Annotated[KeyedRequest, Depends(keyed_request)]
