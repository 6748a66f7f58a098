"""History of each row from the audit table: every version of a time slot or meeting, and the time of its validity."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from chaos.record import Exchange, Json, Record, RowChange


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Version:
    """A row as it was from `since` until `until`, or still is if that is None.

    `transaction` wrote this version, and `ended_in` replaced it, or deleted the row if `is_deleted` is true.
    """

    row: Json
    since: datetime
    transaction: int
    until: datetime | None = None
    is_deleted: bool = False
    ended_in: int = 0

    @property
    def deadline(self) -> datetime | None:
        return instant(self.row["hold_expires_at"])

    @property
    def blocks_until(self) -> datetime | None:
        """Return when this version stopped blocking others. An overdue hold blocks nobody, even if its row exists."""
        ends = [moment for moment in (self.until, self.deadline) if moment is not None]
        return min(ends, default=None)


@dataclass(slots=True)
class Lifetime:
    """One row from its insertion to its end."""

    id: str
    versions: list[Version] = field(default_factory=list)

    @property
    def first(self) -> Version:
        return self.versions[0]

    @property
    def last(self) -> Version:
        return self.versions[-1]

    @property
    def exists(self) -> bool:
        return not self.last.is_deleted

    @property
    def is_attendee_slot(self) -> bool:
        return self.first.row["companion_of"] is not None


@dataclass
class History:
    """Time slots and meetings by id. An id that was inserted twice has two lifetimes."""

    slots: dict[str, list[Lifetime]]
    meetings: dict[str, list[Lifetime]]
    events: list[RowChange]

    @classmethod
    def of(cls, record: Record) -> "History":
        by_table: dict[str, list[RowChange]] = defaultdict(list)
        for change in record.changes:
            by_table[change.table].append(change)
        return cls(lifetimes(by_table["time_slot"]), lifetimes(by_table["meeting"]), by_table["booking_event"])

    def slot(self, identity: str) -> Lifetime | None:
        return next(iter(self.slots.get(identity, [])), None)

    def meeting(self, identity: str) -> Lifetime | None:
        return next(iter(self.meetings.get(identity, [])), None)

    @cached_property
    def all_slots(self) -> list[Lifetime]:
        return [lifetime for found in self.slots.values() for lifetime in found]

    @cached_property
    def all_meetings(self) -> list[Lifetime]:
        return [lifetime for found in self.meetings.values() for lifetime in found]

    @cached_property
    def slots_of_token(self) -> dict[str, list[Lifetime]]:
        found: dict[str, list[Lifetime]] = defaultdict(list)
        for lifetime in self.all_slots:
            if not lifetime.is_attendee_slot:
                found[lifetime.first.row["reservation_token"]].append(lifetime)
        return found

    @cached_property
    def attendee_slots(self) -> dict[str, list[Lifetime]]:
        """Attendee slots by the id of the time slot that they belong to."""
        found: dict[str, list[Lifetime]] = defaultdict(list)
        for lifetime in self.all_slots:
            if lifetime.is_attendee_slot:
                found[lifetime.first.row["companion_of"]].append(lifetime)
        return found

    @cached_property
    def meetings_of_customer(self) -> dict[str, list[Lifetime]]:
        found: dict[str, list[Lifetime]] = defaultdict(list)
        for lifetime in self.all_meetings:
            found[lifetime.first.row["customer_id"]].append(lifetime)
        return found

    def live_meetings(self) -> Iterator[Lifetime]:
        return (
            lifetime for lifetime in self.all_meetings if lifetime.exists and lifetime.last.row["cancelled_at"] is None
        )


def lifetimes(changes: Iterable[RowChange]) -> dict[str, list[Lifetime]]:
    found: dict[str, list[Lifetime]] = defaultdict(list)
    for change in changes:
        mine = found[change.row["id"]]
        if change.operation == "INSERT" or not mine:
            mine.append(Lifetime(change.row["id"]))
        else:
            mine[-1].versions[-1] = ended(mine[-1].last, change)
        if change.operation != "DELETE":
            mine[-1].versions.append(Version(change.row, change.at, change.transaction))
    return {name: [lifetime for lifetime in mine if lifetime.versions] for name, mine in found.items()}


def ended(version: Version, change: RowChange) -> Version:
    is_deleted = change.operation == "DELETE"
    return replace(version, until=change.at, is_deleted=is_deleted, ended_in=change.transaction)


def is_wanted(reservation: Exchange, row: Json) -> bool:
    """Return whether this time slot has the client, start, employees and room that the reservation asked for."""
    wanted = reservation.body["timeSlot"]
    return (
        reservation.client == row["client_id"]
        and instant(wanted["startDate"]) == instant(row["start_at"])
        and wanted["employeeId"] == row["employee_id"]
        and wanted.get("roomId") == row["room_id"]
        and set(wanted.get("additionalEmployees", [])) == set(row["additional_employees"])
    )
