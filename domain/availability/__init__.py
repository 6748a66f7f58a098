"""Rules that decide which time slots are offered, and whether a wanted time slot may be reserved.

Search and reservation use the same rules. All functions are pure. The modules are:

questions           inputs and results of searches and reservations
context.local_time  local days, hours and grid as instants
context.timeline    the possible starts of a search, and sets of them
context.stored      the stored time slots that count, by employee and room
context.load        meeting time by employee and local day
context.opening     opening days and hours of the organisation
context.groups      inherited competence, and the capacities in which an employee may serve
context.board       the context of one search, which the rules read
context.working     working times and locations of an employee
limits              the notice and the daily cap
rules               the rules, in their order
choice              the choice between several employees
search              offered_slots, offers
facts               texts of the rules, and facts about refusals
reservation         refusal, choose_employees
explain             explain
vacancies           vacant_rooms
"""

from domain.availability.context.groups import working_spans_on
from domain.availability.explain import Explanation, explain
from domain.availability.questions import AvailabilityData, BusyTime, OfferedSlot, Purpose, SlotSearch, WantedSlot
from domain.availability.reservation import choose_employees, refusal
from domain.availability.rules import Rule
from domain.availability.search import offered_slots, offers
from domain.availability.vacancies import vacant_rooms

__all__ = [
    "AvailabilityData",
    "BusyTime",
    "Explanation",
    "OfferedSlot",
    "Purpose",
    "Rule",
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
