"""Conclusion of a story: why the booking is as it is, in one line."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from admin.documents import Outcome
from admin.story.case import Case, starts_of
from admin.story.timeline import by_whom, why
from admin.story.troubles import Sentence, troubles
from admin.words import utc
from storage.bookings.events import EXPIRED_AT, EventKind
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow
from workflows.booking.messages import BookingStatus
from workflows.common import search_attributes as attributes
from workflows.common.status_view import WHO

STANDING: Final = (Outcome.HELD, Outcome.PLANNED, Outcome.OVER, Outcome.BUSY, Outcome.UNKNOWN)
"""Outcomes that are as they should be. A trouble explains a complaint better."""

GRAVE: Final = (Outcome.STUCK, Outcome.BUG)
"""Troubles that come before the ending of the booking: it is not complete."""

RELEASES: Final = {
    "replaced": (Outcome.REPLACED, "another time slot under the same token replaced the hold of {slot} at {at}"),
    "cancelled": (Outcome.CANCELLED, "{who} cancelled the booking of {slot} at {at}"),
    "failed": (Outcome.FAILED, "the booking of {slot} failed, and its hold was released at {at}"),
    "meeting_cancelled": (
        Outcome.RELEASED,
        "the hold of {slot} ended at {at}, because the meeting that it was to move was cancelled",
    ),
}
GIVEN_BACK: Final = (Outcome.RELEASED, "{who} gave the hold of {slot} back at {at}")

OF_RUN: Final[Mapping[BookingStatus | None, tuple[Outcome, str]]] = {
    BookingStatus.EXPIRED: (Outcome.EXPIRED, "the hold was not confirmed in time"),
    BookingStatus.RELEASED: (Outcome.RELEASED, "the client gave the hold back"),
    BookingStatus.CANCELLED: (Outcome.CANCELLED, "an operator cancelled the booking"),
    BookingStatus.CONFLICT: (Outcome.REFUSED, "the time slot could not be reserved"),
    BookingStatus.FAILED: (Outcome.FAILED, "the time slot could not be held in time"),
    BookingStatus.RESERVED: (Outcome.HELD, "the time slot is reserved"),
    BookingStatus.BOOKED: (Outcome.HELD, "the time slot is booked, and waits for its meeting"),
    BookingStatus.MEETING_CREATED: (Outcome.PLANNED, "the meeting was created"),
}
"""Status of a run in words, for a story without rows."""


def conclude(case: Case) -> tuple[Outcome, str]:
    """Return the outcome of the booking, and the line that explains it."""
    stands = _standing(case)
    found = troubles(case)
    first = [each for each in found if each.outcome in GRAVE or stands.outcome in STANDING]
    ordered = [*first, stands, *(each for each in found if each not in first)]
    line = " ".join(f"{each.text[0].upper()}{each.text[1:]}" for each in ordered[1:])
    return ordered[0].outcome, f"{ordered[0].outcome}: {ordered[0].text} {line}".strip()


def _standing(case: Case) -> Sentence:
    """Return how the booking stands, by its newest event, else by its rows, else by its runs."""
    last = case.last_event()
    if last is not None and last.meeting_id is not None:
        return _of_meeting(case, last)
    if last is not None:
        return _of_slot(case, last)
    if case.rows is not None and case.rows.slots:
        return _of_busy_time(case, next(iter(case.rows.slots.values())))
    return _of_runs(case)


def _of_meeting(case: Case, last: BookingEventRow) -> Sentence:
    meeting = case.meeting()
    told = case.events_of_meeting(last.meeting_id) if last.meeting_id else [last]
    if meeting is None:
        slot = case.words.slot(starts_of(last), last.facts.get("employeeId"))
        return Sentence(
            Outcome.WITHDRAWN, f"the meeting of {slot} was withdrawn with its booking, at {utc(told[-1].at)}."
        )
    if meeting.cancelled_at is not None:
        return _cancelled(case, meeting, told)
    slot = case.words.slot(meeting.start_at, meeting.employee_id)
    if case.rows is not None and meeting.end_at <= case.rows.now:
        return Sentence(Outcome.OVER, f"the meeting of {slot} was over at {utc(meeting.end_at)}.")
    moves = [each for each in told if each.kind == EventKind.MEETING_MOVED]
    if moves:
        before = case.words.local(datetime.fromisoformat(moves[-1].facts["previousStart"]))
        return Sentence(Outcome.MOVED, f"the meeting was moved from {before} to {slot}, at {utc(moves[-1].at)}.")
    return Sentence(Outcome.PLANNED, f"the meeting of {slot} is planned.")


def _cancelled(case: Case, meeting: MeetingRow, told: list[BookingEventRow]) -> Sentence:
    slot = case.words.slot(meeting.start_at, meeting.employee_id)
    events = [each for each in told if each.kind == EventKind.MEETING_CANCELLED]
    who = by_whom(events[-1]) if events else ""
    if '"' not in who and meeting.cancel_reason:
        who += f' ("{meeting.cancel_reason}")'
    at = utc(meeting.cancelled_at) if meeting.cancelled_at else "an unknown time"
    return Sentence(Outcome.CANCELLED, f"the meeting of {slot} was cancelled at {at}{who}.")


def _of_slot(case: Case, last: BookingEventRow) -> Sentence:
    slot = case.words.slot(starts_of(last), last.facts.get("employeeId"))
    if last.kind == EventKind.EXPIRED:
        return _expired(case, last, slot)
    if last.kind == EventKind.RELEASED:
        cause = last.facts.get("cause", "")
        outcome, text = RELEASES.get(cause, GIVEN_BACK)
        usual = "operator" if cause == "cancelled" else "client"
        who = WHO.get(last.facts.get("cancelledBy", ""), WHO[usual])
        return Sentence(outcome, f"{text.format(slot=slot, at=utc(last.at), who=who)}{why(last)}.")
    row = case.rows.slots.get(last.time_slot_id) if case.rows else None
    return _held(case, row, slot)


def _expired(case: Case, last: BookingEventRow, slot: str) -> Sentence:
    until = utc(datetime.fromisoformat(last.facts[EXPIRED_AT])) if EXPIRED_AT in last.facts else utc(last.at)
    was_booked = any(each.kind == EventKind.BOOKED for each in case.events_of_slot(last.time_slot_id))
    missing = "was marked Booked, but got no meeting" if was_booked else "was not confirmed"
    return Sentence(Outcome.EXPIRED, f"the hold of {slot} {missing} until {until}.")


def _held(case: Case, row: TimeSlotRow | None, slot: str) -> Sentence:
    if row is None or case.rows is None:
        return Sentence(Outcome.UNKNOWN, f"the hold of {slot} has no row and no ending.")
    if row.hold_expires_at is None:
        return Sentence(Outcome.HELD, f"{slot} is {row.status}, without a deadline.")
    if row.hold_expires_at <= case.rows.now:
        text = f"the hold of {slot} ended at {utc(row.hold_expires_at)}, and nothing has removed it yet."
        return Sentence(Outcome.OVERDUE, text)
    awaited = "the client to mark it Booked" if row.status == "Reserved" else "the client to create the meeting"
    return Sentence(Outcome.HELD, f"{slot} is {row.status} until {utc(row.hold_expires_at)}, and waits for {awaited}.")


def _of_busy_time(case: Case, row: TimeSlotRow) -> Sentence:
    if row.client_id is not None:
        return _held(case, row, case.words.slot(row.start_at, row.employee_id))
    source = "an external calendar" if row.calendar_id else "staff"
    whom = case.words.employee(row.employee_id) if row.employee_id else f"room {row.room_id}"
    when = f"from {case.words.local(row.start_at)} to {case.words.local(row.end_at)}"
    return Sentence(Outcome.BUSY, f"{whom} is {row.status} {when}, entered by {source}. It belongs to no booking.")


def _of_runs(case: Case) -> Sentence:
    """Return how the booking stands by its newest run."""
    for facts in (*case.booking_runs(), *case.meeting_runs()):
        found = facts.run.typed_search_attributes
        start = found.get(attributes.SLOT_START)
        slot = f" of {case.words.slot(start, found.get(attributes.EMPLOYEE_ID))}" if start else ""
        status = _status(found.get(attributes.BOOKING_STATUS))
        outcome, text = OF_RUN.get(status, (Outcome.UNKNOWN, "the run has no ending"))
        deadline = found.get(attributes.HOLD_EXPIRES_AT)
        if outcome is Outcome.HELD and deadline is not None and deadline <= case.now:
            outcome, text = Outcome.OVERDUE, f"the hold ended at {utc(deadline)}, and the booking has not ended yet"
        refusal = f": {facts.refusals[-1].text}" if outcome is Outcome.REFUSED and facts.refusals else ""
        if meeting := found.get(attributes.MEETING_STATUS):
            outcome, text = Outcome.UNKNOWN, f"the meeting is {meeting.lower()}"
        return Sentence(outcome, f"{text}{slot and f', by the run{slot}'}{refusal.rstrip('.')}.")
    return Sentence(Outcome.UNKNOWN, "neither the database nor Temporal has anything of it.")


def _status(text: str | None) -> BookingStatus | None:
    return BookingStatus(text) if text in set(BookingStatus) else None
