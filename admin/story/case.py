"""Everything that is known about one booking, from which its timeline and its conclusion are made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from admin.story.runs import RunFacts
from admin.words import Words
from storage.bookings.events import EventKind
from storage.operators.stories import StoryRows
from storage.tables.booking import BookingEventRow, MeetingRow
from storage.tables.operations import OperatorActionRow
from workflows.common.runs import BOOKING_WORKFLOW, MEETING_WORKFLOW


@dataclass(slots=True)
class Case:
    """Rows and runs of one booking. `rows` is None if the database cannot be reached.

    `focus` is the time slot that was asked about. Without it, the newest event decides. `now` is the time of this
    process, for a story without rows. `actions` are those of operators.
    """

    rows: StoryRows | None = None
    runs: list[RunFacts] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    focus: UUID | None = None
    notes: list[str] = field(default_factory=list)
    now: datetime = field(default_factory=partial(datetime.now, UTC))
    actions: Sequence[OperatorActionRow] = ()

    @property
    def events(self) -> Sequence[BookingEventRow]:
        return () if self.rows is None else self.rows.events

    def last_event(self) -> BookingEventRow | None:
        """Return the newest event that says how the booking stands. A reminder says nothing about that."""
        told = [each for each in self.events if each.kind != EventKind.MEETING_REMINDER]
        focused = [each for each in told if self.focus in (None, each.time_slot_id)]
        return focused[-1] if focused else None

    def events_of_slot(self, time_slot_id: UUID) -> list[BookingEventRow]:
        return [each for each in self.events if each.time_slot_id == time_slot_id]

    def events_of_meeting(self, meeting_id: UUID) -> list[BookingEventRow]:
        return [each for each in self.events if each.meeting_id == meeting_id]

    def meeting(self) -> MeetingRow | None:
        """Return the meeting that the booking has become, or None."""
        last = self.last_event()
        if self.rows is None:
            return None
        if last is not None and last.meeting_id is not None:
            return self.rows.meetings.get(last.meeting_id)
        return None if last is not None else next(iter(self.rows.meetings.values()), None)

    def booking_runs(self) -> list[RunFacts]:
        """Return the runs of bookings, the newest first."""
        return [each for each in self.runs if each.run.workflow_type == BOOKING_WORKFLOW]

    def meeting_runs(self) -> list[RunFacts]:
        return [each for each in self.runs if each.run.workflow_type == MEETING_WORKFLOW]

    def newest_runs(self) -> Iterator[RunFacts]:
        """Yield the newest run of each workflow id."""
        seen = set()
        for each in self.runs:
            if each.run.id not in seen:
                seen.add(each.run.id)
                yield each


def starts_of(event: BookingEventRow) -> datetime:
    """Return the start of the time slot that the event is about."""
    return datetime.fromisoformat(event.facts["start"]) if "start" in event.facts else event.at
