"""An independent reader of calendar files, for comparison: `icalendar` parses, `python-dateutil` expands the rules, and
the zone database knows the zones. It is slow, and has no limits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from icalendar import Calendar

from domain.time_slots import Interval

WEEK: Final = timedelta(weeks=1)
Found = set[tuple[datetime, datetime, str]]
"""Start, end and a word for the kind of each busy time."""


@dataclass(frozen=True)
class IndependentReader:
    """`zones` are those that the file names; `zone` is the organisation's."""

    zones: Mapping[str, ZoneInfo]
    zone: ZoneInfo
    window: Interval

    def read(self, text: str) -> Found:
        calendar = Calendar.from_ical(text)
        floating = self.zones[str(calendar["X-WR-TIMEZONE"])] if "X-WR-TIMEZONE" in calendar else self.zone
        events = [_Event(each, self, floating) for each in calendar.walk("VEVENT")]
        masters = [each for each in events if not each.is_exception]
        exceptions = [each for each in events if each.is_exception]
        found: Found = set()
        for master in masters:
            found |= self._series(master, [each for each in exceptions if each.uid == master.uid])
        for each in exceptions:
            found |= self._counting(each, [(each.start, each.end(each.start))], "Occurence")
        return found

    def _series(self, master: "_Event", exceptions: list["_Event"]) -> Found:
        kind = "Occurence" if master.recurs else "Instance"
        gone = master.excluded | {each.replaces for each in exceptions}
        walls = {wall for wall in master.walls() if master.instant(wall) not in gone}
        later = next((each for each in exceptions if each.holds_for_later), None)
        if later is None:
            return self._counting(master, [(wall, master.end(wall)) for wall in walls], kind)
        before = [wall for wall in walls if master.instant(wall) < later.replaces]
        shift = later.start - later.local(later.replaces)
        after = [later.local(master.instant(wall)) + shift for wall in walls.difference(before)]
        return self._counting(master, [(wall, master.end(wall)) for wall in before], kind) | self._counting(
            later, [(wall, later.end(wall)) for wall in after], kind
        )

    def _counting(self, event: "_Event", times: list[tuple[datetime, datetime]], kind: str) -> Found:
        if event.is_free:
            return set()
        found = {(event.instant(wall), end) for wall, end in times}
        what = "BusyEvent" if event.whole_day else "BusyAppointment"
        return {
            (start, end, what + kind)
            for start, end in found
            if start < end and Interval(start, end).overlaps(self.window)
        }


class _Event:
    def __init__(self, event: Any, reader: IndependentReader, floating: ZoneInfo) -> None:  # noqa: ANN401 - the library's
        self._event, self._reader, self._floating = event, reader, floating
        self.uid = str(event["UID"])
        self.whole_day = not isinstance(event["DTSTART"].dt, datetime)
        self.zone = self._zone_of(event["DTSTART"], event["DTSTART"].dt)
        self.start = _wall(event["DTSTART"].dt)
        self.is_exception = "RECURRENCE-ID" in event
        self.recurs = "RRULE" in event or "RDATE" in event
        self.is_free = event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED"
        self.holds_for_later = self.is_exception and event["RECURRENCE-ID"].params.get("RANGE") == "THISANDFUTURE"

    @property
    def replaces(self) -> datetime:
        found = self._event["RECURRENCE-ID"]
        return self._instant_of(found, found.dt)

    @property
    def excluded(self) -> set[datetime]:
        return {self._instant_of(found, each.dt) for found in self._all("EXDATE") for each in found.dts}

    def instant(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def end(self, wall: datetime) -> datetime:
        if "DURATION" in self._event:
            duration: timedelta = self._event["DURATION"].dt
            return self.instant(wall + timedelta(days=duration.days)) + timedelta(seconds=duration.seconds)
        if "DTEND" not in self._event:
            return self.instant(wall + timedelta(days=self.whole_day))
        end = self._event["DTEND"]
        if self.whole_day:
            return self.instant(wall + (_wall(end.dt) - self.start))
        return self.instant(wall) + (self._instant_of(end, end.dt) - self.instant(self.start))

    def walls(self) -> Iterator[datetime]:
        yield self.start
        for found in self._all("RDATE"):
            for each in found.dts:
                yield _wall(each.dt) if self.whole_day else self.local(self._instant_of(found, each.dt))
        for found in self._all("RRULE"):
            yield from self._of_rule(found)

    def _of_rule(self, found: Any) -> Iterator[datetime]:  # noqa: ANN401 - the library's
        parts = {name.upper(): value for name, value in dict(found).items()}
        until = parts.pop("UNTIL", [None])[0]
        start = self.start
        if "BYWEEKNO" in parts and "BYDAY" not in parts:
            parts["BYDAY"] = [("MO", "TU", "WE", "TH", "FR", "SA", "SU")[start.weekday()]]
        if parts["FREQ"] == ["WEEKLY"] and "BYSETPOS" in parts:
            # The library would take the first week from its middle on.
            start = start - WEEK
            start += timedelta(days=(self.start.weekday() - start.weekday()) % 7)
        last = self._reader.window.end.replace(tzinfo=None) + timedelta(days=40)
        rule = self._rule(parts, start)
        for wall in takewhile(lambda each: each <= last, rule):
            if wall >= self.start and (until is None or self._is_before(wall, until)):
                yield wall

    def _rule(self, parts: dict[str, Any], start: datetime) -> rrule:
        text = ";".join(f"{name}={','.join(map(_written, value))}" for name, value in parts.items())
        interval, frequency = int(parts.get("INTERVAL", [1])[0]), parts["FREQ"][0]
        if start != self.start:
            # From the first day of the week of the start, so that whole weeks are counted.
            week_start = ("MO", "TU", "WE", "TH", "FR", "SA", "SU").index(str(parts.get("WKST", ["MO"])[0]))
            start = self.start - timedelta(days=(self.start.weekday() - week_start) % 7)
        assert interval
        assert frequency
        found = rrulestr(text, dtstart=start)
        assert isinstance(found, rrule)
        return found

    def _is_before(self, wall: datetime, until: date) -> bool:
        if not isinstance(until, datetime):
            return wall.date() <= until
        return self.instant(wall) <= (until if until.tzinfo else self.instant(until))

    def _instant_of(self, found: Any, moment: date) -> datetime:  # noqa: ANN401 - the library's
        return _wall(moment).replace(tzinfo=self._zone_of(found, moment)).astimezone(UTC)

    def _zone_of(self, found: Any, moment: date) -> Any:  # noqa: ANN401 - the library's
        if not isinstance(moment, datetime):
            return self._reader.zone
        name = found.params.get("TZID")
        if name is None or name == "UTC":
            return UTC if moment.tzinfo else self._floating
        return self._reader.zones[name]

    def _all(self, name: str) -> list[Any]:
        found = self._event.get(name, [])
        return found if isinstance(found, list) else [found]


def _wall(moment: date) -> datetime:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment, time.min)


def _written(value: Any) -> str:  # noqa: ANN401 - the library's
    return str(value)
