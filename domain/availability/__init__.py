"""Rules that decide which time slots are offered, and whether a wanted time slot may be reserved.

Search and reservation use the same rules (`rules.RULES`). All functions are pure. A search begins in `search`, a
reservation and an explanation in `reservation`. Both build one `context`, which the rules read.
"""

from domain.availability.compact import CountedDay, OfferedStarts, PartOfDay, counted_days, offered_starts, ranges
from domain.availability.employee_time import working_hours
from domain.availability.groups import profiles_of, working_spans_on
from domain.availability.inputs import AvailabilityData, BusyTime, OfferedSlot, SlotSearch, WantedSlot
from domain.availability.reservation import Explanation, choose_employees, explain, refusal, vacant_rooms
from domain.availability.rules import Rule
from domain.availability.search import offered_slots

__all__ = [
    "AvailabilityData",
    "BusyTime",
    "CountedDay",
    "Explanation",
    "OfferedSlot",
    "OfferedStarts",
    "PartOfDay",
    "Rule",
    "SlotSearch",
    "WantedSlot",
    "choose_employees",
    "counted_days",
    "explain",
    "offered_slots",
    "offered_starts",
    "profiles_of",
    "ranges",
    "refusal",
    "vacant_rooms",
    "working_hours",
    "working_spans_on",
]
