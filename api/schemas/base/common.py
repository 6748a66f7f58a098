"""Base types of requests and responses: names, instants, durations, lists, text. An invalid value is answered 400."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from domain.errors import instant

TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
"""RFC 3339, and offsets without a colon: ISO 8601 allows them, and common generators write them."""

LOST_PLUS: Final = re.compile(r" (?=\d\d:?\d\d$)", re.ASCII)
"""A `+` in a query string is read as a space unless it was sent as `%2B`."""

DAYS_AND_TIME: Final = re.compile(r"(?:(\d{1,5})\.)?(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
ISO_8601: Final = re.compile(r"P(\d{1,5}W)?(\d{1,6}D)?(T[0-9HMS.]{1,20})?", re.ASCII)
"""Durations without years and months, whose length varies."""

LOCAL_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
LOCAL_TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"

LONGEST: Final = timedelta(days=36_500)
"""The longest duration. Every duration up to this is answered in a form that requests accept."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

NAME_LENGTH: Final = 200
MOST_LISTED: Final = 500
TEXT_LENGTH: Final = 10_000
URL_LENGTH: Final = 2_000
TOKEN_BYTES: Final = 128
"""The longest token. Its percent-encoded form is part of a workflow id, which may have 1000 characters."""

LINE: Final = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*"
TEXT: Final = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*"

A_TIME: Final = "must be an RFC 3339 time with its offset, such as 2026-11-23T09:30:00Z or 2026-11-23T10:30:00+01:00"
"""Message for everything that is not a point in time."""

Item = TypeVar("Item")


class Wire(BaseModel):
    """Base of responses, with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Body(Wire):
    """Base of requests. Unknown members are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


def must(check: Callable[[Any], object], message: str) -> AfterValidator:
    """Return a validator that refuses values for which `check` is false, with this message."""

    def checked(value: Item) -> Item:
        if not check(value):
            raise ValueError(message)
        return value

    return AfterValidator(checked)


def readable(read: Callable[[str], object]) -> AfterValidator:
    """Return a validator that accepts text which `read` can parse. The ValueError of `read` is the error message."""

    def check(value: str) -> str:
        read(value)
        return value

    return AfterValidator(check)


def _timestamp(value: Any) -> Any:  # noqa: ANN401 - whatever a client sends
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not TIMESTAMP.fullmatch(value):
        raise ValueError(A_TIME)
    return value


def within_reason(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        message = "must be in the years 2000 to 2199"
        raise ValueError(message)
    return value.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_timestamp),
    AfterValidator(within_reason),
    PlainSerializer(instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T09:30:00Z"]}),
]
"""A point in time: RFC 3339 with an offset in requests, UTC with `Z` in responses."""


def _with_plus(value: Any) -> Any:  # noqa: ANN401
    return LOST_PLUS.sub("+", value) if isinstance(value, str) else value


QueryInstant = Annotated[Instant, BeforeValidator(_with_plus)]
"""An `Instant` in a query string, where the `+` of its offset may have become a space."""


def _duration(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str) and (match := DAYS_AND_TIME.fullmatch(value)):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if isinstance(value, timedelta) or (isinstance(value, str) and ISO_8601.fullmatch(value)):
        return value
    message = "must be a duration: hh:mm, hh:mm:ss, d.hh:mm:ss, or ISO 8601 such as PT1H or P7D"
    raise ValueError(message)


SecondsUpToLongest = Annotated[
    timedelta,
    BeforeValidator(_duration),
    must(lambda value: not value.microseconds, "must be a whole number of seconds"),
    must(lambda value: value <= LONGEST, f"must not be longer than {LONGEST.days} days"),
]
"""A duration without fractions of a second, because answers have none."""

Duration = Annotated[
    SecondsUpToLongest,
    must(lambda value: value > timedelta(0), "must be longer than zero"),
    WithJsonSchema({"type": "string", "examples": ["01:00:00", "PT1H", "7.00:00:00", "P7D"]}),
]
"""A duration longer than zero: `d.hh:mm:ss`, `hh:mm:ss`, `hh:mm` or ISO 8601."""


def _days_and_time(value: timedelta) -> str:
    hours, seconds = divmod(value.seconds, 3600)
    clock = f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}"
    return f"{value.days}.{clock}" if value.days else clock


