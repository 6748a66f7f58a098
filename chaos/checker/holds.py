"""Check that expired holds are removed in time, and that no hold is lost before its deadline."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chaos.checker.history import History, Lifetime, Version, instant, is_wanted
from chaos.record import Exchange, Record


def check_expired(record: Record) -> Iterator[str]:
    """Check that holds are gone within `bound` after their deadline, or after the last fault if that was later."""
    healed, bound = record.final_state.healed, timedelta(seconds=record.run.bound)
    for lifetime in History.of(record).all_slots:
        deadline = lifetime.last.deadline
        if deadline is not None:
            limit = max(deadline, healed) + bound
            until = lifetime.last.until or record.final_state.at
            if until > limit or (lifetime.exists and record.final_state.at >= limit):
                yield f"time slot {lifetime.id} was held until {deadline}, and was there at {until}"


def check_kept(record: Record) -> Iterator[str]:
    """Check that no hold ended early, in the database and in the answers to clients."""
    history = History.of(record)
    for lifetime in history.all_slots:
        if lifetime.is_attendee_slot:
            yield from _left_early(lifetime, history)
        else:
            yield from _ended_early(lifetime, record)
    for exchange in record.exchanges:
        if exchange.is_refused and exchange.step in {"book", "create"}:
            yield from _refused_early(exchange, history, record)


def _ended_early(lifetime: Lifetime, record: Record) -> Iterator[str]:
    for version, after in zip(lifetime.versions, [*lifetime.versions[1:], None], strict=True):
        deadline, until = version.deadline, version.until
        if deadline is None or until is None or until >= deadline:
            continue
        is_over = version.is_deleted if after is None else _is_shorter(after, deadline)
        if is_over and not _was_given_up(lifetime, until, record):
            yield f"time slot {lifetime.id} was held until {deadline}, and lost at {until}"


def _left_early(attendee_slot: Lifetime, history: History) -> Iterator[str]:
    """Check that an attendee slot ends early only in the transaction that ends its time slot."""
    last, slot = attendee_slot.last, history.slot(attendee_slot.first.row["companion_of"])
    is_early = last.deadline is not None and last.until is not None and last.until < last.deadline
    if is_early and (slot is None or slot.last.ended_in != last.ended_in):
        yield f"additional employee of time slot {attendee_slot.first.row['companion_of']} was lost at {last.until}"


def _is_shorter(after: Version, deadline: datetime) -> bool:
    return after.deadline is not None and after.deadline < deadline


def _was_given_up(lifetime: Lifetime, until: datetime, record: Record) -> bool:
    """Return whether the client ended the hold.

    It gave the time slot back, asked for another one with the same token, or cancelled the meeting that the time slot
    was to move.
    """
    row = lifetime.first.row
    others = [each for each in record.about("reserve", row["reservation_token"]) if not is_wanted(each, row)]
    return any(each.sent <= until for each in (*_requests_to_end(lifetime, record), *others))


def _requests_to_end(lifetime: Lifetime, record: Record) -> list[Exchange]:
    """Return the requests to give the time slot back, or to cancel the meeting that it was to move."""
    meeting = lifetime.first.row.get("existing_meeting_id") or ""
    return [*record.about("give_back", lifetime.id), *record.about("cancel", meeting)]


def _refused_early(exchange: Exchange, history: History, record: Record) -> Iterator[str]:
    """Check that no request was refused while its client had an acknowledged hold and had not asked to end it."""
    acknowledged = [
        each
        for step in ("reserve", "book")
        for each in record.accepted(step)
        if each.answer["id"] == exchange.subject and each.answered <= exchange.sent
    ]
    deadlines = [each.answer["holdExpiresAt"] for each in acknowledged if each.answer.get("holdExpiresAt")]
    latest = max((moment for moment in map(instant, deadlines) if moment), default=None)
    if (
        latest is not None
        and exchange.answered < latest
        and not _client_gave_up(exchange, acknowledged, history, record)
    ):
        yield f"time slot {exchange.subject} was held until {latest}, and refused at {exchange.answered}"


def _client_gave_up(exchange: Exchange, acknowledged: list[Exchange], history: History, record: Record) -> bool:
    tokens = {each.subject for each in acknowledged if each.step == "reserve"}
    others = [each for token in tokens for each in record.about("reserve", token) if each not in acknowledged]
    slot = history.slot(exchange.subject)
    asked = [*(_requests_to_end(slot, record) if slot else ()), *others]
    return any(each.sent <= exchange.answered for each in asked)
