"""Timeline of a booking: its events, mails, deliveries, refusals, runs and operators' actions, in the order of time."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from admin.documents import Entry
from admin.story.actions import entries_of
from admin.story.case import Case, starts_of
from admin.story.runs import PendingStep, RunFacts, Said
from admin.words import Words, utc
from storage.bookings.events import EXPIRED_AT, EventKind
from storage.notifications.invitations import InvitationStatus
from storage.notifications.webhooks import DeliveryStatus
from storage.operators.stories import Delivery
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import InvitationRow, WebhookAttemptRow, WebhookRow
from workflows.common.status_view import WHO

CAUSES: Final = {
    "released": "the client gave it back",
    "replaced": "another time slot under the same token replaced it",
    "cancelled": "an operator cancelled the run",
    "failed": "the booking failed",
    "meeting_cancelled": "the meeting that it was to move was cancelled",
}
"""Causes of `booking.released` in words."""

TEXTS: Final[Mapping[str, str]] = {
    EventKind.RESERVED: "Reserved: {slot}",
    EventKind.BOOKED: "Marked Booked: {slot}",
    EventKind.EXTENDED: "Extended: the hold of {slot}",
    EventKind.EXPIRED: "Expired: the hold of {slot} ended{deadline}",
    EventKind.RELEASED: "Released: the hold of {slot} ended{who}, because {cause}",
    EventKind.MEETING_CREATED: "Meeting created: {slot}",
    EventKind.MEETING_CHANGED: "Meeting changed: {changed}",
    EventKind.MEETING_MOVED: "Meeting moved: from {previous} to {slot}",
    EventKind.MEETING_CANCELLED: "Meeting cancelled: {slot}{who}",
    EventKind.MEETING_REMINDER: "Reminder {before} before the meeting",
}
"""Events in words."""


def timeline(case: Case) -> list[Entry]:
    """Return everything that is known about the booking, the earliest first."""
    entries = [*_of_events(case), *_of_mails(case), *_of_deliveries(case), *_of_refusals(case), *_of_runs(case)]
    entries += entries_of(case.actions)
    return sorted(entries, key=lambda each: each.at)


def _of_events(case: Case) -> Iterator[Entry]:
    deadlines = [each for run in case.booking_runs() for each in run.deadlines]
    for event in case.events:
        text = describe(event, case.words)
        if event.kind in (EventKind.RESERVED, EventKind.BOOKED, EventKind.EXTENDED):
            text += _held_until(event, case, deadlines)
        yield Entry(at=event.at, source="event", kind=event.kind, text=text)


def _held_until(event: BookingEventRow, case: Case, deadlines: list[tuple[datetime, datetime]]) -> str:
    """Return the deadline that the step set: from the expiry, from the row, else as the run recorded it."""
    later = [each for each in case.events_of_slot(event.time_slot_id) if (each.id or 0) > (event.id or 0)]
    if later and later[0].kind == EventKind.EXPIRED and EXPIRED_AT in later[0].facts:
        return f", held until {utc(datetime.fromisoformat(later[0].facts[EXPIRED_AT]))}"
    slot = case.rows.slots.get(event.time_slot_id) if case.rows else None
    if not later and slot is not None and slot.hold_expires_at is not None:
        return f", held until {utc(slot.hold_expires_at)}"
    set_then = [until for at, until in deadlines if at >= event.at]
    return f", held until {utc(set_then[-1])}" if set_then and not later else ""


def describe(event: BookingEventRow, words: Words) -> str:
    """Return the event in words."""
    facts = event.facts
    cause = facts.get("cause", "released")
    template = TEXTS.get(event.kind, event.kind)
    return template.format(
        slot=words.slot(starts_of(event), facts.get("employeeId")),
        deadline=f" at {utc(datetime.fromisoformat(facts[EXPIRED_AT]))}" if EXPIRED_AT in facts else "",
        cause=CAUSES.get(cause, cause),
        who=by_whom(event),
        previous=_previous(event, words),
        changed=facts.get("changed") or "nothing",
        before=facts.get("before", ""),
    )


def _previous(event: BookingEventRow, words: Words) -> str:
    previous = event.facts.get("previousStart")
    return words.local(datetime.fromisoformat(previous)) if previous else "another time"


def by_whom(event: BookingEventRow) -> str:
    """Return who has ended it and why, such as ` by staff ("ill")`, as far as the event says it."""
    who = WHO.get(event.facts.get("cancelledBy", ""))
    return (f" by {who}" if who else "") + why(event)


def why(event: BookingEventRow) -> str:
    """Return the reason that was given, such as ` ("ill")`, or nothing."""
    reason = event.facts.get("reason")
    return f' ("{reason}")' if reason else ""


def _of_mails(case: Case) -> Iterator[Entry]:
    for mail in case.rows.mails if case.rows else ():
        at = mail.sent_at or mail.created_at
        yield Entry(at=at, source="mail", kind=f"mail.{mail.status.lower()}", text=describe_mail(mail, case.words))


def describe_mail(mail: InvitationRow, words: Words) -> str:
    """Return the mail with its recipient and its status."""
    whom = words.employee(mail.employee_id) if mail.employee_id else f"room {mail.room_id}"
    what = f"{mail.method} of version {mail.sequence} to {whom}"
    failure = f": {mail.failure}" if mail.failure else ""
    match mail.status:
        case InvitationStatus.SENT:
            return f"Mail sent: {what}"
        case InvitationStatus.FAILED:
            return f"Mail refused: {what}, at attempt {mail.attempts}{failure}"
        case InvitationStatus.SUPERSEDED:
            return f"Mail replaced before it was sent: {what}"
    return f"Mail waits: {what}, after {mail.attempts} attempts{failure}"


def _of_deliveries(case: Case) -> Iterator[Entry]:
    kinds = {each.id: each.kind for each in case.events}
    for delivery in case.rows.deliveries if case.rows else ():
        what = f"{kinds.get(delivery.row.event_id, 'event')} to {webhook_name(delivery.webhook)}"
        for attempt in delivery.attempts:
            ended = "delivered" if is_success(attempt) else f"not delivered: {answer_of(attempt)}"
            text = f"Webhook: {what} {ended}, at attempt {attempt.number}"
            yield Entry(at=attempt.at, source="webhook", kind="webhook.attempt", text=text)
        if delivery.row.status != DeliveryStatus.DELIVERED:
            yield Entry(
                at=_last_change(delivery), source="webhook", kind=f"webhook.{delivery.row.status.lower()}",
                text=f"Webhook: {what} {_state(delivery)}",
            )  # fmt: skip


def _last_change(delivery: Delivery) -> datetime:
    return delivery.attempts[-1].at if delivery.attempts else delivery.row.created_at


def _state(delivery: Delivery) -> str:
    if delivery.row.status == DeliveryStatus.FAILED:
        return f"failed for good after {delivery.row.attempts} attempts"
    due = max(filter(None, (delivery.row.next_attempt_at, delivery.webhook.paused_until)), default=None)
    return f"waits for its next attempt at {utc(due)}" if due else "waits for its next attempt"


def webhook_name(webhook: WebhookRow) -> str:
    """Return the webhook by its host and id. The rest of the address may contain a secret of the client."""
    return f"webhook {urlsplit(webhook.url).hostname} ({webhook.id})"


def is_success(attempt: WebhookAttemptRow) -> bool:
    return attempt.response_status is not None and 200 <= attempt.response_status < 300  # noqa: PLR2004 - HTTP


def answer_of(attempt: WebhookAttemptRow) -> str:
    """Return the status of the receiver's answer, or why there was none."""
    return attempt.failure or f"the receiver answered {attempt.response_status}"


