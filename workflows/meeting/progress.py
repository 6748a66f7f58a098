"""State of a meeting run, its details in the Temporal UI, and the time of its next work."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from domain.messages.booking import Cancellation
from domain.messages.meeting import MeetingSnapshot, Reminder
from workflows.common import search_attributes as attributes
from workflows.common.options import CHECK_DELAYS
from workflows.common.runs import title
from workflows.common.status_view import NEXT_RUN, WHO, StatusView, clock, in_words, reason_note
from workflows.meeting.messages import MeetingEnding, MeetingStatus

ENDINGS: Final[Mapping[MeetingStatus, str]] = {
    MeetingStatus.OVER: "it has taken place",
    MeetingStatus.WITHDRAWN: "it was withdrawn with its booking",
}


class MeetingProgress:
    """State of a meeting run: the last snapshot of the meeting, the remaining reminders and the planned checks."""

    def __init__(self) -> None:
        self.status = MeetingStatus.PLANNED
        self.meeting: MeetingSnapshot | None = None
        self._reminders: list[Reminder] = []
        self._checks: list[datetime] = []
        self._cancellation = Cancellation()
        self.view = StatusView()

    @property
    def now(self) -> datetime:
        """Time by the database's clock, which only in a sandbox differs from that of the workflow."""
        return workflow.now() + (self.meeting.clock_ahead if self.meeting else timedelta(0))

    @property
    def is_ahead(self) -> bool:
        """True if this is a sandbox, and its clock, which all meetings share, is ahead of real time."""
        return self.meeting is not None and self.meeting.clock_ahead > timedelta(0)

    @property
    def next_instant(self) -> datetime:
        """Time of the next work if no request arrives."""
        return self._next[0]

    @property
    def _next(self) -> tuple[datetime, str]:
        assert self.meeting is not None, "while it is planned"  # noqa: S101 - for the type checker
        checks = [(at, "another check for a step with an unknown outcome") for at in self._checks]
        reminders = [(each.at, f"the reminder {in_words(each.before)} before") for each in self._reminders]
        return min([*checks, *reminders, (self.meeting.end, "the end of the meeting")])

    def store_meeting(self, meeting: MeetingSnapshot) -> None:
        """Take over the current state of the meeting. Show a new version in the Temporal UI."""
        before, self.meeting = self.meeting, meeting
        self._reminders = list(meeting.reminders)
        if meeting.cancelled_at is not None:
            self.status = MeetingStatus.CANCELLED
            self.view.clear_state()
            self.clear_operator_needed()
        if before is None or before.sequence != meeting.sequence:
            whom = (meeting.content.employee_id, meeting.employee_label)
            self.view.set_title(title(meeting.client_id, meeting.start, meeting.end, *whom))
            self.view.add_line(self._describe_version(before, meeting))
            self._make_searchable()

    def expect_cancellation(self, by: Cancellation) -> None:
        """Store who has asked for the cancellation. The details name this party when the meeting is cancelled."""
        self._cancellation = by

    def _describe_version(self, before: MeetingSnapshot | None, meeting: MeetingSnapshot) -> str:
        """Return the line for a new version. It has the old time of a moved meeting, and who cancelled a meeting."""
        version = f"version {meeting.sequence}"
        if meeting.cancelled_at is not None:
            by = self._cancellation
            who = f" by {WHO[by.cancelled_by]}" if by.cancelled_by else ""
            return f"**{self.status}**{who}{reason_note(by)}, {version}: {describe(meeting)}"
        if before is not None and before.time_slot_id != meeting.time_slot_id:
            return f"**Moved**, {version}: now {describe(meeting)}; before {describe(before)}"
        return f"**{self.status}**, {version}: {describe(meeting)}"

    def take_due_reminder(self) -> Reminder | None:
        """Remove and return the next reminder if its time has come, else return None."""
        is_due = self._reminders and self._reminders[0].at <= self.now
        return self._reminders.pop(0) if is_due else None

    def plan_checks(self) -> None:
        """Plan checks for a step with an unknown outcome. A worker that was paused may still complete the step."""
        self._checks = [self.now + each for each in CHECK_DELAYS]

    @property
    def has_planned_checks(self) -> bool:
        return bool(self._checks)

    def take_due_check(self) -> bool:
        """Return whether a planned check is due, and remove that check."""
        is_due = self.has_planned_checks and self._checks[0] <= self.now
        if is_due:
            self._checks.pop(0)
        return is_due

    def end(self, status: MeetingStatus) -> None:
        """Record that the meeting is over or withdrawn. An operator is not needed any more."""
        self.status = status
        self.view.clear_state()
        self.clear_operator_needed()
        self.view.add_line(f"**{status}**: {ENDINGS[status]}")
        self._make_searchable()

    @property
    def awaited(self) -> str:
        at, description = self._next
        return f"{description}, at {clock(at)}"

    def show_awaited_work(self) -> None:
        self.view.show_awaited(f"{self.awaited}, or for a change")

    def show_awaited_mails(self) -> None:
        """Show that the meeting has ended, and that the run waits for its last mails."""
        self.view.show_awaited("the last mails about it to be sent")

    def show_ended(self) -> None:
        """Show that the run has ended. A meeting that has begun is still planned when its run is cancelled."""
        if self.status is MeetingStatus.PLANNED:
            self.view.show_ended("an operator cancelled the run; the meeting stays as it is")
        else:
            self.view.show_ended(self.status)

    def show_next_run(self) -> None:
        self.view.show_ended(NEXT_RUN)

    def set_operator_needed(self, why: str) -> None:
        """Add a line about a failure. While the meeting is planned, also set the search attribute `NeedsOperator`."""
        self.view.add_line(f"**needs an operator**: {why}")
        if self.status is MeetingStatus.PLANNED:
            workflow.upsert_search_attributes([attributes.NEEDS_OPERATOR.value_set(value=True)])

    def clear_operator_needed(self) -> None:
        """Clear the search attribute `NeedsOperator` if this run or the previous run has set the attribute."""
        if workflow.info().typed_search_attributes.get(attributes.NEEDS_OPERATOR):
            self.view.add_line("needs no operator any more")
            workflow.upsert_search_attributes([attributes.NEEDS_OPERATOR.value_unset()])

    def ending(self) -> MeetingEnding:
        return MeetingEnding(status=self.status, sequence=self.meeting.sequence if self.meeting else None)

    def _make_searchable(self) -> None:
        updates: list[SearchAttributeUpdate[Any]] = [attributes.MEETING_STATUS.value_set(self.status)]
        if self.meeting is not None:
            updates.append(attributes.EMPLOYEE_ID.value_set(str(self.meeting.content.employee_id)))
            updates.append(attributes.SLOT_START.value_set(self.meeting.start))
        workflow.upsert_search_attributes(updates)


def describe(meeting: MeetingSnapshot) -> str:
    """Return the times, the employees and the room of the meeting in one phrase."""
    others = len(meeting.content.additional_employees)
    who = meeting.employee_label or f"employee `{meeting.content.employee_id}`"
    team = who + (f" and {others} more" if others else "")
    room = f", room `{meeting.room_id}`" if meeting.room_id else ""
    return f"{clock(meeting.start)} to {clock(meeting.end)} with {team}{room}"
