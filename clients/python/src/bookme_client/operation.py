"""Descriptions of requests. The functions of `bookme_client.operations` make them, `BookMe.request` sends them."""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Generic, TypeVar, cast, get_origin
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, TypeAdapter

T = TypeVar("T")

ATTEMPT_SECONDS: Final = 15.0
"""Time-out of one attempt. BookMe answers within 10 s."""

CALENDAR_SECONDS: Final = 65.0
"""Time-out of one attempt for a request that reads a calendar. BookMe answers within a minute."""

READS_CALENDAR: Final = re.compile(r"/bookme/config/calendars/[^/]+/(file|refresh)$")
RECOGNISED: Final = re.compile(r"/bookme/(time-slots|meetings)/[^/]+$")
"""Paths of resources for which BookMe recognises a repeated change by its content."""


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One request, and the type of its answer. Members without a value (`None`) are not sent.

    `takes_key`: the request has an `Idempotency-Key`, which the client sets if `headers` does not.
    """

    method: str
    path: str
    answer: object = None
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    takes_key: bool = False

    @property
    def attempt_seconds(self) -> float:
        return CALENDAR_SECONDS if READS_CALENDAR.search(self.path) else ATTEMPT_SECONDS

    def seconds(self, usual: float) -> float:
        """Return the seconds for all attempts: the client's, but enough for one attempt that reads a calendar."""
        return max(usual, CALENDAR_SECONDS) if READS_CALENDAR.search(self.path) else usual

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be sent again although BookMe may have carried it out.

        A JSON Patch of another record may do something else the second time, and a repeat with `If-Match` would be
        refused because of the first attempt.
        """
        if self.method in {"GET", "HEAD"} or self.takes_key or RECOGNISED.search(self.path):
            return True
        return self.method in {"PUT", "DELETE"} and not any(self.headers.get(name) for name in CONDITIONS)

    def params(self) -> dict[str, str | list[str]]:
        """Return the query as strings. A list is a parameter that is repeated."""
        return {name: _texts(value) for name, value in self.query.items() if value is not None}

    def content(self) -> tuple[bytes, str] | None:
        """Return the body and its media type, or None without a body."""
        if self.body is None:
            return None
        if isinstance(self.body, bytes):
            return self.body, "text/calendar"
        return json.dumps(_plain(self.body), ensure_ascii=False).encode(), "application/json"

    def read(self, content: bytes) -> T:
        """Return the value of a successful answer.

        Raises:
            pydantic.ValidationError: the answer has another form than the API promises.

        """
        if self.answer is None:
            return cast("T", None)
        if self.answer is str:
            return cast("T", content.decode())
        if isinstance(self.answer, type) and get_origin(self.answer) is None and issubclass(self.answer, BaseModel):
            return cast("T", self.answer.model_validate_json(content))
        return cast("T", _adapter(self.answer).validate_json(content))


CONDITIONS: Final = ("If-Match", "If-None-Match")


def path_of(template: str, **parameters: object) -> str:
    """Fill the parameters into a path: `path_of("/meetings/{id}", id=…)`.

    Raises:
        ValueError: a parameter would make this the path of something else.

    """
    filled = {name: quote(text(value), safe="") for name, value in parameters.items()}
    if wrong := [name for name, value in filled.items() if value in {"", ".", ".."}]:
        raise ValueError(f"{wrong[0]} must not be {parameters[wrong[0]]!r}")
    return template.format(**filled)


def text(value: object) -> str:
    """Return the value as text: a time as RFC 3339, a duration as ISO 8601."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():.0f}S"
    return value.isoformat() if isinstance(value, date) else str(value)


def _texts(value: object) -> str | list[str]:
    return [text(each) for each in value] if isinstance(value, list | tuple | set | frozenset) else text(value)


def _plain(body: object) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON of a model or a list of models, with the members that the caller has set."""
    if isinstance(body, list | tuple):
        return [_plain(each) for each in body]
    return body.model_dump(mode="json", by_alias=True, exclude_unset=True) if isinstance(body, BaseModel) else body


@functools.cache
def _adapter(answer: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, such as `list[models.Meeting]`
    # What a customer has written does not belong into the texts of errors.
    return TypeAdapter(answer, config=ConfigDict(hide_input_in_errors=True))
