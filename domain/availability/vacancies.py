"""Which rooms are free at a time: by the rules of a search that has this one start."""

from collections.abc import Sequence
from uuid import UUID

from domain.availability.board import lay_out
from domain.availability.local_time import in_utc
from domain.availability.questions import Situation, SlotSearch
from domain.configuration import Room
from domain.time_slots import Interval


def vacant_rooms(
    situation: Situation, location: str, interval: Interval, ignore_slots: frozenset[UUID] = frozenset()
) -> Sequence[Room]:
    """The bookable rooms there that nothing else has at any time of the interval.

    Whoever asks in vain for a room that is not among them is told that it is taken.
    """
    exact = in_utc(interval)
    search = SlotSearch(window=exact, duration=exact.end - exact.start, ignore_slots=ignore_slots)
    board = lay_out(search, situation, (exact.start,))
    return [room for room in board.rooms.get(location, ()) if board.room_free(room)]
