"""Check that events match the changes: each once in the log, in order, written in the transaction of its change."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from chaos.checker.history import History, Lifetime, Version
from chaos.record import Json, Record, RowChange

TOLERANCE: Final = 300.0
"""Seconds by which a receiver of Standard Webhooks lets the time of a signature differ from its own."""
REMINDER: Final = "meeting.reminder"
UNPUBLISHED: Final = frozenset({"run_opened_at"})
"""Columns of a meeting that say nothing about the meeting: the sweep notes when it has opened a run."""
RowEvent = tuple[int, str, str]
"""A change of a time slot or meeting: the transaction's id, the kind of event, the id of the time slot or meeting."""

ENDINGS: Final = frozenset({"booking.expired", "booking.released"})
"""Kinds of events that end a hold. The row does not say which of them it was."""
ENDED: Final = " or ".join(sorted(ENDINGS))


def check_events(record: Record) -> Iterator[str]:
    history = History.of(record)
    yield from _check_changes_have_events(history)
    yield from _check_log(record, history)
    yield from _check_webhook(record, history)


def _check_changes_have_events(history: History) -> Iterator[str]:
    """Check that each change has an event in its own transaction, and each event a change."""
    happened = Counter(_row_events(history))
    written = Counter(map(_logged_event, _inserted_events(history)))
    for (_, kind, identity), count in (happened - written).items():
        yield f"{kind} of {identity} happened, and {count} events are missing"
    for (_, kind, identity), count in (written - happened).items():
        if kind != REMINDER:
            yield f"{kind} of {identity} is told {count} times without having happened"


def _inserted_events(history: History) -> Iterator[RowChange]:
    for change in history.events:
        if change.operation == "INSERT":
            yield change


def _logged_event(change: RowChange) -> RowEvent:
    kind = change.row["kind"]
    if kind in ENDINGS:
        kind = ENDED
    is_of_meeting = kind.startswith("meeting.")
    return change.transaction, kind, change.row["meeting_id" if is_of_meeting else "time_slot_id"]


def _row_events(history: History) -> Iterator[RowEvent]:
    for lifetime in history.all_slots:
        if not lifetime.is_attendee_slot:
            yield from _row_events_of_slot(lifetime)
    for lifetime in history.all_meetings:
        yield from _row_events_of_meeting(lifetime)


def _row_events_of_slot(lifetime: Lifetime) -> Iterator[RowEvent]:
    yield lifetime.first.transaction, "booking.reserved", lifetime.id
    for before, after in zip(lifetime.versions, lifetime.versions[1:], strict=False):
        if (before.row["status"], after.row["status"]) == ("Reserved", "Booked"):
            yield after.transaction, "booking.booked", lifetime.id
        if before.row.get("extension_id") is None and after.row.get("extension_id") is not None:
            yield after.transaction, "booking.extended", lifetime.id
    if lifetime.last.is_deleted and lifetime.last.deadline is not None:
        yield lifetime.last.ended_in, ENDED, lifetime.id


def _row_events_of_meeting(lifetime: Lifetime) -> Iterator[RowEvent]:
    yield lifetime.first.transaction, "meeting.created", lifetime.id
    for before, after in zip(lifetime.versions, lifetime.versions[1:], strict=False):
        if _published(before) != _published(after):
            yield after.transaction, _what_changed(before, after), lifetime.id
    if lifetime.last.is_deleted:
        yield lifetime.last.ended_in, "meeting.cancelled", lifetime.id


def _published(version: Version) -> Json:
    """Return the row without what only the service itself uses. No event tells changes of that."""
    return {name: value for name, value in version.row.items() if name not in UNPUBLISHED}


def _what_changed(before: Version, after: Version) -> str:
    if after.row["cancelled_at"] is not None:
        return "meeting.cancelled"
    moved = before.row["time_slot_id"] != after.row["time_slot_id"]
    return "meeting.moved" if moved else "meeting.changed"


def _check_log(record: Record, history: History) -> Iterator[str]:
    stored = {change.row["id"]: change.row for change in _inserted_events(history)}
    positions = record.final_state.positions
    if set(positions) != set(stored) or len(positions) != len(stored):
        yield f"{len(stored)} events were written, and {len(positions)} are there"
        return
    if len(record.log) != len(positions):
        yield f"{len(positions)} events are there, and the log tells {len(record.log)}"
    for identity, event in zip(positions, record.log, strict=False):
        if _published_fields(event) != _stored_fields(stored[identity]):
            yield f"the log tells {event}, where event {identity} is {stored[identity]}"
            return
    twice = [name for name, count in Counter(event["id"] for event in record.log).items() if count > 1]
    yield from (f"the log tells event {name} more than once" for name in twice)
    yield from _check_order(positions, stored)


def _check_order(positions: tuple[int, ...], stored: dict[int, Json]) -> Iterator[str]:
    """Check that events of a booking are published in the order in which they were written."""
    last: dict[str, int] = {}
    for identity in positions:
        booking = stored[identity]["booking_key"]
        if identity < last.get(booking, 0):
            yield f"event {identity} of booking {booking} is published after a later one"
        last[booking] = identity


def _published_fields(event: Json) -> tuple[str, ...]:
    data = event["data"]
    named = (data[name] for name in ("clientId", "reservationToken", "timeSlotId"))
    return (event["type"], *named, data.get("meetingId") or "")


def _stored_fields(row: Json) -> tuple[str, ...]:
    return (
        *(row[name] for name in ("kind", "client_id", "reservation_token", "time_slot_id")),
        row["meeting_id"] or "",
    )


def _check_webhook(record: Record, history: History) -> Iterator[str]:
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
    yield from _check_delivery_order(record, history, first)


def _check_delivery_order(record: Record, history: History, first: list[str]) -> Iterator[str]:
    bookings = {change.row["id"]: change.row["booking_key"] for change in _inserted_events(history)}
    place = {event["id"]: number for number, event in enumerate(record.log)}
    booking = {
        event["id"]: bookings[identity]
        for identity, event in zip(record.final_state.positions, record.log, strict=False)
        if identity in bookings
    }
    of_each: dict[str, list[int]] = defaultdict(list)
    for name in first:
        of_each[booking.get(name, "")].append(place.get(name, 0))
    for name, places in of_each.items():
        if places != sorted(places):
            yield f"the webhook learned of booking {name} out of order"
