"""Times, employees and durations in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

UTC_ZONE: Final = ZoneInfo("UTC")


def utc(at: datetime) -> str:
    """Return the time in UTC to the second, such as `2026-11-30 09:52:10Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def duration(lasts: timedelta) -> str:
    """Return the duration in its two largest units, such as `4 min 10 s`. A negative one is shown without its sign."""
    seconds = round(abs(lasts.total_seconds()))
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts = []
    for name, size in units:
        if count := seconds // size:
            parts.append(f"{count} {name}")
        seconds %= size
    return " ".join(parts[:2]) or "0 s"


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one organisation: its time zone, and the names of its employees by id."""

    zone: ZoneInfo = UTC_ZONE
    names: Mapping[UUID, str] = field(default_factory=dict)

    def local(self, at: datetime) -> str:
        """Return the time in the organisation's zone, such as `Mon 2026-11-30 10:00 CET`."""
        return f"{at.astimezone(self.zone):%a %Y-%m-%d %H:%M %Z}"

    def employee(self, employee_id: UUID | str | None) -> str:
        """Return the name of the employee, or the id if the employee is unknown."""
        if employee_id is None:
            return "nobody"
        found = self.names.get(UUID(str(employee_id)))
        return found or f"employee {employee_id}"

    def slot(self, start: datetime, employee_id: UUID | str | None) -> str:
        """Return a time slot in words, such as `Mon 2026-11-30 10:00 CET with Freja Lindqvist`."""
        return f"{self.local(start)} with {self.employee(employee_id)}"
