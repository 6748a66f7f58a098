"""Rooms that are free at a time, by the rules of a search with this one start."""

from collections.abc import Sequence
from uuid import UUID

from domain.availability.context.board import build_context
from domain.availability.context.local_time import in_utc
from domain.availability.questions import AvailabilityData, SlotSearch
from domain.configuration import Room
from domain.time_slots import Interval


def vacant_rooms(
    situation: AvailabilityData, location: str, interval: Interval, ignore_slots: frozenset[UUID] = frozenset()
) -> Sequence[Room]:
    """Return the bookable rooms at the location that are free throughout the interval, sorted by id.

    A bookable room at the location that is not returned is taken, and a reservation of this room is refused as taken.
    """
    exact = in_utc(interval)
    search = SlotSearch(window=exact, duration=exact.end - exact.start, ignore_slots=ignore_slots)
    board = build_context(search, situation, (exact.start,))
    return [room for room in board.rooms.get(location, ()) if board.room_free(room)]
