"""Parse the lines of an iCalendar file (RFC 5545 section 3.1) into components and properties, and write them again.

Only components and properties that decide when somebody is busy are kept. The `icalendar` package is not used here: it
resolves time zones while it parses, with definitions that it keeps for the whole process. It also guesses the meaning
of malformed values.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from domain.calendar_reading.refusal import UnusableCalendar, quoted

KEPT_PROPERTIES: Final = {
    "VCALENDAR": frozenset({"CALSCALE", "METHOD", "X-WR-TIMEZONE"}),
    "VEVENT": frozenset(
        {
            *("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"),
            *("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "ATTENDEE"),
        }
    ),
    "VFREEBUSY": frozenset({"FREEBUSY"}),
    "VTIMEZONE": frozenset({"TZID"}),
    "STANDARD": frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE", "EXDATE", "EXRULE"}),
    "DAYLIGHT": frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE", "EXDATE", "EXRULE"}),
}
"""Properties that are kept, by component. Other components are skipped."""

PARENTS: Final = {
    "VCALENDAR": None,
    "VEVENT": "VCALENDAR",
    "VFREEBUSY": "VCALENDAR",
    "VTIMEZONE": "VCALENDAR",
    "STANDARD": "VTIMEZONE",
    "DAYLIGHT": "VTIMEZONE",
}

KEPT_PARAMETERS: Final = frozenset({"TZID", "VALUE", "RANGE", "FBTYPE", "PARTSTAT"})

TIMES: Final = frozenset({"DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"})
"""Properties whose value has no colon. All text before the last colon is parameters, even if they lack quotes."""

NO_CALENDAR: Final = "it is no iCalendar file (RFC 5545)"

_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_LINE_END: Final = re.compile(rb"[\r\n]+")
_FOLD: Final = re.compile(rb"[\r\n]+[ \t]")
_PARAMETER: Final = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;]*)')
_QUOTED_OR_COLON: Final = re.compile(r'"[^"]*"|:')


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `name` and the names of `parameters` are upper case; the value has no spaces around it."""

    name: str
    parameters: dict[str, str]
    value: str

    def written(self) -> str:
        kept = ((name, value) for name, value in self.parameters.items() if name in KEPT_PARAMETERS)
        parameters = "".join(f';{name}="{value}"' for name, value in kept)
        return f"{self.name}{parameters}:{self.value}\r\n"


@dataclass(slots=True)
class Component:
    """One component with its kept properties and kept components."""

    name: str
    properties: list[Property] = field(default_factory=list)
    components: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [each for each in self.properties if each.name == name]

    def one(self, name: str) -> Property | None:
        """Return the property of that name, or None.

        Raises:
            UnusableCalendar: the component has several such properties.

        """
        found = self.all(name)
        if len(found) > 1:
            raise UnusableCalendar(f"a {self.name} has more than one {name}")
        return found[0] if found else None

    def parts(self, *names: str) -> Iterator["Component"]:
        return (each for each in self.components if each.name in names)

    def written(self) -> str:
        """Return the component as iCalendar text, without the parameters that are not kept."""
        inner = [each.written() for each in self.properties] + [each.written() for each in self.components]
        return f"BEGIN:{self.name}\r\n{''.join(inner)}END:{self.name}\r\n"


def parse_calendars(file: bytes) -> list[Component]:
    """Parse every VCALENDAR of the file. Only `KEPT_PROPERTIES` are read. Other lines are skipped without a check.

    Raises:
        UnusableCalendar: the file has no VCALENDAR or has a NUL character, a kept property is malformed, a component is
            in a wrong place, or an END does not match the last open BEGIN.

    """
    root = Component("")
    stack = [root]
    for line in _lines(file):
        name = _NAME.match(line)
        if name is None:
            continue
        upper, rest = name[0].upper(), line[name.end() :]
        if upper in ("BEGIN", "END") and rest.lstrip().startswith(":"):
            (_begin if upper == "BEGIN" else _end)(stack, rest.lstrip()[1:].strip().upper())
        elif upper in KEPT_PROPERTIES.get(stack[-1].name, ()):
            stack[-1].properties.append(_property(upper, rest))
    if len(stack) > 1:
        raise UnusableCalendar(f"it ends before its {quoted(stack[-1].name)} does" if root.components else NO_CALENDAR)
    if not root.components:
        raise UnusableCalendar(NO_CALENDAR)
    return root.components


def _lines(file: bytes) -> list[str]:
    if file.startswith((b"\xff\xfe", b"\xfe\xff")):
        file = file.decode("utf-16", errors="replace").encode()
    if b"\0" in file:
        raise UnusableCalendar("it has a NUL character")
    # A fold may lie between the bytes of one character, so lines are unfolded before they are decoded.
    unfolded = _FOLD.sub(b"", file.removeprefix(b"\xef\xbb\xbf"))
    return [line.decode(errors="replace") for line in _LINE_END.split(unfolded)]


def _begin(stack: list[Component], name: str) -> None:
    component = Component(name)
    if name in PARENTS:
        if stack[-1].name != (PARENTS[name] or ""):
            raise UnusableCalendar(f"a {name} is in a wrong place ({quoted(stack[-1].name)})")
        stack[-1].components.append(component)
    stack.append(component)


def _end(stack: list[Component], name: str) -> None:
    """Close a component, and the skipped components inside that lack an END. Ignore a stray END of a skipped one."""
    while stack[-1].name != name:
        if stack[-1].name in KEPT_PROPERTIES or not stack[-1].name:
            if name in KEPT_PROPERTIES:
                raise UnusableCalendar(f"a {name} ends where none is open")
            return
        stack.pop()
    stack.pop()


def _property(name: str, rest: str) -> Property:
    colon = rest.rfind(":") if name in TIMES else _first_colon(rest)
    if colon < 0 or rest[0] not in ";:":
        raise UnusableCalendar(f"a {name} is malformed: {quoted(name + rest)}")
    parameters = {each[1].upper(): each[2].replace('"', "").strip() for each in _PARAMETER.finditer(rest, 0, colon)}
    return Property(name, parameters, rest[colon + 1 :].strip())


def _first_colon(rest: str) -> int:
    return next((each.start() for each in _QUOTED_OR_COLON.finditer(rest) if each[0] == ":"), -1)
