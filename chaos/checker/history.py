"""History of each row from the witness: every version of a time slot or meeting, and the time of its validity."""

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
    """A row as it was from `since` until `until`, or still is if that is None. `gone` is true if the row was deleted.

    `transaction` wrote this version, and `ended_in` replaced or deleted it.
    """

    row: Json
    since: datetime
    transaction: int
    until: datetime | None = None
    gone: bool = False
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
class Life:
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
    def is_there(self) -> bool:
        return not self.last.gone

    @property
    def is_companion(self) -> bool:
        return self.first.row["companion_of"] is not None


@dataclass
class History:
    """Time slots and meetings by id. An id that was inserted twice has two lives."""

    slots: dict[str, list[Life]]
    meetings: dict[str, list[Life]]
    events: list[RowChange]

    @classmethod
    def of(cls, record: Record) -> "History":
        by_table: dict[str, list[RowChange]] = defaultdict(list)
        for change in record.changes:
            by_table[change.table].append(change)
        return cls(lives(by_table["time_slot"]), lives(by_table["meeting"]), by_table["booking_event"])

    def slot(self, identity: str) -> Life | None:
        return next(iter(self.slots.get(identity, [])), None)

    def meeting(self, identity: str) -> Life | None:
        return next(iter(self.meetings.get(identity, [])), None)

    @cached_property
    def all_slots(self) -> list[Life]:
        return [life for found in self.slots.values() for life in found]

    @cached_property
    def all_meetings(self) -> list[Life]:
        return [life for found in self.meetings.values() for life in found]

    @cached_property
    def slots_of_token(self) -> dict[str, list[Life]]:
        found: dict[str, list[Life]] = defaultdict(list)
        for life in self.all_slots:
            if not life.is_companion:
                found[life.first.row["reservation_token"]].append(life)
        return found

    @cached_property
    def companions(self) -> dict[str, list[Life]]:
        """Attendee slots by the id of the time slot that they belong to."""
        found: dict[str, list[Life]] = defaultdict(list)
        for life in self.all_slots:
            if life.is_companion:
                found[life.first.row["companion_of"]].append(life)
        return found

    @cached_property
    def meetings_of_customer(self) -> dict[str, list[Life]]:
        found: dict[str, list[Life]] = defaultdict(list)
        for life in self.all_meetings:
            found[life.first.row["customer_id"]].append(life)
        return found

    def live_meetings(self) -> Iterator[Life]:
        return (life for life in self.all_meetings if life.is_there and life.last.row["cancelled_at"] is None)


def lives(changes: Iterable[RowChange]) -> dict[str, list[Life]]:
    found: dict[str, list[Life]] = defaultdict(list)
    for change in changes:
        mine = found[change.row["id"]]
        if change.operation == "INSERT" or not mine:
            mine.append(Life(change.row["id"]))
        else:
            mine[-1].versions[-1] = ended(mine[-1].last, change)
        if change.operation != "DELETE":
            mine[-1].versions.append(Version(change.row, change.at, change.transaction))
    return {name: [life for life in mine if life.versions] for name, mine in found.items()}


def ended(version: Version, change: RowChange) -> Version:
    is_gone = change.operation == "DELETE"
    return replace(version, until=change.at, gone=is_gone, ended_in=change.transaction)


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
