"""Inputs and results of the steps of a meeting. The rules of `domain.messages.booking` apply here, too."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pydantic import Field

from domain.meetings import MeetingType
from domain.messages.booking import BookingKey, Cancellation, MeetingContent, Message, WantedTimeSlot


class OpenMeeting(Message):
    """Meeting whose run is to be started. `employee_label` is as in `TimeSlotSnapshot`."""

    meeting_id: UUID
    client_id: str
    employee_id: UUID
    start: datetime
    end: datetime
    employee_label: str | None = None


class NearMeetings(Message):
    """Request for a page of near meetings that are not recorded to have a run, in the order of start and id.

    The page begins after the meeting with `after_start` and `after_id`.
    """

    after_start: datetime | None = None
    after_id: UUID | None = None
    limit: int = 200


class MeetingsOpened(Message):
    """Result of a sweep: numbers of meetings that have a run now, and of meetings whose run could not be started.

    `rest` is the request for the next page, or None after the last page.
    """

    opened: int = 0
    failed: int = 0
    rest: NearMeetings | None = None

    def plus(self, more: "MeetingsOpened") -> "MeetingsOpened":
        return MeetingsOpened(opened=self.opened + more.opened, failed=self.failed + more.failed, rest=more.rest)


class LostRuns(Message):
    """Request to find the runs of meetings that were terminated or failed within this period until now."""

    within: timedelta


class LostRunsFound(Message):
    """Number of meetings that are to get another run."""

    meetings: int = 0


class ReadMeeting(Message):
    meeting_id: UUID


class Reminder(Message):
    """Reminder of a meeting at the time `at`.

    `before` is the configured duration before the meeting (ISO 8601), which identifies the reminder.
    """

    at: datetime
    before: str


class MeetingSnapshot(Message):
    """Meeting as stored in the database. `sequence` is its version. A cancelled meeting has no time slot.

    `reminders` are the pending reminders, the earliest first. `invites` is True if mails are to be sent. `moved_by` is
    the booking whose time slot the meeting has just taken. `freed` are the bookings that held a time slot to which the
    meeting could be moved; its cancellation has released these holds. `employee_label` is as in `TimeSlotSnapshot`.
    `clock_ahead` is how far the database's clock is ahead of real time: zero, except in a sandbox.
    """

    id: UUID
    sequence: int
    client_id: str
    time_slot_id: UUID | None = None
    start: datetime
    end: datetime
    room_id: UUID | None = None
    video_link: str | None = None
    content: MeetingContent
    cancelled_at: datetime | None = None
    date_created: datetime
    date_modified: datetime
    reminders: tuple[Reminder, ...] = ()
    invites: bool = False
    moved_by: BookingKey | None = None
    freed: tuple[BookingKey, ...] = ()
    employee_label: str | None = None
    clock_ahead: timedelta = timedelta(0)

    @property
    def team(self) -> frozenset[UUID]:
        """Return the ids of all employees who take part."""
        return frozenset({self.content.employee_id, *self.content.additional_employees})


class MeetingFound(Message):
    """Result of a query for a meeting: None if the meeting was withdrawn with its booking."""

    meeting: MeetingSnapshot | None = None


class MeetingTerms(Message):
    """Fields of a meeting that can be changed, with their new values. Another `time_slot_id` moves the meeting."""

    time_slot_id: UUID
    type: MeetingType
    room_id: UUID | None = None
    title: str | None = None
    description: str | None = None
    video_link: str | None = None
    additional_employees: tuple[UUID, ...] = ()
    salesforce_id: str | None = None


class ChangeMeetingStep(Message):
    """Input of the step that changes a meeting.

    `sequence` is the version that the change was made for; no other version is changed. `step_id` is the same on every
    worker that runs the step. If the message has none, each worker makes its own.
    """

    step_id: UUID = Field(default_factory=uuid4)
    meeting_id: UUID
    sequence: int
    terms: MeetingTerms
    by_staff: bool = False


class MoveMeetingStep(Message):
    """Input of the step that moves a meeting to a new time slot.

    The workflow makes `time_slot_id`, so that a repeated step creates the same row. `key` is the digest of an
    `Idempotency-Key`, under which the outcome is stored.
    """

    meeting_id: UUID
    sequence: int
    time_slot_id: UUID
    wanted: WantedTimeSlot
    key: str | None = None


class CancelMeetingStep(Cancellation):
    """Input of the step that cancels a meeting. `sequence` is the version to cancel, or None for any version."""

    meeting_id: UUID
    sequence: int | None = None


class RemindOf(Message):
    """Input of the step that gives a due reminder.

    `start` is the meeting's start that the reminder was made for. `before` is the duration before it (ISO 8601).
    """

    meeting_id: UUID
    start: datetime
    before: str


class SendInvitations(Message):
    """Input of the step that mails all participants about this version of the meeting.

    `former` are the employees whom this change has removed. Their mail cancels the meeting for them.
    """

    meeting_id: UUID
    sequence: int
    former: tuple[UUID, ...] = ()


class InvitationsSent(Message):
    """Number of mails sent, and the mails that failed for good, described without personal data."""

    sent: int = 0
    failures: tuple[str, ...] = ()
