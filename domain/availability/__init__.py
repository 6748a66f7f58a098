"""Which time slots are offered, and whether a wanted one may be reserved: pure rules, the same ones for both.

questions    what is asked, and what is answered
local_time   local days, hours and grid as instants
timeline     the possible starts of a search, and sets of them
stored       the stored time slots that count, by whom they concern
load         meeting time by employee and local day
opening      when the organisation is open
groups       competence that is inherited, capacities in which to serve
board        one search laid out, for the rules to read
working      when and where an employee works
limits       notice and the daily cap
rules        what lets a time slot be offered, in order
choice       who takes it when several can
search       offered_slots, offers
facts        the rules in words
reservation  refusal, choose_employees
explain      explain
vacancies    vacant_rooms
"""

from domain.availability.explain import Explanation, explain
from domain.availability.groups import working_spans_on
from domain.availability.questions import BusyTime, OfferedSlot, Purpose, Situation, SlotSearch, WantedSlot
from domain.availability.reservation import choose_employees, refusal
from domain.availability.rules import Rule
from domain.availability.search import offered_slots, offers
from domain.availability.vacancies import vacant_rooms

__all__ = [
    "BusyTime",
    "Explanation",
    "OfferedSlot",
    "Purpose",
    "Rule",
    "Situation",
    "SlotSearch",
    "WantedSlot",
    "choose_employees",
    "explain",
    "offered_slots",
    "offers",
    "refusal",
    "vacant_rooms",
    "working_spans_on",
]
