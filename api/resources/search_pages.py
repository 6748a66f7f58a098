"""Pages of a search. A cursor has the last time slot of a page, and the end of the first page's search window."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import dropwhile
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, TypeAdapter

from api.schemas.base.common import within_reason
from domain.availability import OfferedSlot, SlotSearch
from domain.meetings import MeetingType
from domain.time_slots import Interval

MOST_TIME_SLOTS: Final = 10_000
"""Limit of time slots in one answer."""

Moment = Annotated[AwareDatetime, AfterValidator(within_reason)]


class Cursor(NamedTuple):
    """Last time slot of a page. `until` is the end of the search window."""

    until: Moment
    start: Moment
    meeting_type: MeetingType
    employee_id: UUID


CURSOR: Final = TypeAdapter(Cursor)


def write_cursor(search: SlotSearch, last: OfferedSlot) -> str:
    cursor = Cursor(search.window.end, last.interval.start, last.meeting_type, last.employee_id)
    return base64.urlsafe_b64encode(CURSOR.dump_json(cursor)).decode()


def read_cursor(cursor: str) -> Cursor:
    """Parse a cursor. Raise ValueError if it is not a cursor of `write_cursor`."""
    try:
        return CURSOR.validate_json(base64.urlsafe_b64decode(cursor))
    except ValueError:
        message = "is not a cursor of this search; follow the Link header"
        raise ValueError(message) from None


def resumed(search: SlotSearch, after: Cursor) -> SlotSearch:
    """Return the same search, but from the start of the previous page's last time slot.

    The end of the search window stays as it was on the first page.
    """
    return replace(search, window=Interval(after.start, after.until))


def following(slots: Iterable[OfferedSlot], after: Cursor) -> Iterator[OfferedSlot]:
    """Yield the time slots after that page. The order is by start, meeting type and employee."""
    last = (after.start, after.meeting_type, after.employee_id.int)
    return dropwhile(lambda slot: (slot.interval.start, slot.meeting_type, slot.employee_id.int) <= last, slots)


def link(path: str, said: dict[str, object], cursor: str) -> dict[str, str]:
    """Return the `Link` header (RFC 8288) to the next page of a request with these parameters."""
    parameters = urlencode(said | {"cursor": cursor}, doseq=True)
    return {"Link": f'<{path}?{parameters}>; rel="next"'}
