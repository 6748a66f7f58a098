"""Actions of operators as part of a story: what somebody did with `bookme admin`, and why."""

from collections.abc import Iterable, Sequence
from typing import Final

from admin.documents import Entry, Outcome, Story
from admin.words import utc
from domain.messages.booking import BookingKey
from storage.operator_actions import ActionOutcome, SubjectKind, customer_subject
from storage.operators.stories import StoryKeys, StoryRows
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow
from storage.tables.operations import OperatorActionRow
from workflows.common.runs import meeting_workflow_id, workflow_id

Owned = tuple[BookingEventRow | TimeSlotRow | MeetingRow, ...]

OUTCOMES: Final = {
    ActionOutcome.REQUESTED: "requested",
    ActionOutcome.DONE: "done",
    ActionOutcome.ALREADY_DONE: "had been done before",
    ActionOutcome.REFUSED: "refused",
    ActionOutcome.UNKNOWN: "outcome not known",
}
"""Outcomes of an action in words."""


def subjects_of(rows: StoryRows, keys: StoryKeys, customer_id: str | None) -> set[str]:
    """Return the subjects in the log that belong to the story. `customer_id` is the customer that was asked about."""
    owned: Owned = (*rows.events, *rows.slots.values(), *rows.meetings.values())
    customers = {each.customer_id for each in owned}
    runs = [workflow_id(BookingKey(client_id=client, token=token)) for client, token in keys.bookings]
    return {
        *map(SubjectKind.TIME_SLOT.named, keys.time_slots),
        *map(SubjectKind.MEETING.named, keys.meetings),
        *map(SubjectKind.RUN.named, (*runs, *map(meeting_workflow_id, keys.meetings))),
        *(SubjectKind.DELIVERY.named(each.row.id) for each in rows.deliveries),
        *(customer_subject(each) for each in {*customers, customer_id} if each),
    }


def entries_of(actions: Iterable[OperatorActionRow]) -> list[Entry]:
    """Return the actions as entries of a timeline."""
    return [
        Entry(at=each.at, source="operator", kind=f"operator.{each.action}", text=describe_action(each))
        for each in actions
    ]


def describe_action(action: OperatorActionRow) -> str:
    outcome = OUTCOMES[ActionOutcome(action.outcome)] if action.outcome in set(ActionOutcome) else action.outcome
    return f'Operator {action.actor}: {action.action} {outcome} ("{action.reason}")'


def story_of_erased(customer_id: str, actions: Sequence[OperatorActionRow]) -> Story | None:
    """Return the story of a customer of whom nothing is stored, if an operator has erased the personal data."""
    done = [each for each in actions if each.outcome == ActionOutcome.DONE]
    if not done:
        return None
    what = (
        f'the personal data of this customer was erased at {utc(done[-1].at)} by {done[-1].actor} ("{done[-1].reason}")'
    )
    ask = "The bookings stay: ask by --token, --meeting, --client, or --employee with --at."
    return Story(
        outcome=Outcome.ERASED,
        conclusion=f"{Outcome.ERASED}: {what}. {ask}",
        customer_ids=[customer_id],
        entries=entries_of(actions),
    )
