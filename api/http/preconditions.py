"""Conditional requests (RFC 9110 section 13): `If-Match` and `If-None-Match`, on versions that an `ETag` names."""

import hashlib
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from starlette.datastructures import Headers

from api.http.errors import UnusableRequest
from domain.errors import VersionMismatch
from domain.meeting_errors import MeetingChanged

ENTITY_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
TAGS: Final = re.compile(rf"[ \t,]*(?:{ENTITY_TAG.pattern}(?:[ \t]*,[ \t,]*|[ \t]*$))+")
"""A list of entity tags. Empty elements are accepted, as RFC 9110 section 5.6.1 requires."""

LONGEST: Final = 8_000
"""Limit in characters of all tags under one header name."""

ANY: Final = frozenset("*")

Resource = TypeVar("Resource", bound=BaseModel)


def tags_of(headers: Headers, name: str) -> frozenset[str] | None:
    """Return the entity tags of all headers of this name, `ANY` for `*`, or None without the header.

    Raises:
        UnusableRequest: a header has something else than entity tags, or the tags are too long.

    """
    text = ",".join(headers.getlist(name)).strip(" \t")
    if name not in headers:
        return None
    if text == "*":
        return ANY
    if len(text) > LONGEST or not TAGS.fullmatch(text):
        message = f'{name} must be an ETag as it was answered, with quotes, such as "3"; several with commas; or *.'
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, name, place="header")
    return frozenset(ENTITY_TAG.findall(text))


@dataclass(frozen=True, slots=True)
class Precondition:
    """The versions that a request may change. Without either header, the request may change any version."""

    if_match: frozenset[str] | None = None
    if_none_match: frozenset[str] | None = None

    @property
    def is_any(self) -> bool:
        return self.if_match in (None, ANY) and self.if_none_match is None

    def allows_tag(self, etag: str) -> bool:
        """Return whether the version with this tag may be changed.

        `If-Match` compares strongly: weak tags match nothing. `If-None-Match` compares weakly.
        """
        is_wanted = self.if_match in (None, ANY) or etag in (self.if_match or ())
        return is_wanted and not matches_weakly(self.if_none_match, etag)

    def allows(self, sequence: int) -> bool:
        """Return whether this version of a meeting may be changed."""
        return self.allows_tag(f'"{sequence}"')

    def allows_repeat(self, sequence: int) -> bool:
        """Return whether a request that changes nothing may be a repeat of the request that made this version."""
        return self.allows(sequence) or self.allows(sequence - 1)

    def check(self, sequence: int) -> None:
        """Raise `MeetingChanged` or `VersionMismatch` unless this version of a meeting may be changed."""
        etag = f'"{sequence}"'
        if matches_weakly(self.if_none_match, etag):
            raise VersionMismatch("meeting", etag)
        if not self.allows(sequence):
            raise MeetingChanged(sequence)

    def check_resource(self, kind: str, resource: BaseModel) -> None:
        """Raise `VersionMismatch` unless the resource may be changed as it is."""
        etag = etag_of(resource)
        if not self.allows_tag(etag):
            raise VersionMismatch(kind, etag)


def matches_weakly(tags: frozenset[str] | None, etag: str) -> bool:
    """Return whether one of the tags names this version (RFC 9110 section 8.8.3.2)."""
    return tags == ANY or etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags or ()}


def etag_of(resource: BaseModel) -> str:
    """Return a strong entity tag of a resource without a version number: a digest of the answer."""
    content = resource.model_dump_json(by_alias=True, exclude_none=True)
    return f'"{hashlib.blake2b(content.encode(), digest_size=12).hexdigest()}"'


def tagged(response: Response, resource: Resource) -> Resource:
    """Set the `ETag` header to the version of the resource, and return the resource."""
    response.headers["ETag"] = etag_of(resource)
    return resource


def is_not_modified(request: Request, response: Response) -> bool:
    """Return whether the client that sent this GET already has this answer."""
    etag = response.headers.get("etag")
    if request.method != "GET" or etag is None or "if-none-match" not in request.headers:
        return False
    return matches_weakly(tags_of(request.headers, "If-None-Match"), etag)


async def precondition(
    request: Request,
    _: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing "
            "changes.",
        ),
    ] = None,
    __: Annotated[
        str | None,
        Header(
            alias="If-None-Match",
            description="An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing "
            "changes.",
        ),
    ] = None,
) -> Precondition:
    """Read both headers. A list may be split over several headers of the same name."""
    return Precondition(tags_of(request.headers, "If-Match"), tags_of(request.headers, "If-None-Match"))


IfVersion = Annotated[Precondition, Depends(precondition)]