Span = Annotated[
    SecondsUpToLongest,
    must(lambda value: value >= timedelta(0), "must not be negative"),
    PlainSerializer(_days_and_time, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["04:00:00", "30.00:00:00"]}),
]
"""A duration that may be zero: read as `Duration`, answered as `d.hh:mm:ss` or `hh:mm:ss`."""


def _local_time(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(LOCAL_TIME, value)):
        return value
    message = "must be a local time without an offset, such as 08:00:00"
    raise ValueError(message)


LocalTime = Annotated[
    time,
    BeforeValidator(_local_time),
    WithJsonSchema({"type": "string", "pattern": f"^{LOCAL_TIME}$", "examples": ["08:00:00"]}),
]
"""A time of day in the organisation's time zone: `hh:mm` or `hh:mm:ss`, answered as `hh:mm:ss`."""


def parse_date(value: Any) -> date:  # noqa: ANN401
    """Parse `yyyy-mm-dd`. pydantic would also accept a number of seconds, and `date` other ISO 8601 forms."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(LOCAL_DATE, value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    message = "must be a date that exists, such as 2026-12-24"
    raise ValueError(message)


LocalDate = Annotated[date, BeforeValidator(parse_date)]
"""A date in the organisation's time zone, without a time: `yyyy-mm-dd`."""


def _split(value: Any) -> Any:  # noqa: ANN401
    given = value if isinstance(value, list) else [value]
    if len(given) > MOST_LISTED:
        # `max_length` then refuses this list, even if many of its items are empty.
        return given
    return [part for item in given for part in (item.split(",") if isinstance(item, str) else [item]) if part != ""]


Listed = Annotated[list[Item], BeforeValidator(_split), Field(max_length=MOST_LISTED)]
"""A list in a query: repeated (`a=1&a=2`), comma-separated (`a=1,2`), or both."""


def _any_case(value: Any) -> Any:  # noqa: ANN401
    return value.lower() if isinstance(value, str) else value


AnyCase = BeforeValidator(_any_case)
"""Accepts the lower-case values of an enumeration in any letter case."""


def any_case(kind: type[StrEnum]) -> BeforeValidator:
    """Return a validator that accepts this enumeration's values in any letter case, also if they are not lower case."""
    known = {each.lower(): each for each in kind}
    return BeforeValidator(lambda value: known.get(value.lower(), value) if isinstance(value, str) else value)


def constant(value: str) -> BeforeValidator:
    """Return a validator that writes this value, given in any letter case, as documented. It changes nothing else."""
    return BeforeValidator(lambda given: value if isinstance(given, str) and given.lower() == value.lower() else given)


LinePattern = Field(json_schema_extra={"pattern": f"^{LINE}$"})
IsLine = must(re.compile(LINE).fullmatch, "must not contain control characters or line breaks")

Line = Annotated[str, Field(max_length=NAME_LENGTH), LinePattern, IsLine]
"""One line of text, at most 200 characters."""

Name = Annotated[Line, Field(min_length=1)]
"""One line of text that is not empty."""

UrlText = Annotated[str, Field(max_length=URL_LENGTH), LinePattern, IsLine]
"""The text of a URL, at most 2,000 characters. Each use adds a check of its scheme and host."""

Text = Annotated[
    str,
    Field(max_length=TEXT_LENGTH, json_schema_extra={"pattern": f"^{TEXT}$"}),
    must(re.compile(TEXT).fullmatch, "must not contain control characters"),
]
"""Text of several lines, at most 10,000 characters."""

Token = Annotated[
    str,
    Field(min_length=1, max_length=TOKEN_BYTES),
    LinePattern,
    IsLine,
    must(lambda value: len(value.encode()) <= TOKEN_BYTES, f"must not be longer than {TOKEN_BYTES} bytes in UTF-8"),
]
"""A reservation token: the client's own name for a booking."""


def one_name(data: Any, synonyms: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Return the data with each synonym replaced by its published name.

    Raises:
        ValueError: a synonym and its published name have different values.

    """
    if not isinstance(data, Mapping):
        return data
    said = dict(data)
    for synonym, name in synonyms.items():
        if (value := said.pop(synonym, None)) is None:
            continue
        if said.setdefault(name, value) != value:
            message = f"{name} and {synonym} are two names of one member and must not differ; send one of them"
            raise ValueError(message)
    return said
