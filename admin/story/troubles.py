"""Troubles of a booking that an operator may have to end: stuck steps, lost runs, refused mails, webhooks down."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from admin.documents import Outcome
from admin.story.case import Case
from admin.story.runs import RunFacts
from admin.story.timeline import answer_of, failing, webhook_name
from admin.words import utc
from storage.notifications.invitations import InvitationStatus
from storage.notifications.webhooks import DeliveryStatus
from storage.operators.stories import Delivery
from workflows.common.runs import BOOKING_WORKFLOW, MEETING_WORKFLOW, WEBHOOK_DELIVERY_WORKFLOW

HEALTHY_TASK_ATTEMPTS: Final = 3
"""Attempts of a workflow task that a restart of a worker explains."""

TAKEN_WITHIN: Final = timedelta(seconds=10)
"""Time within which a worker takes a task, unless no worker runs or all are busy."""

NAMES: Final = {BOOKING_WORKFLOW: "booking", MEETING_WORKFLOW: "meeting", WEBHOOK_DELIVERY_WORKFLOW: "deliveries"}


class Sentence(NamedTuple):
    """One statement about a booking, without the word of its outcome in front."""

    outcome: Outcome
    text: str


def troubles(case: Case) -> list[Sentence]:
    """Return the troubles, the gravest first."""
    return [*_stuck(case), *_without_worker(case), *_bugs(case), *_terminated(case), *_mails(case), *_webhooks(case)]


def _stuck(case: Case) -> Iterator[Sentence]:
    for facts in case.newest_runs():
        for step in facts.pending if facts.is_running else ():
            why = f"The last attempt began at {utc(step.last_at)}. The step continues by itself when the cause is gone"
            yield Sentence(Outcome.STUCK, f"the step {failing(step)}. {why}.")


def _without_worker(case: Case) -> Iterator[Sentence]:
    for facts in case.newest_runs():
        since = facts.no_worker_since
        if facts.is_running and since is not None and case.now - since > TAKEN_WITHIN:
            name = NAMES.get(facts.run.workflow_type, facts.run.workflow_type)
            why = "No worker runs, or the workers cannot use the database and take no tasks until they can"
            text = f"no worker has taken the next step of the run of the {name} since {utc(since)}. {why}."
            yield Sentence(Outcome.STUCK, text)


def _bugs(case: Case) -> Iterator[Sentence]:
    for facts in case.newest_runs():
        if facts.is_running and facts.task_attempt > HEALTHY_TASK_ATTEMPTS:
            what = f"the workflow task of {facts.run.id} is at attempt {facts.task_attempt}"
            yield Sentence(Outcome.BUG, f"{what}; it continues when corrected code is deployed.")


def _terminated(case: Case) -> Iterator[Sentence]:
    yield from (_termination(each) for each in case.newest_runs() if each.is_terminated)


def _termination(facts: RunFacts) -> Sentence:
    at = facts.terminated.at if facts.terminated else facts.run.close_time
    who = f" {facts.terminated.text}" if facts.terminated else ""
    name = NAMES.get(facts.run.workflow_type, facts.run.workflow_type)
    return Sentence(Outcome.TERMINATED, f"the run of the {name} was terminated{f' at {utc(at)}' if at else ''}{who}.")


def _mails(case: Case) -> Iterator[Sentence]:
    """Yield the mails about the newest version that failed for good."""
    mails = case.rows.mails if case.rows else ()
    newest = max((each.sequence for each in mails), default=0)
    for mail in mails:
        if mail.sequence == newest and mail.status == InvitationStatus.FAILED:
            whom = case.words.employee(mail.employee_id) if mail.employee_id else f"room {mail.room_id}"
            text = f"the mail to {whom} was not delivered: {mail.failure or 'no reason is stored'}."
            yield Sentence(Outcome.MAIL_REFUSED, text)


def _webhooks(case: Case) -> Iterator[Sentence]:
    """Yield the webhooks at which an event has failed, for good or so far."""
    failing_ones: dict[UUID, list[Delivery]] = {}
    for each in case.rows.deliveries if case.rows else ():
        if each.attempts and each.row.status != DeliveryStatus.DELIVERED:
            failing_ones.setdefault(each.webhook.id, []).append(each)
    for deliveries in failing_ones.values():
        newest = max(deliveries, key=lambda each: each.attempts[-1].at)
        last = newest.attempts[-1]
        count = f"{len(deliveries)} event{'s' if len(deliveries) > 1 else ''} could not be delivered to"
        text = f"{count} {webhook_name(newest.webhook)}: {answer_of(last)} at {utc(last.at)}, attempt {last.number}."
        yield Sentence(Outcome.WEBHOOK_DOWN, text)
