"""Check that every acknowledged booking and meeting exists exactly once, with the acknowledged content."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from chaos.checker.history import History, Lifetime, Version, instant, is_wanted
from chaos.record import Exchange, Json, Record

SLOT: Final = {"startDate": "start_at", "endDate": "end_at", "status": "status", "employeeId": "employee_id"} | {
    "roomId": "room_id",
    "additionalEmployees": "additional_employees",
    "holdExpiresAt": "hold_expires_at",
}
MEETING: Final = {"timeSlotId": "time_slot_id", "startDate": "start_at", "endDate": "end_at", "type": "type"} | {
    "topicId": "topic_id",
    "customerTypeId": "customer_type_id",
    "employeeId": "employee_id",
    "customerId": "customer_id",
    "bookedBy": "booked_by",
    "roomId": "room_id",
    "title": "title",
    "description": "description",
    "additionalEmployees": "additional_employees",
}
"""Columns of a meeting by the field of the answer. `SLOT` is the same for a time slot."""


def check_acknowledged(record: Record) -> Iterator[str]:
    history = History.of(record)
    for exchange in record.accepted("reserve", "book"):
        yield from _slot(exchange, history)
    for exchange in record.accepted("create", "change", "move"):
        yield from _meeting(exchange, history)
    for exchange in record.accepted("give_back"):
        yield from _given_back(exchange, history)
    for exchange in record.accepted("cancel"):
        yield from _cancelled(exchange, history)
    for lifetime in history.all_meetings:
        yield from _once(lifetime, history, record)


def _slot(exchange: Exchange, history: History) -> Iterator[str]:
    answer = exchange.answer
    found = history.slots.get(answer["id"], [])
    if len(found) != 1:
        yield f"time slot {answer['id']} was acknowledged, and was made {len(found)} times"
    elif not any(_agrees(answer, version, SLOT, exchange) for version in found[0].versions):
        yield f"time slot {answer['id']} was never as {exchange.step} answered at {exchange.answered}"
    elif exchange.step == "reserve" and not is_wanted(exchange, found[0].first.row):
        yield f"time slot {answer['id']} is not what was asked for by {exchange.subject}"
    held = {lifetime.first.row["employee_id"] for lifetime in history.attendee_slots[answer["id"]]}
    if not held.issuperset(answer.get("additionalEmployees", [])):
        yield f"time slot {answer['id']} was acknowledged with additional employees who were not held"


def _meeting(exchange: Exchange, history: History) -> Iterator[str]:
    answer = exchange.answer
    found = history.meetings.get(answer["id"], [])
    if len(found) != 1:
        yield f"meeting {answer['id']} was acknowledged, and was made {len(found)} times"
        return
    versions = [each for each in found[0].versions if each.row["sequence"] == answer.get("sequence", 0)]
    if not any(_agrees(answer, version, MEETING, exchange) for version in versions):
        yield f"meeting {answer['id']} was never as {exchange.step} answered at {exchange.answered}"
    if len(history.meetings_of_customer[answer["customerId"]]) != 1:
        yield f"the meeting of customer {answer['customerId']} was made more than once"
    if not found[0].exists:
        yield f"meeting {answer['id']} was acknowledged, and is gone"


def _given_back(exchange: Exchange, history: History) -> Iterator[str]:
    """Check that the time slot was gone or overdue when the request was answered."""
    for lifetime in history.slots.get(exchange.subject, []):
        until = lifetime.last.blocks_until
        if until is None or until > exchange.answered:
            yield f"time slot {exchange.subject} was given back, and was kept after {exchange.answered}"


def _cancelled(exchange: Exchange, history: History) -> Iterator[str]:
    lifetime = history.meeting(exchange.subject)
    if lifetime is None or lifetime.last.row["cancelled_at"] is None:
        yield f"meeting {exchange.subject} was acknowledged to be cancelled, and is not"


def _once(lifetime: Lifetime, history: History, record: Record) -> Iterator[str]:
    """Check that a meeting has its time slot unless its cancellation was requested."""
    row = lifetime.last.row
    if not lifetime.exists:
        return
    if row["cancelled_at"] is not None:
        if not record.about("cancel", lifetime.id):
            yield f"meeting {lifetime.id} is cancelled, and nobody asked for that"
        return
    slot = history.slot(row["time_slot_id"])
    if slot is None or not slot.exists or slot.last.deadline is not None or slot.last.row["status"] != "Booked":
        yield f"meeting {lifetime.id} does not have its time slot {row['time_slot_id']} for good"
    elif any(slot.last.row[name] != row[name] for name in ("start_at", "end_at", "employee_id", "room_id")):
        yield f"meeting {lifetime.id} is not when, where or with whom its time slot is"
    held = [each.first.row["employee_id"] for each in history.attendee_slots[row["time_slot_id"]] if each.exists]
    if sorted(held) != sorted(row["additional_employees"]):
        yield f"meeting {lifetime.id} does not have the time of its additional employees"


def _agrees(answer: Json, version: Version, names: Mapping[str, str], exchange: Exchange) -> bool:
    is_in_time = version.since <= exchange.answered
    return is_in_time and all(_same(answer.get(name), version.row[column]) for name, column in names.items())


def _same(told: Any, stored: Any) -> bool:  # noqa: ANN401 - JSON
    """Compare an answer's value with a row's. Answers have milliseconds, omit empty values, and do not order teams."""
    if isinstance(told, list) or isinstance(stored, list):
        return sorted(told or []) == sorted(stored or [])
    if told == stored or (told or None) == (stored or None):
        return True
    try:
        return _milliseconds(instant(told)) == _milliseconds(instant(stored))
    except (TypeError, ValueError):
        return False


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000 + 1e-4)
