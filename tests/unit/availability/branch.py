"""One small bank branch on one Monday, for examples of the availability rules."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.availability import (
    AvailabilityData,
    BusyTime,
    Explanation,
    OfferedSlot,
    Rule,
    SlotSearch,
    WantedSlot,
    explain,
    offered_slots,
    profiles_of,
    refusal,
)
from domain.configuration import (
    CompetenceGroup,
    Employee,
    Location,
    Organisation,
    Room,
    ServiceGroup,
    Weekday,
    WorkingSpan,
)
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NEW_YORK = ZoneInfo("America/New_York")
HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)
ANN, BOB, EVE = (UUID(int=number) for number in (1, 2, 3))
RED, BLUE = (UUID(int=number) for number in (11, 12))
HOLD = UUID(int=31)
TOP, MIDDLE, LOW, ASIDE = (UUID(int=number) for number in (61, 62, 63, 64))
HOTLINE, MOBILE = (UUID(int=number) for number in (71, 72))
PHYSICAL, ONLINE, TELEPHONE, OFFSITE = (
    MeetingType.PHYSICAL,
    MeetingType.ONLINE,
    MeetingType.TELEPHONE,
    MeetingType.OFFSITE,
)
MONDAY = date(2025, 6, 2)


def at(clock: str, day: date = MONDAY, zone: ZoneInfo = COPENHAGEN) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def span(starts: str, ends: str, day: date = MONDAY) -> Interval:
    return Interval(at(starts, day), at(ends, day))


def workday(
    starts: str = "09:00", ends: str = "12:00", place: str = "north", types: Iterable[MeetingType] = MeetingType
) -> WorkingSpan:
    return WorkingSpan(time.fromisoformat(starts), time.fromisoformat(ends), place, frozenset(types))


def employee(identity: UUID = ANN, day: WorkingSpan | None = None, *further: WorkingSpan, **other: object) -> Employee:
    """An employee who works the same span, or several, on each day of the week."""
    week = dict.fromkeys(Weekday, (day or workday(), *further))
    return replace(Employee(identity, week=week), **other)  # type: ignore[arg-type]


def busy(interval: Interval, **other: object) -> BusyTime:
    ours = BusyTime(HOLD, interval, TimeSlotStatus.RESERVED, ANN, None, None)
    return ours._replace(**other)  # type: ignore[arg-type]


@dataclass
class Branch:
    """One Monday in one bank: ask it for time slots, or for one."""

    employees: list[Employee] = field(default_factory=lambda: [employee()])
    busy: list[BusyTime] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    room_required: bool = False
    zone: ZoneInfo = COPENHAGEN
    now: datetime = field(default_factory=lambda: at("06:00"))
    organisation: dict[str, Any] = field(default_factory=dict)
    competence_groups: list[CompetenceGroup] = field(default_factory=list)
    service_groups: list[ServiceGroup] = field(default_factory=list)

    @property
    def situation(self) -> AvailabilityData:
        return AvailabilityData(
            organisation=Organisation(self.zone, **self.organisation),
            employees=tuple(self.employees),
            rooms=tuple(self.rooms),
            locations={"north": Location("north", self.room_required), "south": Location("south")},
            busy=tuple(self.busy),
            now=self.now,
            competence_groups=tuple(self.competence_groups),
            service_groups=tuple(self.service_groups),
        )

    def offers(self, day: date = MONDAY, **search: object) -> list[OfferedSlot]:
        window = Interval(at("00:00", day, self.zone), at("00:00", day + timedelta(days=1), self.zone))
        asked: dict[str, Any] = {"window": window, "duration": HOUR, "best": False, **search}
        found = list(offered_slots(SlotSearch(**asked), self.situation))
        # As in a real search, which evaluates most rules once for employees of one profile.
        with_profiles = replace(self.situation, profiles=profiles_of(self.employees))
        assert list(offered_slots(SlotSearch(**asked), with_profiles)) == found
        return found

    def starts(self, day: date = MONDAY, meeting_type: MeetingType = ONLINE, **search: object) -> list[str]:
        """The local times of day at which this type is offered."""
        slots = self.offers(day, meeting_types=frozenset({meeting_type}), **search)
        return [f"{slot.interval.start.astimezone(self.zone):%H:%M}" for slot in slots]

    def who(self, **search: object) -> set[UUID]:
        """Those of whom anything is offered."""
        return {slot.employee_id for slot in self.offers(**search)}  # type: ignore[arg-type]

    def explains(self, interval: Interval, rule: Rule, **wanted: object) -> Explanation:
        told = explain(WantedSlot(interval, ANN, **wanted), self.situation)  # type: ignore[arg-type]
        return next(each for each in told if each.rule is rule)

    def refuses(self, interval: Interval, room: UUID | None = None, **wanted: object) -> str | None:
        """The rule that refuses, or what is taken."""
        conflict = refusal(WantedSlot(interval, ANN, room, **wanted), self.situation)  # type: ignore[arg-type]
        return None if conflict is None else str(conflict.facts.get("rule") or conflict.facts["blockedBy"])


ALL_MORNING = ["09:00", "09:30", "10:00", "10:30", "11:00"]


def skills(*topics: UUID) -> frozenset[UUID]:
    return frozenset(topics)


def hotline(**other: object) -> ServiceGroup:
    serves: dict[str, object] = {"locations": frozenset({"south"}), "meeting_types": frozenset({ONLINE, PHYSICAL})}
    return ServiceGroup(HOTLINE, "Hotline", **{**serves, **other})  # type: ignore[arg-type]


def served(group: ServiceGroup, *people: Employee) -> Branch:
    staffed = people or (employee(service_groups=frozenset({group.id})),)
    return Branch(list(staffed), service_groups=[group])
