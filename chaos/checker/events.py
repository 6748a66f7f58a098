"""Check that events match the changes: each once in the log, in order, written in the transaction of its change."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from chaos.checker.history import History, Life, Version
from chaos.record import Json, Record, RowChange

TOLERANCE: Final = 300.0
"""Seconds by which a receiver of Standard Webhooks lets the time of a signature differ from its own."""
REMINDER: Final = "meeting.reminder"
Deed = tuple[int, str, str]
"""A change of a time slot or meeting: the transaction's id, the kind of event, the id of the time slot or meeting."""

ENDED: Final = "booking.expired or booking.released"


def told(record: Record) -> Iterator[str]:
    history = History.of(record)
    yield from _events_are_what_happened(history)
    yield from _log_is_the_events(record, history)
    yield from _webhook_is_the_log(record, history)


def _events_are_what_happened(history: History) -> Iterator[str]:
    """Check that each change has an event in its own transaction, and each event a change."""
    happened = Counter(_deeds(history))
    written = Counter(map(_written, _lasting(history)))
    for (_, kind, identity), count in (happened - written).items():
        yield f"{kind} of {identity} happened, and {count} events are missing"
    for (_, kind, identity), count in (written - happened).items():
        if kind != REMINDER:
            yield f"{kind} of {identity} is told {count} times without having happened"


def _lasting(history: History) -> Iterator[RowChange]:
    for change in history.events:
        if change.operation == "INSERT":
            yield change


def _written(change: RowChange) -> Deed:
    kind = change.row["kind"]
    if kind in ENDED:
        kind = ENDED
    is_of_meeting = kind.startswith("meeting.")
    return change.transaction, kind, change.row["meeting_id" if is_of_meeting else "time_slot_id"]


def _deeds(history: History) -> Iterator[Deed]:
    for life in history.all_slots:
        if not life.is_companion:
            yield from _deeds_of_slot(life)
    for life in history.all_meetings:
        yield from _deeds_of_meeting(life)


def _deeds_of_slot(life: Life) -> Iterator[Deed]:
    yield life.first.transaction, "booking.reserved", life.id
    for before, after in zip(life.versions, life.versions[1:], strict=False):
        if (before.row["status"], after.row["status"]) == ("Reserved", "Booked"):
            yield after.transaction, "booking.booked", life.id
    if life.last.gone and life.last.deadline is not None:
        yield life.last.ended_in, ENDED, life.id


def _deeds_of_meeting(life: Life) -> Iterator[Deed]:
    yield life.first.transaction, "meeting.created", life.id
    for before, after in zip(life.versions, life.versions[1:], strict=False):
        yield after.transaction, _what_changed(before, after), life.id
    if life.last.gone:
        yield life.last.ended_in, "meeting.cancelled", life.id


def _what_changed(before: Version, after: Version) -> str:
    if after.row["cancelled_at"] is not None:
        return "meeting.cancelled"
    moved = before.row["time_slot_id"] != after.row["time_slot_id"]
    return "meeting.moved" if moved else "meeting.changed"


def _log_is_the_events(record: Record, history: History) -> Iterator[str]:
    stored = {change.row["id"]: change.row for change in _lasting(history)}
    positions = record.looked.positions
    if set(positions) != set(stored) or len(positions) != len(stored):
        yield f"{len(stored)} events were written, and {len(positions)} are there"
        return
    if len(record.log) != len(positions):
        yield f"{len(positions)} events are there, and the log tells {len(record.log)}"
    for identity, event in zip(positions, record.log, strict=False):
        if _shown(event) != _kept(stored[identity]):
            yield f"the log tells {event}, where event {identity} is {stored[identity]}"
            return
    twice = [name for name, count in Counter(event["id"] for event in record.log).items() if count > 1]
    yield from (f"the log tells event {name} more than once" for name in twice)
    yield from _in_order_of_each_booking(positions, stored)


def _in_order_of_each_booking(positions: tuple[int, ...], stored: dict[int, Json]) -> Iterator[str]:
    """Check that events of a booking are published in the order in which they were written."""
    last: dict[str, int] = {}
    for identity in positions:
        booking = stored[identity]["booking_key"]
        if identity < last.get(booking, 0):
            yield f"event {identity} of booking {booking} is published after a later one"
        last[booking] = identity


def _shown(event: Json) -> tuple[str, ...]:
    data = event["data"]
    named = (data[name] for name in ("clientId", "reservationToken", "timeSlotId"))
    return (event["type"], *named, data.get("meetingId") or "")


def _kept(row: Json) -> tuple[str, ...]:
    return (
        *(row[name] for name in ("kind", "client_id", "reservation_token", "time_slot_id")),
        row["meeting_id"] or "",
    )


def _webhook_is_the_log(record: Record, history: History) -> Iterator[str]:
    """Check that the webhook got every event at least once, and first deliveries of each booking in order."""
    logged = {event["id"]: event for event in record.log}
    first: list[str] = list(dict.fromkeys(event["id"] for event in record.received))
    missing = [name for name in logged if name not in set(first)]
    if missing:
        yield f"{len(missing)} events never reached the webhook, the first is {logged[missing[0]]}"
    for event in record.received:
        if logged.get(event["id"]) != event:
            yield f"the webhook received {event}, which the log does not tell so"
            return
    far = [skew for skew in record.skews if abs(skew) > TOLERANCE]
    if far:
        yield f"{len(far)} webhooks were signed at another time than they came, the first {far[0]:.0f} s away"
    yield from _delivered_in_order(record, history, first)


def _delivered_in_order(record: Record, history: History, first: list[str]) -> Iterator[str]:
    bookings = {change.row["id"]: change.row["booking_key"] for change in _lasting(history)}
    place = {event["id"]: number for number, event in enumerate(record.log)}
    booking = {
        event["id"]: bookings[identity]
        for identity, event in zip(record.looked.positions, record.log, strict=False)
        if identity in bookings
    }
    of_each: dict[str, list[int]] = defaultdict(list)
    for name in first:
        of_each[booking.get(name, "")].append(place.get(name, 0))
    for name, places in of_each.items():
        if places != sorted(places):
            yield f"the webhook learned of booking {name} out of order"
