"""Pages of a search. A cursor has the last time slot of a page, and the end of the first page's search window."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import dropwhile
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from api.http.pagination import Moment, json_cursor
from domain.availability import OfferedSlot, SlotSearch
from domain.meetings import MeetingType
from domain.time_slots import Interval

MOST_TIME_SLOTS: Final = 10_000
"""Limit of time slots in one answer."""


class Cursor(NamedTuple):
    """Last time slot of a page. `until` is the end of the search window."""

    until: Moment
    start: Moment
    meeting_type: MeetingType
    employee_id: UUID


CURSOR: Final = json_cursor(TypeAdapter(Cursor))


def write_cursor(search: SlotSearch, last: OfferedSlot) -> str:
    return CURSOR.write(Cursor(search.window.end, last.interval.start, last.meeting_type, last.employee_id))


def resumed(search: SlotSearch, after: Cursor) -> SlotSearch:
    """Return the same search, but from the start of the previous page's last time slot.

    The end of the search window stays as it was on the first page.
    """
    return replace(search, window=Interval(after.start, after.until))


def following(slots: Iterable[OfferedSlot], after: Cursor) -> Iterator[OfferedSlot]:
    """Yield the time slots after that page. The order is by start, meeting type and employee."""
    last = (after.start, after.meeting_type, after.employee_id.int)
    return dropwhile(lambda slot: (slot.interval.start, slot.meeting_type, slot.employee_id.int) <= last, slots)
