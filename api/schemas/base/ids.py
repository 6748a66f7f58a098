"""Ids that clients send.

To a client an id is an opaque string. A malformed id is therefore answered like every unknown id: 404, never 400.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from domain.errors import NotFound

UNKNOWN_ID: Final = "unknown_id"
"""Type of the validation error that means 404."""

LOCATION_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
MOST_QUOTED: Final = 64
"""The most characters of an unknown id that an answer quotes."""

Item = TypeVar("Item")


def shortened(text: str) -> str:
    """Return the id as an answer quotes it. A JSON string may have surrogates, which UTF-8 cannot encode."""
    return text[:MOST_QUOTED].encode("utf-8", "replace").decode()


def parse_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def parse_id(kind: str, text: str) -> UUID:
    """Parse an id. `kind` names the resource in the error.

    Raises:
        NotFound: the text is not a UUID.

    """
    if (found := parse_uuid(text)) is None:
        raise NotFound(kind, shortened(text))
    return found


def parse_location(text: str) -> str:
    """Parse the id of a location.

    Raises:
        NotFound: the text cannot be the id of a location.

    """
    if not LOCATION_ID.fullmatch(text):
        raise NotFound("location", shortened(text))
    return text


def _read_by(parse: Callable[[str], object]) -> BeforeValidator:
    def read(value: Any) -> Any:  # noqa: ANN401 - whatever a client sends
        if not isinstance(value, str) or not value:
            return value
        try:
            return parse(value)
        except NotFound as error:
            raise PydanticCustomError(UNKNOWN_ID, "does not exist", dict(error.facts)) from None

    return BeforeValidator(read)


def _id_of(kind: str) -> BeforeValidator:
    return _read_by(partial(parse_id, kind))


def _empty_is_none(value: Any) -> Any:  # noqa: ANN401
    return None if value == "" else value


OrNone = Annotated[Item | None, BeforeValidator(_empty_is_none)]
"""An id or None. An empty string is None, because our answers have it where the contract requires a string."""

EmployeeId = Annotated[UUID, _id_of("employee")]
RoomId = Annotated[UUID, _id_of("room")]
TopicId = Annotated[UUID, _id_of("topic")]
CustomerTypeId = Annotated[UUID, _id_of("customer type")]
MeetingId = Annotated[UUID, _id_of("meeting")]
TimeSlotId = Annotated[UUID, _id_of("time slot")]
CompetenceGroupId = Annotated[UUID, _id_of("competence group")]
ServiceGroupId = Annotated[UUID, _id_of("service group")]
LocationId = Annotated[str, Field(min_length=1), _read_by(parse_location)]
