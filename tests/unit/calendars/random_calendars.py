"""Random calendar files: series and single events, exceptions, zones of the file's own, whole days, busy and free."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

KNOWN: Final = ("Europe/Copenhagen", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
WINDOWS: Final = {"Romance Standard Time": "Europe/Paris", "Eastern Standard Time": "America/New_York"}
DEFINITIONS: Final = {
    "Europe/Berlin": ("+0100", "+0200", "BYDAY=-1SU;BYMONTH=3", "T020000", "BYDAY=-1SU;BYMONTH=10", "T030000"),
    "America/Chicago": ("-0600", "-0500", "BYDAY=2SU;BYMONTH=3", "T020000", "BYDAY=1SU;BYMONTH=11", "T020000"),
    "Australia/Sydney": ("+1000", "+1100", "BYDAY=1SU;BYMONTH=10", "T020000", "BYDAY=1SU;BYMONTH=4", "T030000"),
    "Asia/Tokyo": ("+0900", "+0900", "", "", "", ""),
}
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FIRST: Final = date(2025, 1, 1)
CHANGES: Final = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25))
"""Days on which clocks are changed somewhere."""


@dataclass
class RandomCalendar:
    """`zones` are those that the file names, by name."""

    text: str
    zones: dict[str, ZoneInfo] = field(default_factory=dict)


def random_calendar(seed: int) -> RandomCalendar:
    return _Writer(random.Random(seed)).calendar()


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._zones = {name: ZoneInfo(name) for name in KNOWN} | {
            name: ZoneInfo(iana) for name, iana in WINDOWS.items()
        }
        self._head: list[str] = []

    def calendar(self) -> RandomCalendar:
        for _ in range(self._chance.randint(0, 2)):
            self._define_zone()
        if self._chance.random() < 0.3:
            self._head.append(f"X-WR-TIMEZONE:{self._chance.choice(KNOWN)}")
        events = [line for number in range(self._chance.randint(1, 5)) for line in self._event(number)]
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:random", *self._head, *events, "END:VCALENDAR", ""]
        return RandomCalendar("\r\n".join(lines), self._zones)

    def _define_zone(self) -> None:
        """Define a zone under a name of its own, or under one that means another zone elsewhere."""
        iana = self._chance.choice(list(DEFINITIONS))
        name = self._chance.choice(
            ["Custom", "Customized Time Zone 1", "Europe/Copenhagen", "tzone://Microsoft/Custom"]
        )
        if f"TZID:{name}" in self._head:
            return
        standard, daylight, to_daylight, at_daylight, to_standard, at_standard = DEFINITIONS[iana]
        self._zones[name] = ZoneInfo(iana)
        self._head += ["BEGIN:VTIMEZONE", f"TZID:{name}"]
        if to_daylight:
            start = self._chance.choice(["16010101", "20070101"])
            self._head += _observance("DAYLIGHT", standard, daylight, start + at_daylight, to_daylight)
            self._head += _observance("STANDARD", daylight, standard, start + at_standard, to_standard)
        else:
            self._head += _observance("STANDARD", standard, standard, "16010101T000000", "")
        self._head.append("END:VTIMEZONE")

    def _event(self, number: int) -> list[str]:
        write = _EventWriter(self._chance, list(self._zones), f"uid-{number}")
        return write.series() if self._chance.random() < 0.7 else write.single()


def _observance(name: str, before: str, after: str, start: str, rule: str) -> list[str]:
    lines = [f"BEGIN:{name}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
    return [*lines, *([f"RRULE:FREQ=YEARLY;{rule}"] if rule else []), f"END:{name}"]


class _EventWriter:
    def __init__(self, chance: random.Random, zones: list[str], uid: str) -> None:
        self._chance = chance
        self._uid = uid
        kind = chance.random()
        self._whole_day = kind < 0.25
        self._zone = None if self._whole_day or kind < 0.35 else "UTC" if kind < 0.5 else chance.choice(zones)
        self._start = datetime.combine(self._day(), time.min if self._whole_day else self._time())

    def single(self) -> list[str]:
        return self._lines(self._start, self._length(), self._says_free())

    def series(self) -> list[str]:
        length, rule = self._length(), self._rule()
        extra = [self._moments("RDATE")] if self._chance.random() < 0.2 else []
        extra += [self._moments("EXDATE") for _ in range(self._chance.randint(0, 2))]
        lines = self._lines(self._start, length, [f"RRULE:{rule}", *extra, *self._says_free()])
        replaced = {self._an_occurrence() for _ in range(self._chance.choice([0, 0, 1, 2]))}
        for number, occurrence in enumerate(sorted(replaced)):
            scope = ";RANGE=THISANDFUTURE" if number == 0 and self._chance.random() < 0.25 else ""
            instead = occurrence + timedelta(days=self._chance.randint(-2, 2))
            if not self._whole_day:
                instead += timedelta(minutes=self._chance.choice([0, 30, -90]))
            recurrence_id = self._property("RECURRENCE-ID" + scope, occurrence)
            lines += self._lines(instead, self._length(), [recurrence_id, *self._says_free()])
        return lines

    def _lines(self, start: datetime, length: str, more: list[str]) -> list[str]:
        if length == "DTEND":
            most = 4 if self._whole_day else 40
            end = start + self._chance.randint(1, most) * (timedelta(days=1) if self._whole_day else timedelta(hours=1))
            length = self._property("DTEND", end)
        written = [f"UID:{self._uid}", self._property("DTSTART", start), *([length] if length else []), *more]
        self._chance.shuffle(written)
        return ["BEGIN:VEVENT", *written, "END:VEVENT"]

    def _length(self) -> str:
        if self._whole_day:
            return self._chance.choice(["", "DTEND", "DTEND", "DURATION:P2D", "DURATION:P1W"])
        return self._chance.choice(
            ["DTEND", "DTEND", "DURATION:PT45M", "DURATION:P1D", "DURATION:P1DT6H", "DURATION:PT20H"]
        )

    def _property(self, name: str, *moments: datetime) -> str:
        if self._whole_day:
            return f"{name};VALUE=DATE:" + ",".join(f"{each:%Y%m%d}" for each in moments)
        times = ",".join(f"{each:%Y%m%dT%H%M%S}" + ("Z" if self._zone == "UTC" else "") for each in moments)
        zone = f'"{self._zone}"' if self._zone and ":" in self._zone else self._zone
        return f"{name};TZID={zone}:{times}" if self._zone not in (None, "UTC") else f"{name}:{times}"

    def _moments(self, name: str) -> str:
        return self._property(name, *(self._an_occurrence() for _ in range(self._chance.randint(1, 3))))

    def _an_occurrence(self) -> datetime:
        """A time at which the series often has an occurrence."""
        if self._chance.random() < 0.1:
            return self._start
        return self._start + timedelta(days=self._chance.choice([1, 7]) * self._chance.randint(1, 60))

    def _day(self) -> date:
        if self._chance.random() < 0.4:
            return self._chance.choice(CHANGES) - timedelta(days=self._chance.choice([0, 0, 1, 7, 28]))
        return FIRST + timedelta(days=self._chance.randint(0, 700))

    def _time(self) -> time:
        return time(self._chance.choice([0, 1, 2, 2, 3, 9, 15, 23]), self._chance.choice([0, 15, 30]))

    def _says_free(self) -> list[str]:
        return self._chance.choice(
            [*([[]] * 12), ["TRANSP:TRANSPARENT"], ["STATUS:CANCELLED"], ["TRANSP:OPAQUE", "STATUS:TENTATIVE"]]
        )

    def _rule(self) -> str:
        frequency = self._chance.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"])
        kinds: dict[str, Callable[[], list[str]]] = {
            "DAILY": self._daily,
            "WEEKLY": self._weekly,
            "MONTHLY": self._monthly,
            "YEARLY": self._yearly,
        }
        parts = [f"FREQ={frequency}", *kinds[frequency]()]
        if (interval := self._chance.choice([1, 1, 1, 2, 3])) > 1:
            parts.append(f"INTERVAL={interval}")
        if self._chance.random() < 0.3:
            parts.append(f"WKST={self._chance.choice(WEEKDAYS)}")
        if not self._whole_day and self._chance.random() < 0.1:
            parts.append("BYHOUR=" + self._numbers(0, 23, 2))
        return ";".join(parts + self._end(sets="BYSETPOS" in str(parts)))

    def _end(self, *, sets: bool) -> list[str]:
        chance = self._chance.random()
        if chance < 0.3 and not sets:
            return [f"COUNT={self._chance.choice([1, 5, 30, 100, 400])}"]
        if chance < 0.6:
            end = self._start + timedelta(days=self._chance.randint(0, 500))
            if self._whole_day or self._chance.random() < 0.2:
                return [f"UNTIL={end:%Y%m%d}"]
            return [f"UNTIL={end:%Y%m%dT%H%M%S}" + ("Z" if self._zone else "")]
        return []

    def _daily(self) -> list[str]:
        return self._chance.choice([[], [], ["BYDAY=MO,WE,FR"], ["BYMONTH=3,4,11"], ["BYMONTHDAY=1,15,-1"]])

    def _weekly(self) -> list[str]:
        days = "BYDAY=" + ",".join(self._chance.sample(WEEKDAYS, self._chance.randint(1, 4)))
        return self._chance.choice([[], [days], [days], [days, "BYMONTH=3,10"], [days, "BYSETPOS=-1"]])

    def _monthly(self) -> list[str]:
        day = self._chance.choice(WEEKDAYS)
        return self._chance.choice(
            [
                [],
                ["BYMONTHDAY=" + self._numbers(1, 31, 3)],
                [f"BYMONTHDAY={-self._chance.randint(1, 31)}"],
                [f"BYDAY={self._chance.choice([1, 2, 5, -1, -5])}{day}"],
                [f"BYDAY={day}", "BYMONTHDAY=8,9,10,11,12,13,14"],
                ["BYDAY=MO,TU,WE,TH,FR", f"BYSETPOS={self._chance.choice(['1', '-1', '2,-2'])}"],
                [f"BYDAY={day}", "BYMONTH=3,10,11"],
            ]
        )

    def _yearly(self) -> list[str]:
        day = self._chance.choice(WEEKDAYS)
        return self._chance.choice(
            [
                [],
                ["BYMONTH=" + self._numbers(1, 12, 3)],
                ["BYMONTH=3,10", f"BYDAY={self._chance.choice([1, -1, 2])}{day}"],
                [f"BYDAY={self._chance.choice([20, -12, 53])}{day}"],
                [f"BYDAY={day}"],
                ["BYYEARDAY=" + self._numbers(1, 366, 3)],
                ["BYYEARDAY=-1,-60"],
                [f"BYWEEKNO={self._chance.choice(['1', '12', '53', '-1', '20,44'])}", f"BYDAY={day},SU"],
                ["BYWEEKNO=13"],
                ["BYMONTHDAY=13", "BYDAY=FR"],
                ["BYMONTHDAY=29,-1", "BYMONTH=2,3"],
                ["BYMONTH=3,4", f"BYDAY={day}", "BYSETPOS=2,-1"],
            ]
        )

    def _numbers(self, least: int, greatest: int, most: int) -> str:
        return ",".join(str(self._chance.randint(least, greatest)) for _ in range(self._chance.randint(1, most)))
