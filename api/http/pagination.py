"""Pages of lists: the cursor codec, the query parameters of a page, and the `Link` header to the next page."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Generic, Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, field_validator

from api.schemas.base.common import Body, within_reason

Item = TypeVar("Item")
Place = TypeVar("Place")

Moment = Annotated[AwareDatetime, AfterValidator(within_reason)]
"""A time to the microsecond. Times in answers have only milliseconds, which do not order rows."""


@dataclass(frozen=True, slots=True)
class CursorCodec(Generic[Place]):
    """Writes the last item of a page as an opaque text, and reads it back.

    `parse` raises ValueError if `write` cannot have written the text. Clients keep cursors: a change of a format must
    still read the former format.
    """

    write: Callable[[Place], str]
    parse: Callable[[str], Place]

    def read(self, cursor: str) -> Place:
        """Parse a cursor. Raise ValueError, with a message for the client, if it is not a cursor of this list."""
        try:
            return self.parse(cursor)
        except ValueError:
            message = "is not a cursor of this list; follow the Link header"
            raise ValueError(message) from None


def json_cursor(adapter: TypeAdapter[Place]) -> CursorCodec[Place]:
    """Return the codec of cursors that are JSON of this type, in base64url."""
    return CursorCodec(
        write=lambda place: base64.urlsafe_b64encode(adapter.dump_json(place)).decode(),
        parse=lambda cursor: adapter.validate_json(base64.urlsafe_b64decode(cursor)),
    )


BY_ID: Final = CursorCodec(write=str, parse=UUID)
"""Cursors of lists by id: the last id of the page."""

BY_TIME: Final = json_cursor(TypeAdapter[tuple[datetime, UUID]](tuple[Moment, UUID]))
"""Cursors of lists by time: the time and the id of the last item of the page."""


class PageQuery(Body):
    """Query parameters of a page of a list by id."""

    codec: ClassVar[CursorCodec[Any]] = BY_ID

    limit: int = Field(100, ge=1, le=500, description="Maximum number of entries in one answer.")
    cursor: str | None = Field(
        None, max_length=100, description="The cursor from the `Link` header of the previous page."
    )

    @field_validator("cursor")
    @classmethod
    def _is_of_this_list(cls, cursor: str | None) -> str | None:
        if cursor is not None:
            cls.codec.read(cursor)
        return cursor

    @property
    def after(self) -> Any:  # noqa: ANN401 - the type of the ids of the list
        """Return the id after which the page begins, or None for the first page."""
        return None if self.cursor is None else self.codec.read(self.cursor)


class Paged(Protocol):
    """Query parameters of a list with pages."""

    @property
    def limit(self) -> int: ...

    def model_dump(self, *arguments: Any, **options: Any) -> dict[str, Any]: ...  # noqa: ANN401 - pydantic's options


def link(path: str, query: Body | Paged, cursor: str) -> dict[str, str]:
    """Return the `Link` header (RFC 8288) to the page after the cursor, with all other parameters of the request."""
    sent = query.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True, exclude={"cursor"})
    return {"Link": f'<{path}?{urlencode({**sent, "cursor": cursor}, doseq=True)}>; rel="next"'}


def page_of(
    found: Sequence[Item], query: Paged, cursor_of: Callable[[Item], str], response: Response, path: str
) -> Sequence[Item]:
    """Return the items of the page. `found` has one item more if another page follows: then set the `Link` header."""
    shown = found[: query.limit]
    if len(found) > len(shown):
        response.headers.update(link(path, query, cursor_of(shown[-1])))
    return shown
