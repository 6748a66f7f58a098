"""Check that nothing refused exists, that every request got an outcome, and that no answer was an internal error."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from chaos.checker.history import History, Version, instant, is_wanted
from chaos.record import Exchange, Record

UNAVAILABLE: Final = 503
A_MILLISECOND: Final = timedelta(milliseconds=1)
"""Precision of times in answers, which cut the rest."""
CLIENT_ERRORS: Final = (400, 401, 403, 405, 413, 415, 429)
"""Statuses that only unruly clients may get."""


def check_refused(record: Record) -> Iterator[str]:
    """Check that a request that was always refused had no effect, and that no meeting exists that was refused last."""
    history = History.of(record)
    for exchanges in record.intents.values():
        last = exchanges[-1]
        if last.is_refused and last.step in EFFECT_CHECKS:
            is_clean = all(each.is_refused for each in exchanges) and _was_asked_once(exchanges, record)
            yield from EFFECT_CHECKS[last.step](exchanges, record, history, is_clean=is_clean)


def _was_asked_once(exchanges: list[Exchange], record: Record) -> bool:
    """Return whether no other request asks for the same. Another one may have been accepted."""
    first = exchanges[0]
    same = [each for each in record.about(first.step, first.subject) if each.body == first.body]
    return len(same) == len(exchanges)


def _made_by_reserve(exchanges: list[Exchange], _: Record, history: History, *, is_clean: bool) -> Iterator[str]:
    first = exchanges[0]
    ended_hold = (exchanges[-1].answer or {}).get("id")  # a slow answer to a key says that its hold has ended meanwhile
    for lifetime in history.slots_of_token.get(first.subject, []) if is_clean else []:
        if lifetime.first.since >= first.sent and is_wanted(first, lifetime.first.row) and lifetime.id != ended_hold:
            yield f"time slot {lifetime.id} was refused to {first.subject}, and was made at {lifetime.first.since}"


def _made_by_book(exchanges: list[Exchange], _: Record, history: History, *, is_clean: bool) -> Iterator[str]:
    lifetime = history.slot(exchanges[0].subject) if is_clean else None
    for version in lifetime.versions if lifetime else []:
        was_booked_then = version.row["status"] == "Booked" and version.since >= exchanges[0].sent
        if was_booked_then and not _says_expired(exchanges[-1], version):
            yield f"time slot {exchanges[0].subject} was refused to be Booked, and is since {version.since}"
            return


def _says_expired(refusal: Exchange, booked: Version) -> bool:
    """Return whether the refusal says that this Booked version expired. A slow answer can come after its deadline."""
    expired = instant((refusal.answer or {}).get("expiredAt"))
    if expired is None or booked.deadline is None:
        return False
    return timedelta(0) <= booked.deadline - expired < A_MILLISECOND


def _made_by_create(exchanges: list[Exchange], _: Record, history: History, *, is_clean: bool) -> Iterator[str]:
    last = exchanges[-1]
    for lifetime in history.meetings_of_customer.get(last.body["customerId"], []):
        if is_clean or lifetime.exists or lifetime.first.since > last.answered:
            yield f"meeting {lifetime.id} was refused at {last.answered}, and was made at {lifetime.first.since}"


def _made_by_change(exchanges: list[Exchange], _: Record, history: History, *, is_clean: bool) -> Iterator[str]:
    first, patch = exchanges[0], exchanges[0].body[0]
    lifetime = history.meeting(first.subject) if is_clean and patch["path"] == "/title" else None
    if lifetime and any(version.row["title"] == patch["value"] for version in lifetime.versions):
        yield f"meeting {first.subject} got a title that was refused at {exchanges[-1].answered}"


def _made_by_move(exchanges: list[Exchange], record: Record, history: History, *, is_clean: bool) -> Iterator[str]:
    """Check that a refused move did not happen, unless another request may have moved the meeting to that time."""
    first = exchanges[0]
    lifetime = history.meeting(first.subject)
    if lifetime is None or not is_clean or _may_have_moved(first, record):
        return
    there = instant(first.body["startDate"])
    starts = [instant(version.row["start_at"]) for version in lifetime.versions]
    if there in starts[1:] and starts[0] != there:
        yield f"meeting {first.subject} was moved to {there}, which was refused at {exchanges[-1].answered}"


def _may_have_moved(move: Exchange, record: Record) -> bool:
    """Return whether another request may have moved that meeting to that time."""
    there = instant(move.body["startDate"])
    others = (each for each in record.about("move", move.subject) if each.intent != move.intent)
    steps = record.about("change", move.subject)
    return any(instant(each.body["startDate"]) == there for each in others) or any(
        each.body[0]["path"] == "/timeSlotId" for each in steps
    )


EffectCheck = Callable[..., Iterator[str]]
EFFECT_CHECKS: Final[dict[str, EffectCheck]] = {
    "reserve": _made_by_reserve,
    "book": _made_by_book,
    "create": _made_by_create,
    "change": _made_by_change,
    "move": _made_by_move,
}
"""Checks of the effects of each kind of request."""


def check_resolved(record: Record) -> Iterator[str]:
    for exchanges in record.intents.values():
        last = exchanges[-1]
        if last.method != "GET" and not last.is_known and not last.is_unruly:
            said = last.status or last.trouble
            yield f"{last.step} {last.subject} was asked {len(exchanges)} times, the last time at {last.sent}: {said}"


def check_no_errors(record: Record) -> Iterator[str]:
    """Check that no answer was an internal error, and that no process ended by itself or failed to recover."""
    for each in record.exchanges:
        if each.status is not None and not each.is_accepted:
            is_ours = not each.is_refused and each.status != UNAVAILABLE
            if is_ours or (each.status in CLIENT_ERRORS and not each.is_unruly):
                yield f"{each.step} {each.subject} was answered {each.status} at {each.answered}: {each.answer}"
    for fault in record.faults:
        if fault.trouble is not None:
            yield f"{fault.target}, {fault.what} at {fault.began}: {fault.trouble}"
