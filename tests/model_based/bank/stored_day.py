"""What the database has of a bank's day, compared with what the ledger says; and what search offers of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, Final
from uuid import UUID

from domain.availability import SlotSearch, offered_slots
from domain.meetings import MeetingType
from domain.time_slots import Interval
from storage.availability.situations import read_availability_data
from tests.integration.activities.booking_fixture import check_companions
from tests.model_based.bank.bank_day import EVERYBODY, HALF, HOUR, ROOMS, STARTS, BankDay
from tests.model_based.bank.ledger import Event, Ledger, Meeting, Slot

Row = dict[str, Any]

SLOTS: Final = "SELECT *, EXTRACT(epoch FROM hold_expires_at - clock_timestamp()) / 60 AS left FROM time_slot"
MEETINGS: Final = "SELECT * FROM meeting"
EVENTS: Final = "SELECT *, facts ->> 'cause' AS cause, facts ->> 'changed' AS changed, facts ->> 'before' AS before"
LONGEST: Final = 1.0
"""Minutes that an example may take."""


async def compare(day: BankDay, ledger: Ledger) -> None:
    """Fail unless the database has exactly what the ledger says, and search offers exactly what that leaves."""
    slots = await rows(day, SLOTS)
    meetings = await rows(day, MEETINGS)
    events = await rows(day, f"{EVENTS} FROM booking_event ORDER BY id")
    check_overlaps(slots)
    check_companions({"TimeSlotRow": slots})
    check_slots([each for each in slots if each["companion_of"] is None and each["client_id"]], ledger)
    check_meetings(meetings, ledger)
    check_events(events, meetings, ledger)
    await check_offers(day, ledger)


async def rows(day: BankDay, query: str) -> list[Row]:
    return [dict(row) for row in await day.connection.fetch(query)]


def check_overlaps(slots: Sequence[Row]) -> None:
    """No two live time slots of different bookings have an employee or a room at the same time."""
    live = [each for each in slots if each["client_id"] and (each["left"] is None or each["left"] > 0)]
    for one, other in combinations(live, 2):
        is_shared = one["employee_id"] == other["employee_id"] or (
            one["room_id"] and one["room_id"] == other["room_id"]
        )
        if is_shared and one["booking_key"] != other["booking_key"]:
            assert one["end_at"] <= other["start_at"] or other["end_at"] <= one["start_at"], (one, other)


def check_slots(stored: Sequence[Row], ledger: Ledger) -> None:
    assert {each["id"]: of_row(each) for each in stored} == {each.id: of_slot(each) for each in ledger.slots.values()}
    for row in stored:
        left = ledger.slots[row["id"]].left
        assert left is None or left - LONGEST < row["left"] < left + 0.01, (row, left)


def of_row(row: Row) -> tuple[Any, ...]:
    owner = (row["client_id"], row["reservation_token"], row["booking_key"], row["status"])
    what = (row["employee_id"], frozenset(row["additional_employees"]), row["room_id"], row["start_at"], row["end_at"])
    return *owner, *what, row["existing_meeting_id"], row["left"] is None, row["version"]


def of_slot(slot: Slot) -> tuple[Any, ...]:
    owner = (slot.client, slot.token, slot.key, slot.status)
    what = (slot.employee, frozenset(slot.team), slot.room, slot.start, slot.end)
    return *owner, *what, slot.moves, slot.left is None, slot.version


def check_meetings(stored: Sequence[Row], ledger: Ledger) -> None:
    """Each that was made is there once, with its content; and no other one."""
    assert {each["id"]: of_meeting_row(each) for each in stored} == {
        each.id: of_meeting(each) for each in ledger.meetings.values()
    }


def of_meeting_row(row: Row) -> tuple[Any, ...]:
    said = {name: row[name] for name in ("title", "description", "type", "video_link", "customer_id", "topic_id")}
    what = (row["employee_id"], frozenset(row["additional_employees"]), row["room_id"], row["start_at"], row["end_at"])
    is_cancelled = row["cancelled_at"] is not None
    return row["client_id"], row["time_slot_id"], *what, row["sequence"], is_cancelled, said


def of_meeting(meeting: Meeting) -> tuple[Any, ...]:
    said = {
        name: meeting.said[name] for name in ("title", "description", "type", "video_link", "customer_id", "topic_id")
    }
    what = (meeting.employee, frozenset(meeting.team), meeting.room, meeting.start, meeting.end)
    return meeting.client, meeting.slot, *what, meeting.sequence, meeting.slot is None, said


def check_events(events: Sequence[Row], meetings: Sequence[Row], ledger: Ledger) -> None:
    """What happened to each time slot is told, in order; a meeting's version is how often it has changed."""
    told: defaultdict[UUID, list[Event]] = defaultdict(list)
    for each in events:
        told[each["time_slot_id"]].append(of_event_row(each))
    assert told == {slot: events for slot, events in ledger.told.items() if events}
    changes = Counter(each["meeting_id"] for each in events if each["kind"] in CHANGES)
    assert {each["id"]: each["sequence"] for each in meetings} == {each["id"]: changes[each["id"]] for each in meetings}
    instants = [each["at"] for each in events]
    assert instants == sorted(instants)


CHANGES: Final = ("meeting.changed", "meeting.moved", "meeting.cancelled")


def of_event_row(row: Row) -> Event:
    why = next((row[name] for name in ("cause", "changed", "before") if row[name] is not None), None)
    owner = (row["client_id"], row["reservation_token"], row["booking_key"])
    return Event(row["kind"], *owner, meeting=row["meeting_id"], why=why)


async def check_offers(day: BankDay, ledger: Ledger) -> None:
    """Search offers each employee, each with each room, and each pair, exactly when the ledger has them free."""
    window = Interval(day.opens, day.opens + HALF * STARTS)
    async with day.database.transaction() as session:
        situation = await read_availability_data(session, Interval(window.start - HOUR * 24, window.end + HOUR * 24))
    for search, people, rooms in searches(window):
        offered = {(each.interval.start, each.employee_id) for each in offered_slots(search, situation)}
        assert offered == free(day, ledger, people, rooms), (people, rooms)


def searches(window: Interval) -> Iterator[tuple[SlotSearch, tuple[tuple[UUID, ...], ...], UUID | None]]:
    alone = tuple((each,) for each in EVERYBODY)
    for room in (None, *ROOMS):
        types = frozenset({MeetingType.PHYSICAL if room else MeetingType.ONLINE})
        yield SlotSearch(window, HOUR, types, specific_rooms=(room,) if room else (), best=False), alone, room
    online = frozenset({MeetingType.ONLINE})
    for pair in combinations(EVERYBODY, 2):
        yield SlotSearch(window, HOUR, online, explicit_employees=pair, require_all=True, best=False), (pair,), None


def free(
    day: BankDay, ledger: Ledger, people: tuple[tuple[UUID, ...], ...], room: UUID | None
) -> set[tuple[datetime, UUID]]:
    starts = [day.opens + HALF * number for number in range(STARTS)]
    return {
        (start, party[0]) for start in starts for party in people if ledger.is_free(party, room, start, start + HOUR)
    }
