"""Rules that decide which time slots are offered, and whether a wanted time slot may be reserved.

Search and reservation use the same rules. All functions are pure. The modules are:

inputs           inputs and results of searches and reservations
timeline         the possible starts of a search, and sets of them
slot_index       the stored time slots that count, by employee and room
groups           inherited competence, and the capacities in which an employee may serve
context          the context of one search, which the rules read
employee_time    rules on working times and locations, the notice and the daily cap
rules            all rules, in their order
facts            texts of the rules, and facts about refusals
candidates       the choice between several employees
search           offered_slots
reservation      refusal, choose_employees, explain, vacant_rooms
"""

from domain.availability.groups import working_spans_on
from domain.availability.inputs import AvailabilityData, BusyTime, OfferedSlot, SlotSearch, WantedSlot
from domain.availability.reservation import Explanation, choose_employees, explain, refusal, vacant_rooms
from domain.availability.rules import Rule
from domain.availability.search import offered_slots

__all__ = [
    "AvailabilityData",
    "BusyTime",
    "Explanation",
    "OfferedSlot",
    "Rule",
    "SlotSearch",
    "WantedSlot",
    "choose_employees",
    "explain",
    "offered_slots",
    "refusal",
    "vacant_rooms",
    "working_spans_on",
]
