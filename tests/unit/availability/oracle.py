"""Answers what is offered by looking at every tick of every meeting that could be. Slow, and plain to read.

Written from the rules alone: it takes the configuration's types, and no code of the engine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from domain.availability import AvailabilityData, BusyTime, SlotSearch
from domain.configuration import Capacity, CompetenceGroup, Employee, ServiceGroup, Weekday, WorkingSpan
from domain.meetings import MeetingType
from tests.unit.availability.worlds import PLACES, TICK

REMOTE = {MeetingType.ONLINE, MeetingType.TELEPHONE}
NOT_BLOCKING = {"ExtraOpen", "AvailableForWork", "WorkingFromElsewhere"}
MEETING = {"Reserved", "Booked"}
Doing = set[tuple[MeetingType, str | None]]


class Offer(NamedTuple):
    start: datetime
    meeting_type: MeetingType
    party: tuple[UUID, ...]
    room: UUID | None
    group: UUID | None


class Option(NamedTuple):
    """Where somebody can meet (one unnamed place when the type does not care), and through which group."""

    place: str | None
    group: ServiceGroup | None


@dataclass
class Oracle:
    situation: AvailabilityData
    search: SlotSearch

    def __post_init__(self) -> None:
        self.organisation = self.situation.organisation
        self.zone = self.organisation.time_zone
        self.people = {each.id: each for each in self.situation.employees}
        self.asked = self.search.meeting_location or self.search.customer_location
        self.seen: dict[object, Doing] = {}
        self.spent: dict[tuple[UUID, date], int] = {}
        self.noticed: dict[UUID, datetime | None] = {}

    def offers(self) -> Iterator[Offer]:
        for start in self.grid():
            for meeting_type in self.search.meeting_types or set(MeetingType):
                for party in self.parties():
                    for option in self.together(start, meeting_type, party):
                        rooms = self.rooms(start, option.place) if meeting_type == "physical" else [None]
                        if rooms:
                            group = option.group.id if option.group else None
                            yield Offer(start, meeting_type, party, rooms[0], group)

    def grid(self) -> Iterator[datetime]:
        moment, step = self.search.window.start, self.organisation.slot_interval // timedelta(minutes=1)
        last = self.situation.now + self.organisation.max_time_from_booking_to_meeting
        while moment < self.search.window.end:
            in_time = self.situation.now <= moment <= last
            if self.minute(moment) % step == 0 and in_time and all(map(self.open, self.ticks(moment))):
                yield moment
            moment += TICK

    def parties(self) -> list[tuple[UUID, ...]]:
        named = list(dict.fromkeys(self.search.explicit_employees))
        if named and self.search.require_all:
            return [tuple(named)] if all(each in self.people for each in named) else []
        return [(each,) for each in (named or self.people) if each in self.people]

    def together(self, start: datetime, meeting_type: MeetingType, party: tuple[UUID, ...]) -> list[Option]:
        """Where the party can meet from that start, in the best capacity of the first of them."""
        able = [self.options(self.people[each], start, meeting_type) for each in party]
        places = [{option.place for option in options} for options in able]
        left = [option for option in able[0] if all(option.place in each for each in places)]
        return sorted(left, key=lambda option: self.rank(party[0], option))[:1]

    def options(self, employee: Employee, start: datetime, meeting_type: MeetingType) -> list[Option]:
        if not (self.may(employee) and self.in_time(employee, start) and self.under_cap(employee, start)):
            return []
        if self.near_a_meeting(employee, start):
            return []
        wanted = self.search.service_group
        local = [Option(place, None) for place in self.local(employee, start, meeting_type)] if not wanted else []
        return local + [
            Option(self.asked if meeting_type == "physical" else None, group)
            for group in self.situation.service_groups
            if group.id in employee.service_groups
            and wanted in (None, group.id)
            and self.serves(group, meeting_type)
            and all(meeting_type in self.through_group(employee, tick) for tick in self.ticks(start))
        ]

    def local(self, employee: Employee, start: datetime, meeting_type: MeetingType) -> list[str | None]:
        states = [self.state(employee, tick) for tick in self.ticks(start)]
        if meeting_type == "physical":
            places = [self.asked] if self.asked else PLACES
            return [place for place in places if all((meeting_type, place) in state for state in states)]
        here = {self.asked} if self.asked else {*PLACES, None}
        return [None] if all(any((meeting_type, place) in state for place in here) for state in states) else []

    def serves(self, group: ServiceGroup, meeting_type: MeetingType) -> bool:
        search = self.search
        calls = (
            (not group.topics or search.topic in group.topics)
            and (not group.customer_types or search.customer_type in group.customer_types)
            and (not group.customer_locations or search.customer_location in group.customer_locations)
        )
        there = self.asked in group.locations or (not group.locations and meeting_type != "physical")
        return self.asked is not None and calls and there and meeting_type in group.meeting_types

    def rank(self, lead: UUID, option: Option) -> tuple[int, bool, int]:
        """The place of the capacity among the priority levels; then local, then the group with the lowest id."""
        place = len(self.organisation.priority_levels)
        for number, level in reversed(list(enumerate(self.organisation.priority_levels))):
            explicit = level.capacity is Capacity.EXPLICIT and lead in self.search.explicit_employees
            local = level.capacity is Capacity.LOCAL and option.group is None
            served = level.capacity is Capacity.SERVICE_GROUP and option.group is not None
            if explicit or local or (served and level.label in (None, option.group and option.group.label)):
                place = number
        return place, option.group is not None, option.group.id.int if option.group else 0

    def may(self, employee: Employee) -> bool:
        hidden = employee.is_only_explicitly_available and employee.id not in self.search.explicit_employees
        return employee.can_be_booked and not hidden and any(map(self.admits, self.sources(employee)))

    def sources(self, employee: Employee) -> list[Employee | CompetenceGroup]:
        groups: list[CompetenceGroup] = []
        wanted = set(employee.competence_groups)
        for _ in self.situation.competence_groups:
            groups = [each for each in self.situation.competence_groups if each.id in wanted]
            wanted |= {each.parent_id for each in groups if each.parent_id}
        own = employee.topics or employee.customer_types or not groups
        return [*groups, *([employee] if own else [])]

    def admits(self, source: Employee | CompetenceGroup) -> bool:
        asked = ((self.search.topic, source.topics), (self.search.customer_type, source.customer_types))
        return all(one is None or not skills or one in skills for one, skills in asked)

    def in_time(self, employee: Employee, start: datetime) -> bool:
        if not self.search.customer_initiated or self.search.ignore_minimum_time_before_booking:
            return True
        if employee.id not in self.noticed:
            self.noticed[employee.id] = self.end_of_notice(employee)
        earliest = self.noticed[employee.id]
        return earliest is not None and start >= earliest

    def end_of_notice(self, employee: Employee) -> datetime | None:
        """Tick after tick from now, until as many were worked as the notice asks."""
        tick, left = self.situation.now, self.organisation.working_time_buffer // TICK
        while left and tick < self.search.window.end:
            left -= self.open(tick) and self.span(employee, tick) is not None
            tick += TICK
        return None if left else tick

    def under_cap(self, employee: Employee, start: datetime) -> bool:
        groups = [each for each in self.situation.service_groups if each.id in employee.service_groups]
        stated = [each.max_meeting_time_per_day for each in groups if each.max_meeting_time_per_day is not None]
        cap = max(stated) if stated else self.organisation.max_meeting_time_per_day
        if employee.max_meeting_time_per_day is not None:
            cap = employee.max_meeting_time_per_day
        if cap is None or not self.search.customer_initiated:
            return True
        days = [self.local_day(tick) for tick in self.ticks(start)]
        return all((self.load(employee.id, day) + days.count(day)) * TICK <= cap for day in set(days))

    def near_a_meeting(self, employee: Employee, start: datetime) -> bool:
        buffer = self.organisation.buffer_between_meetings
        first, last = start - buffer, start + self.search.duration + buffer
        around = (first + TICK * number for number in range((last - first) // TICK))
        return any(self.statuses(employee, tick) & MEETING for tick in around) if buffer else False

    def open(self, tick: datetime) -> bool:
        opens, closes = self.organisation.opens or time(), self.organisation.closes or time()
        within = opens.hour * 60 + opens.minute <= self.minute(tick) < (closes.hour * 60 + closes.minute or 24 * 60)
        return within and self.local_day(tick) not in self.organisation.closing_days

    def state(self, employee: Employee, tick: datetime) -> Doing:
        """What the employee could be doing locally during that tick: meeting types, and where."""
        key = (employee.id, tick)
        if key not in self.seen:
            self.seen[key] = self.look(employee, tick)
        return self.seen[key]

    def look(self, employee: Employee, tick: datetime) -> Doing:
        stored = self.statuses(employee, tick)
        span = self.span(employee, tick)
        doing: Doing = set()
        if span:
            doing |= {(each, span.location) for each in span.meeting_types}
        if stored & {"ExtraOpen", "AvailableForWork"}:
            doing |= {(each, self.place(employee, tick)) for each in REMOTE}
        return {each for each in doing if self.free_for(each[0], stored)}

    def through_group(self, employee: Employee, tick: datetime) -> set[MeetingType]:
        """The meeting types that the employee could serve a group with during that tick."""
        stored = self.statuses(employee, tick)
        types = set(MeetingType) if self.span(employee, tick) else set()
        types |= REMOTE if stored & {"ExtraOpen", "AvailableForWork"} else set()
        return {each for each in types if self.free_for(each, stored)}

    def free_for(self, meeting_type: MeetingType, stored: set[str]) -> bool:
        away = "WorkingFromElsewhere" in stored and meeting_type == "physical"
        return not away and not stored - NOT_BLOCKING

    def span(self, employee: Employee, tick: datetime) -> WorkingSpan | None:
        """The span in which the employee works at that tick."""
        for span in self.spans(employee, tick):
            ends = span.ends.hour * 60 + span.ends.minute or 24 * 60
            if span.starts.hour * 60 + span.starts.minute <= self.minute(tick) < ends:
                return span
        return None

    def place(self, employee: Employee, tick: datetime) -> str | None:
        """Minute by minute from midnight: where the day begins, and from then on where each span takes the employee."""
        spans = self.spans(employee, tick)
        place = min(spans, key=lambda span: span.starts).location if spans else employee.location
        for minute in range(self.minute(tick) + 1):
            place = next((span.location for span in spans if span.starts == time(*divmod(minute, 60))), place)
        return place

    def spans(self, employee: Employee, tick: datetime) -> tuple[WorkingSpan, ...]:
        return employee.week.get(Weekday(tick.astimezone(self.zone).isoweekday()), ())

    def statuses(self, employee: Employee, tick: datetime) -> set[str]:
        return {each.status.value for each in self.stored(tick) if each.employee_id == employee.id}

    def stored(self, tick: datetime) -> Iterator[BusyTime]:
        for each in self.situation.busy:
            over = each.held_until is not None and each.held_until <= self.situation.now
            ignored = each.id in self.search.ignore_slots
            if each.interval.start <= tick < each.interval.end and not over and not ignored:
                yield each

    def rooms(self, start: datetime, place: str | None) -> list[UUID | None]:
        """The rooms that the meeting can have, best first; one of None when it can do without."""
        wanted = list(self.search.specific_rooms)
        stored = [each for tick in self.ticks(start) for each in self.stored(tick)]
        taken = {each.room_id for each in stored if each.status.value not in NOT_BLOCKING}
        there = [room for room in self.situation.rooms if room.location == place and room.can_be_booked]
        free: list[UUID | None] = [*sorted(room.id for room in there if room.id not in taken)]
        if wanted:
            free = [each for each in wanted if each in free]
        setting = self.situation.locations.get(place or "")
        needed = self.search.require_room or wanted or (setting and setting.require_room)
        return free or ([] if needed else [None])

    def load(self, identity: UUID, day: date) -> int:
        """The ticks that the employee spends in meetings on that local day."""
        if (identity, day) not in self.spent:
            noon = datetime.combine(day, time(12), UTC)
            ticks = (noon + TICK * number for number in range(-30 * 12, 30 * 12))
            self.spent[identity, day] = sum(
                len([each for each in self.stored(tick) if each.employee_id == identity and each.status in MEETING])
                for tick in ticks
                if self.local_day(tick) == day
            )
        return self.spent[identity, day]

    def ticks(self, start: datetime) -> list[datetime]:
        return [start + TICK * number for number in range(self.search.duration // TICK)]

    def minute(self, tick: datetime) -> int:
        local = tick.astimezone(self.zone)
        return local.hour * 60 + local.minute

    def local_day(self, tick: datetime) -> date:
        return tick.astimezone(self.zone).date()
