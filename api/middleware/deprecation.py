"""Headers of answers to requests that use a deprecated part of the API (RFC 9745, RFC 8594). See docs/versioning.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from fastapi import Request

from api.middleware.request_scope import answer_headers


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The start of a deprecation, and the time of the removal if it is decided. Both are in UTC."""

    since: datetime
    removal: datetime | None = None


SINCE_FIRST_VERSION: Final = Deprecation(datetime(2026, 11, 24, tzinfo=UTC))

OF_SEARCHES: Final = dict.fromkeys(("topicId", "theme", "themeId", "customerCategoryId"), SINCE_FIRST_VERSION)

DEPRECATED: Final[Mapping[str, Mapping[str, Deprecation]]] = {
    "TimeSlots_list": OF_SEARCHES,
    "TimeSlots_listCompact": OF_SEARCHES,
    "TimeSlots_countDays": OF_SEARCHES,
    "Topics_list": {"customerCategoryId": SINCE_FIRST_VERSION},
}
"""Deprecated query parameters by the id of their operation. `WHOLE` stands for the operation itself."""

WHOLE: Final = ""


def note_deprecations(request: Request, operation_id: str | None) -> None:
    """Add `Deprecation` and `Sunset` to the answer if the request uses a deprecated operation or parameter.

    If it uses several, the earliest times count.
    """
    known = DEPRECATED.get(operation_id or "")
    if known and (used := [known[name] for name in (WHOLE, *request.query_params) if name in known]):
        answer_headers(request).update(_headers(used))


def _headers(used: list[Deprecation]) -> dict[str, str]:
    since = min(each.since for each in used)
    removals = [each.removal for each in used if each.removal]
    sunset = {"Sunset": format_datetime(min(removals).astimezone(UTC), usegmt=True)} if removals else {}
    return {"Deprecation": f"@{int(since.timestamp())}"} | sunset