def _of_refusals(case: Case) -> Iterator[Entry]:
    for refused in case.rows.refusals if case.rows else ():
        yield _refusal(Said(refused.refused_at, refused.message))
    for run in case.runs:
        yield from map(_refusal, run.refusals)


def _refusal(said: Said) -> Entry:
    return Entry(at=said.at, source="refusal", kind="request.refused", text=f"Request refused: {said.text}")


def _of_runs(case: Case) -> Iterator[Entry]:
    for each in case.runs:
        name = each.run.workflow_type
        yield _run(each.run.start_time, "started", f"{name} started")
        if each.cancel_requested:
            yield _run(each.cancel_requested.at, "cancel-requested", f"{name}: cancelled {each.cancel_requested.text}")
        yield from _of_statuses(case, each)
        yield from (_run(step.last_at, "step-failing", f"{name}: {failing(step)}") for step in each.pending)
        if each.run.close_time is not None:
            yield _run(each.run.close_time, "closed", f"{name} {_ending(each)}")


def failing(step: PendingStep) -> str:
    """Return a step that fails again and again in words."""
    failures = max(step.attempt - 1, 1)
    times = "once" if failures == 1 else f"{failures} times"
    return f'"{step.name}" has failed {times}, and is tried again ({step.failure.rstrip(".")})'


def _of_statuses(case: Case, run: RunFacts) -> Iterator[Entry]:
    """Yield the statuses that the run has reached, if there are no events that say the same."""
    if case.rows is None:
        yield from (_run(at, "status", f"{run.run.workflow_type}: {status}") for at, status in run.statuses)


def _ending(facts: RunFacts) -> str:
    cause = facts.terminated or facts.failed
    status = "ended" if facts.run.status is None else facts.run.status.name.replace("_", " ").lower()
    return f"{status} {cause.text}" if cause else status


def _run(at: datetime, kind: str, text: str) -> Entry:
    return Entry(at=at, source="run", kind=f"run.{kind}", text=text)
