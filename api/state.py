"""What the process shares between requests, made once by the composition root, and how endpoints get at it."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID, uuid5

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncSession

from activities.calendars import Calendars
from api.bookings import Bookings
from api.engine import Engine
from api.principals import Principal
from api.route import parse_json
from bookme.settings import Settings
from storage.database import Database
from storage.idempotency import claim_key

KEYED: Final = UUID("0b6f2d0e-6f0c-5d0b-8a53-6b6579656421")
"""The namespace of ids that are made from keys."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The long-lived things of one API process."""

    settings: Settings
    database: Database
    engine: Engine
    bookings: Bookings
    calendars: Calendars


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


async def bookings(shared: Shared) -> Bookings:
    return shared.bookings


BookingService = Annotated[Bookings, Depends(bookings)]


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request, and the `Idempotency-Key` that may name it."""

    request: Request
    database: Database
    key: str | None

    async def claim_id(self, principal: Principal) -> UUID | None:
        """The id of what this request makes: for its repeats the same, for other clients and requests another.

        None without a key. Raises as `claim` does.
        """
        if await self.claim(principal) is None:
            return None
        return uuid5(KEYED, f"{principal.client_id} {self.key} {await fingerprint_of(self.request)}")

    async def claim(self, principal: Principal) -> str | None:
        """The key, once it stands for this request of this client. Asked for last: a malformed request uses up no key.

        Raises:
            IdempotencyKeyReused: it stands for another request.

        """
        if self.key is not None:
            fingerprint = await fingerprint_of(self.request)
            async with self.database.transaction() as session:
                await claim_key(session, principal.client_id, self.key, fingerprint)
        return self.key


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
            description="Makes repeats of this request one request; the same key with another request answers 409.",
        ),
    ] = None,
) -> KeyedRequest:
    return KeyedRequest(request, shared.database, key)


IdempotencyKey = Annotated[KeyedRequest, Depends(keyed_request)]


async def fingerprint_of(request: Request) -> str:
    """Names a request by its method, path and JSON body, however that is spaced and ordered."""
    body = await request.body()
    canonical = json.dumps(parse_json(body), sort_keys=True) if body else ""
    return hashlib.sha256(f"{request.method} {request.url.path} {canonical}".encode()).hexdigest()
