"""Calendar feeds of employees: creation, search by secret, and answers."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID, uuid4

from fastapi import HTTPException, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.dependencies import Resources
from api.http.idempotency import Made
from api.http.preconditions import ENTITY_TAG
from api.schemas.feeds import CreateFeed, FeedWithUrl
from storage.configuration import records
from storage.configuration.lookups import require
from storage.configuration.records import FEED
from storage.locks import CONFIGURATION, lock
from storage.notifications.feeds import add_feed, find_feed, note_content
from storage.tables.notifications import FeedRow
from storage.tables.organisation import EmployeeRow

PATH: Final = "/bookme/feeds/{secret}.ics"
SECRET_BYTES: Final = 32
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""Pattern of a secret: `SECRET_BYTES` bytes in base64url."""

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
PRIVATE: Final = "private, no-cache"
"""Only the client itself may store the answer, and must revalidate it before each use."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions of a request (RFC 9110 section 13.1). A condition that cannot be parsed is ignored."""

    if_none_match: str | None
    if_modified_since: str | None

    def has(self, etag: str, changed: datetime) -> bool:
        """Return whether the client has this version. If there is an `If-None-Match`, the date is ignored."""
        if self.if_none_match is not None:
            tags = [tag.removeprefix("W/") for tag in ENTITY_TAG.findall(self.if_none_match)]
            return self.if_none_match.strip() == "*" or etag in tags
        since = _date(self.if_modified_since)
        return since is not None and changed <= since


async def create_feed(session: AsyncSession, wanted: CreateFeed, seed: bytes) -> Made:
    """Create a feed with an address that cannot be guessed. `show_feed` returns the address for the same seed.

    Raises:
        NotFound: there is no such employee.

    """
    await lock(session, [CONFIGURATION])
    await require(session, [(EmployeeRow, wanted.employee_id)])
    salt = secrets.token_hex(SECRET_BYTES)
    values = {"id": uuid4(), "secret_hash": hash_of(secret_of(seed, salt))}
    feed = await add_feed(session, wanted.model_dump() | values)
    return {"id": str(feed.id), "salt": salt}


async def show_feed(session: AsyncSession, made: Made, seed: bytes, public_url: str) -> FeedWithUrl:
    """Return the feed with its address. Raise `NotFound` if the feed was revoked."""
    feed = await records.load(session, FEED, UUID(made["id"]))
    return FeedWithUrl.stored(feed, url=public_url.rstrip("/") + PATH.format(secret=secret_of(seed, made["salt"])))


def secret_of(seed: bytes, salt: str) -> str:
    """Return the secret part of a feed's address.

    The database has the salt and a digest of the seed, and neither gives the secret. Outside the database, an address
    cannot be guessed even if the seed is a weak `Idempotency-Key`, because the salt is unknown there.
    """
    return base64.urlsafe_b64encode(hmac.digest(seed, salt.encode(), "sha256")).decode().rstrip("=")


async def feed_at(session: AsyncSession, secret: str) -> FeedRow:
    """Return the feed with this secret.

    Raises:
        HTTPException: there is no such feed; the answer is the same 404 as for any unknown path.

    """
    feed = await find_feed(session, hash_of(secret)) if SECRET.fullmatch(secret) else None
    if feed is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return feed


async def answer(
    shared: Resources, feed: FeedRow, version: bytes, conditions: Conditions, *, with_body: bool = True
) -> Response:
    """Answer the feed as a file, or 304 if the client has the file already.

    `version` is the current version of the feed. If the file of this version was answered before, a 304 does not need
    the file to be written again.

    Raises:
        Unavailable: the file is not written in time.

    """
    if feed.version == version and feed.content_hash is not None:
        headers = _validators(feed.content_hash, feed.changed_at)
        if conditions.has(headers["ETag"], feed.changed_at.replace(microsecond=0)):
            return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    file = await shared.feeds.get(feed, version)
    async with shared.database.transaction() as session:
        changed = await note_content(session, feed, file.version, file.digest)
    headers = _validators(file.digest, changed)
    if conditions.has(headers["ETag"], changed.replace(microsecond=0)):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return _file(file.content, headers, with_body=with_body)


def hash_of(secret: str) -> bytes:
    """Return the SHA-256 of the secret. No salt and one round are enough, because the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def _validators(digest: bytes, changed: datetime) -> Mapping[str, str]:
    return {"ETag": f'"{digest.hex()}"', "Last-Modified": _http_date(changed), "Cache-Control": PRIVATE}


def _file(content: bytes, headers: Mapping[str, str], *, with_body: bool) -> Response:
    described = {**headers, "Content-Type": MEDIA_TYPE, "Content-Length": str(len(content))}
    return Response(content if with_body else None, headers=described)


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None
