"""Employees' calendar feeds: made, found by their secret, and answered."""

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

from api.idempotency import Made
from api.preconditions import ENTITY_TAG
from api.records import ONE_AT_A_TIME
from api.schemas.feeds import CreateFeed, FeedWithUrl
from api.state import Resources
from storage import records
from storage.configuration import require
from storage.feeds import add_feed, find_feed, note_content
from storage.notification_tables import FeedRow
from storage.organisation_tables import EmployeeRow
from storage.records import FEED
from storage.time_slots import lock

PATH: Final = "/bookme/feeds/{secret}.ics"
SECRET_BYTES: Final = 32
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""So many bytes in base64url."""

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
PRIVATE: Final = "private, no-cache"
"""To be kept by its reader alone, who asks each time whether it is still so."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a reader has already (RFC 9110 section 13.1): what cannot be understood is as good as not said."""

    if_none_match: str | None
    if_modified_since: str | None

    def has(self, etag: str, changed: datetime) -> bool:
        """Whether the reader has this version. The tag is looked at first, and if there is one, alone."""
        if self.if_none_match is not None:
            tags = [tag.removeprefix("W/") for tag in ENTITY_TAG.findall(self.if_none_match)]
            return self.if_none_match.strip() == "*" or etag in tags
        since = _date(self.if_modified_since)
        return since is not None and changed <= since


async def create_feed(session: AsyncSession, wanted: CreateFeed, seed: bytes) -> Made:
    """Make a feed at an address that nobody can guess. The address is shown by `show_feed` with the same seed."""
    await lock(session, [ONE_AT_A_TIME])
    await require(session, [(EmployeeRow, wanted.employee_id)])
    salt = secrets.token_hex(SECRET_BYTES)
    values = {"id": uuid4(), "secret_hash": hash_of(secret_of(seed, salt))}
    feed = await add_feed(session, wanted.model_dump() | values)
    return {"id": str(feed.id), "salt": salt}


async def show_feed(session: AsyncSession, made: Made, seed: bytes, public_url: str) -> FeedWithUrl:
    """The feed with its address. Raises `NotFound` if it was revoked."""
    feed = await records.load(session, FEED, UUID(made["id"]))
    return FeedWithUrl.stored(feed, url=public_url.rstrip("/") + PATH.format(secret=secret_of(seed, made["salt"])))


def secret_of(seed: bytes, salt: str) -> str:
    """The secret part of a feed's address.

    The database has the salt and a digest of the seed, and neither is enough. An address that is not known cannot be
    guessed, not even with a weak `Idempotency-Key` as the seed, because nobody outside has the salt.
    """
    return base64.urlsafe_b64encode(hmac.digest(seed, salt.encode(), "sha256")).decode().rstrip("=")


async def feed_at(session: AsyncSession, secret: str) -> FeedRow:
    """The feed at this address.

    Raises:
        HTTPException: there is none; it says no more than of any address at which there is nothing.

    """
    feed = await find_feed(session, hash_of(secret)) if SECRET.fullmatch(secret) else None
    if feed is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return feed


async def answer(
    shared: Resources, feed: FeedRow, version: bytes, conditions: Conditions, *, with_body: bool = True
) -> Response:
    """Answer the feed as a file, or that the reader has it. Whoever has it is told so without the file being written.

    `version` is the feed's version at this moment.

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
    """Without salt and in one round: nobody can try out 256 random bits."""
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
