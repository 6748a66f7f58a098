"""Pages of a search: a cursor names the last time slot of a page, and the search's end as its first page had it."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import dropwhile
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, TypeAdapter

from api.schemas.common import within_reason
from domain.availability import OfferedSlot, SlotSearch
from domain.meetings import MeetingType
from domain.time_slots import Interval

MOST_TIME_SLOTS: Final = 10_000
"""The most time slots in one answer."""

Moment = Annotated[AwareDatetime, AfterValidator(within_reason)]


class Cursor(NamedTuple):
    """Where a page ended: its last time slot. `until` is the end of the search's window."""

    until: Moment
    start: Moment
    meeting_type: MeetingType
    employee_id: UUID


CURSOR: Final = TypeAdapter(Cursor)


def write_cursor(search: SlotSearch, last: OfferedSlot) -> str:
    cursor = Cursor(search.window.end, last.interval.start, last.meeting_type, last.employee_id)
    return base64.urlsafe_b64encode(CURSOR.dump_json(cursor)).decode()


def read_cursor(cursor: str) -> Cursor:
    """Raises ValueError for what `write_cursor` did not write."""
    try:
        return CURSOR.validate_json(base64.urlsafe_b64decode(cursor))
    except ValueError:
        message = "is not a cursor of this search; follow the Link header"
        raise ValueError(message) from None


def resumed(search: SlotSearch, after: Cursor) -> SlotSearch:
    """The same search from the start of the page's last time slot on."""
    return replace(search, window=Interval(after.start, after.until))


def following(slots: Iterable[OfferedSlot], after: Cursor) -> Iterator[OfferedSlot]:
    """What comes after the page that ended there: they are in the order of start, meeting type and employee."""
    last = (after.start, after.meeting_type, after.employee_id.int)
    return dropwhile(lambda slot: (slot.interval.start, slot.meeting_type, slot.employee_id.int) <= last, slots)


def link(path: str, said: dict[str, object], cursor: str) -> dict[str, str]:
    """The `Link` header (RFC 8288) to the next page of what was asked with these parameters."""
    parameters = urlencode(said | {"cursor": cursor}, doseq=True)
    return {"Link": f'<{path}?{parameters}>; rel="next"'}
