"""Employees' calendar feeds: made, found by their secret, and answered."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

from fastapi import HTTPException, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.preconditions import ENTITY_TAG
from api.records import ONE_AT_A_TIME
from api.schemas.feeds import CreateFeed, FeedWithUrl
from domain.calendar_file import calendar_of
from storage.calendar_meetings import calendar_meetings
from storage.configuration import get_organisation, require
from storage.feeds import FeedContent, find_feed, keep_feed, meetings_to_show, note_content
from storage.notification_tables import FeedRow
from storage.organisation_tables import EmployeeRow
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


async def create_feed(session: AsyncSession, wanted: CreateFeed, identity: UUID, public_url: str) -> FeedWithUrl:
    """A new feed at an address that nobody can guess; for one with its id, a new address in place of the old one."""
    await lock(session, [ONE_AT_A_TIME])
    await require(session, [(EmployeeRow, wanted.employee_id)])
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = await keep_feed(session, wanted.model_dump() | {"id": identity, "secret_hash": hash_of(secret)})
    return FeedWithUrl.stored(feed.model_dump(), url=public_url.rstrip("/") + PATH.format(secret=secret))


async def feed_at(session: AsyncSession, secret: str) -> FeedRow:
    """The feed at this address.

    Raises:
        HTTPException: there is none; it says no more than of any address at which there is nothing.

    """
    feed = await find_feed(session, hash_of(secret)) if SECRET.fullmatch(secret) else None
    if feed is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return feed


async def answer(session: AsyncSession, feed: FeedRow, conditions: Conditions, *, with_body: bool = True) -> Response:
    """The feed as a file, or that it is as the reader has it."""
    content = await _content(session, feed)
    digest = hashlib.sha256(content).digest()
    changed = (await note_content(session, feed, digest)).replace(microsecond=0)
    etag = f'"{digest.hex()}"'
    headers = {"ETag": etag, "Last-Modified": _http_date(changed), "Cache-Control": PRIVATE}
    if conditions.has(etag, changed):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return _file(content, headers, with_body=with_body)


def hash_of(secret: str) -> bytes:
    """Without salt and in one round: nobody can try out 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


async def _content(session: AsyncSession, feed: FeedRow) -> bytes:
    rows = await meetings_to_show(session, feed.employee_id)
    meetings = await calendar_meetings(session, rows, await get_organisation(session))
    return calendar_of(meetings, name=feed.name, free_busy_only=feed.content == FeedContent.FREE_BUSY)


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
