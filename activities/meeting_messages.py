"""What the steps of a meeting's life are told and answer. The rules of `activities.messages` hold here too."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pydantic import Field

from activities.messages import BookingName, MeetingContent, Message, WantedTimeSlot
from domain.meetings import MeetingType


class OpenMeeting(Message):
    """A meeting that is to get its run."""

    meeting_id: UUID
    client_id: str
    employee_id: UUID
    start: datetime
    end: datetime


class NearMeetings(Message):
    """A page of the meetings that are near and not noted to have a run: those after that one, by start and id."""

    after_start: datetime | None = None
    after_id: UUID | None = None
    limit: int = 200


class MeetingsOpened(Message):
    """How many have a run now, and for how many none could be started. `rest` is the next page, None after the last."""

    opened: int = 0
    failed: int = 0
    rest: NearMeetings | None = None

    def plus(self, more: "MeetingsOpened") -> "MeetingsOpened":
        return MeetingsOpened(opened=self.opened + more.opened, failed=self.failed + more.failed, rest=more.rest)


class LostRuns(Message):
    """The meetings' runs that have been terminated, or have failed, within so long."""

    within: timedelta


class LostRunsFound(Message):
    """How many meetings are to get another run."""

    meetings: int = 0


class ReadMeeting(Message):
    meeting_id: UUID


class Reminder(Message):
    """`before` names it, as it was configured (ISO 8601); `at` is its instant."""

    at: datetime
    before: str


class MeetingKept(Message):
    """A meeting as the database has it. `sequence` is its version; a cancelled one has no time slot.

    `reminders` are those that are still to be given, first to last, and `invites` whether mails are to go out.
    `moved_by` is the booking whose time slot it has just taken, `freed` are those that have just lost theirs with it.
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
    moved_by: BookingName | None = None
    freed: tuple[BookingName, ...] = ()

    @property
    def team(self) -> frozenset[UUID]:
        """The employees who take part."""
        return frozenset({self.content.employee_id, *self.content.additional_employees})


class MeetingFound(Message):
    """The meeting; nothing if it was withdrawn with its booking."""

    meeting: MeetingKept | None = None


class MeetingTerms(Message):
    """What can be changed of a meeting, as it is to be. Another `time_slot_id` moves it there."""

    time_slot_id: UUID
    type: MeetingType
    room_id: UUID | None = None
    title: str | None = None
    description: str | None = None
    video_link: str | None = None
    additional_employees: tuple[UUID, ...] = ()
    salesforce_id: str | None = None


class ChangeMeeting(Message):
    """`sequence` is the version that the change was made for: it changes no other one.

    `step_id` is the same on every worker that has the step; without one it is only ever this worker's.
    """

    step_id: UUID = Field(default_factory=uuid4)
    meeting_id: UUID
    sequence: int
    terms: MeetingTerms
    by_staff: bool = False


class MoveMeeting(Message):
    """`time_slot_id` is made by the workflow, so that a repeated step makes the same row.

    `key` is the digest of an `Idempotency-Key`, under which the outcome is kept.
    """

    meeting_id: UUID
    sequence: int
    time_slot_id: UUID
    wanted: WantedTimeSlot
    key: str | None = None


class CancelMeeting(Message):
    """`sequence` is the version that was to be cancelled, None if any is."""

    meeting_id: UUID
    sequence: int | None = None
    reason: str | None = None


class RemindOf(Message):
    """A reminder that is due, of the meeting as it is planned at `start`."""

    meeting_id: UUID
    start: datetime
    before: str


class SendInvitations(Message):
    """Tell everybody who takes part how the meeting is as of this change of it.

    `former` are the employees whom this change has removed: they are told that it is cancelled for them.
    """

    meeting_id: UUID
    sequence: int
    former: tuple[UUID, ...] = ()


class InvitationsSent(Message):
    """How many mails have gone out, and to whom none can be delivered for good, in words without personal data."""

    sent: int = 0
    failures: tuple[str, ...] = ()
