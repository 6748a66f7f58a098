"""Compact results of a search: ranges of starts, and counts of days."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.metrics.requests import note_search
from api.resources.computing import compute
from api.resources.search import Prepared, prepare
from api.schemas.availability.compact import (
    CompactAvailability,
    CompactDay,
    CompactOffer,
    DayCount,
    DayCounts,
    OfferedMeeting,
)
from api.schemas.availability.search import SearchQuery
from domain.availability import (
    AvailabilityData,
    OfferedStarts,
    PartOfDay,
    SlotSearch,
    counted_days,
    offered_starts,
    ranges,
)
from domain.meetings import MeetingType
from storage.availability.index import AvailabilityIndex

NO_DAYS: Final = "]}"
"""End of an encoded `CompactAvailability` without days."""

Ranges = tuple[tuple[int, int], ...]
Kind = tuple[MeetingType, UUID | None, UUID | None]
"""Type, room and service group of a meeting."""


async def compact_search(
    session: AsyncSession, index: AvailabilityIndex, query: SearchQuery, *, by_staff: bool, shortest: timedelta
) -> bytes:
    """Return all time slots of the search as JSON: a `CompactAvailability`.

    The arguments and errors are those of `prepare`.
    """
    began = time.perf_counter()
    prepared = await prepare(session, index, query, by_staff=by_staff, shortest=shortest)
    found = await compute(prepared.work, _encoded, prepared)
    _note(prepared, began)
    return found


def _encoded(prepared: Prepared) -> bytes:
    """Encode the answer day by day: one call for a large answer could not be interrupted."""
    found = compacted(*prepared)
    days = [each.model_dump_json(by_alias=True, exclude_none=True) for each in found.days]
    head = found.model_copy(update={"days": []}).model_dump_json(by_alias=True, exclude_none=True)
    return f"{head.removesuffix(NO_DAYS)}{','.join(days)}]}}".encode()


def compacted(search: SlotSearch, data: AvailabilityData) -> CompactAvailability:
    """Return the time slots that `offered_slots` has, as ranges of starts."""
    employees: dict[UUID, int] = {}
    days = [_day(part, employees) for part in offered_starts(search, data)]
    return CompactAvailability(
        time_zone=data.organisation.time_zone.key,
        meeting_duration=search.duration,
        slot_interval=data.organisation.slot_interval,
        employees=list(employees),
        days=days,
    )


async def count_days(
    session: AsyncSession, index: AvailabilityIndex, query: SearchQuery, *, by_staff: bool, shortest: timedelta
) -> DayCounts:
    """Return the counts of each day of the search. The arguments and errors are those of `prepare`."""
    began = time.perf_counter()
    prepared = await prepare(session, index, query, by_staff=by_staff, shortest=shortest)
    counted = await compute(prepared.work, lambda: list(counted_days(*prepared)))
    found = DayCounts(
        time_zone=prepared.data.organisation.time_zone.key,
        meeting_duration=prepared.search.duration,
        days=[DayCount.of(day) for day in counted],
    )
    _note(prepared, began)
    return found


def _note(prepared: Prepared, began: float) -> None:
    note_search(len(prepared.data.employees), prepared.length, time.perf_counter() - began)


def _day(part: PartOfDay, employees: dict[UUID, int]) -> CompactDay:
    """Build the day. Add each employee of the day who is not in `employees` yet, with the next number."""
    offers: defaultdict[tuple[Kind, ...], dict[str, list[list[int]]]] = defaultdict(dict)
    for employee_id, kinds_of in _by_employee(part.offered).items():
        number = str(employees.setdefault(employee_id, len(employees)))
        for found, kinds in kinds_of.items():
            offers[tuple(kinds)][number] = [list(each) for each in found]
    return CompactDay(
        date=part.on,
        first_start=part.first,
        offers=[CompactOffer(meetings=_meetings(kinds), starts=starts) for kinds, starts in offers.items()],
    )


def _by_employee(offered: Iterable[OfferedStarts]) -> Mapping[UUID, Mapping[Ranges, list[Kind]]]:
    """Return, for each employee, the kinds of meetings that have the same ranges of starts."""
    found: defaultdict[UUID, defaultdict[Ranges, list[Kind]]] = defaultdict(lambda: defaultdict(list))
    for each in offered:
        kind = each.meeting_type, each.room_id, each.service_group_id
        found[each.employee_id][tuple(ranges(each.starts))].append(kind)
    return found


def _meetings(kinds: Iterable[Kind]) -> list[OfferedMeeting]:
    return [OfferedMeeting(meeting_type=kind, room_id=room, service_group=group) for kind, room, group in kinds]
