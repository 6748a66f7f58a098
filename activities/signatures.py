"""Activities by name and type. Workflows call these protocols; the classes that workers register implement them.

An activity may run more than once (a worker may die between a commit and its report), so each is idempotent.
"""

from typing import Final, Protocol, runtime_checkable

from temporalio import activity

from domain.messages.booking import (
    BookingSnapshot,
    BookTimeSlot,
    CalendarRefreshed,
    CalendarsListed,
    CalendarsWanted,
    CreateMeetingStep,
    ExtendHold,
    MeetingCreated,
    ReadBooking,
    RefreshCalendar,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotSnapshot,
    WithdrawMeeting,
)
from domain.messages.meeting import (
    CancelMeetingStep,
    ChangeMeetingStep,
    InvitationsSent,
    LostRuns,
    LostRunsFound,
    MeetingFound,
    MeetingSnapshot,
    MeetingsOpened,
    MoveMeetingStep,
    NearMeetings,
    OpenMeeting,
    ReadMeeting,
    RemindOf,
    SendInvitations,
)
from domain.messages.retention import DeleteOldRows, OldRowsDeleted
from domain.messages.webhooks import DeliverDue, EventsDelivered, EventsRelayed, RelayEvents


@runtime_checkable
class BookingSteps(Protocol):
    """Activities of a booking: first the steps that make the booking advance, then their compensations."""

    @activity.defn
    async def reserve_time_slot(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        """Hold the time slot, in place of an earlier hold of the same booking if there is one.

        Raises (non-retryable): TimeSlotTaken, NotOffered, NotFound, NotYours, TooManyHolds, TooManyEndUserHolds,
        TooManyRenewals, TimeSlotAlreadyBooked; HoldReleased, HoldExpired if the step was undone or replaced before this
        run.
        """
        ...

    @activity.defn
    async def book_time_slot(self, step: BookTimeSlot) -> TimeSlotSnapshot:
        """Mark the held time slot `Booked`, if its hold has not expired.

        Raises (non-retryable): HoldExpired, HoldReleased.
        """
        ...

    @activity.defn
    async def extend_hold(self, step: ExtendHold) -> TimeSlotSnapshot:
        """Move the deadline of the held time slot, `Reserved` or `Booked`, if it was not extended before.

        Raises (non-retryable): HoldExpired, HoldReleased, HoldAlreadyExtended, HoldNotExtendable, TooManyRenewals.
        """
        ...

    @activity.defn
    async def create_meeting(self, step: CreateMeetingStep) -> MeetingCreated:
        """Create the meeting of the `Booked` time slot, and make the time slot permanent.

        Raises (non-retryable): HoldExpired, HoldReleased, TimeSlotNotBooked, MeetingExists, MeetingMismatch, NotFound,
        TimeSlotTaken, NotOffered.
        """
        ...

    @activity.defn
    async def read_booking(self, step: ReadBooking) -> BookingSnapshot:
        """Return the stored state of the booking.

        The workflow calls this if the result of a step never arrived, and before it acts on a deadline.
        """
        ...

    @activity.defn
    async def withdraw_meeting(self, step: WithdrawMeeting) -> None:
        """Undo `create_meeting`: remove the meeting if it exists, and prevent its later creation."""
        ...

    @activity.defn
    async def release_time_slot(self, step: ReleaseTimeSlot) -> None:
        """Undo `reserve_time_slot` and `book_time_slot`: remove the hold if it exists, and prevent a later one."""
        ...


@runtime_checkable
class CalendarSteps(Protocol):
    """Activities that read external calendars again."""

    @activity.defn
    async def list_calendars(self, page: CalendarsWanted) -> CalendarsListed:
        """Return the ids of a page of calendars."""
        ...

    @activity.defn
    async def refresh_calendar(self, step: RefreshCalendar) -> CalendarRefreshed:
        """Read a calendar again. If it cannot be read, keep its known busy times and return the failure."""
        ...


@runtime_checkable
class MeetingSteps(Protocol):
    """Activities of a meeting after its creation."""

    @activity.defn
    async def read_meeting(self, step: ReadMeeting) -> MeetingFound:
        """Return the meeting as it is now, cancelled or not."""
        ...

    @activity.defn
    async def change_meeting(self, step: ChangeMeetingStep) -> MeetingSnapshot:
        """Change fields, participants or the room of the meeting, or move it to a time slot reserved for the move.

        Raises (non-retryable): NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered, MeetingMismatch,
        TimeSlotNotBooked, HoldExpired, HoldReleased.
        """
        ...

    @activity.defn
    async def move_meeting(self, step: MoveMeetingStep) -> MeetingSnapshot:
        """Reserve another time slot and move the meeting there, in one transaction.

        Raises (non-retryable): NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered, TooManyHolds,
        HoldExpired.
        """
        ...

    @activity.defn
    async def cancel_meeting(self, step: CancelMeetingStep) -> MeetingSnapshot:
        """Cancel the meeting and free its time slot.

        Raises (non-retryable): NotFound, MeetingChanged, MeetingOver.
        """
        ...

    @activity.defn
    async def remind_of(self, step: RemindOf) -> None:
        """Append the reminder event once, unless the meeting has another start, has begun or is cancelled."""
        ...


@runtime_checkable
class MeetingOpening(Protocol):
    """Activity that starts the workflow run of a meeting."""

    @activity.defn
    async def open_meeting(self, step: OpenMeeting) -> None:
        """Start the meeting's run, unless it has one."""
        ...


@runtime_checkable
class MeetingSweeping(Protocol):
    """Activities that start the runs of meetings that got none with their bookings."""

    @activity.defn
    async def find_lost_runs(self, step: LostRuns) -> LostRunsFound:
        """Mark the meetings whose run was terminated or has failed, so that they get another run."""
        ...

    @activity.defn
    async def open_near_meetings(self, page: NearMeetings) -> MeetingsOpened:
        """Start the runs of a page of near meetings, and record that the runs exist.

        A repeat starts no second run.
        """
        ...


@runtime_checkable
class InvitationSteps(Protocol):
    """Activities that send mails to the participants of a meeting."""

    @activity.defn
    async def send_invitations(self, step: SendInvitations) -> InvitationsSent:
        """Mail all participants, and the employees whom the change has removed. Send each mail once.

        Participants get no mail about a version that is not current: the step of the newer version mails them.
        """
        ...

    @activity.defn
    async def give_up_invitations(self, step: SendInvitations) -> InvitationsSent:
        """Mark the mails that are still pending as failed for good."""
        ...


@runtime_checkable
class RelaySteps(Protocol):
    """Activity that publishes events."""

    @activity.defn
    async def relay_events(self, step: RelayEvents) -> EventsRelayed:
        """Publish events as they happen, for some minutes, and wake the runs that deliver them."""
        ...


@runtime_checkable
class WebhookSteps(Protocol):
    """Activity that delivers events to webhooks."""

    @activity.defn
    async def deliver_events(self, step: DeliverDue) -> EventsDelivered:
        """Send due events to the webhooks of a client, several requests at once, and record each outcome.

        A repeat sends an event again, under the same id, if the event was sent and its outcome was not recorded.
        """
        ...


@runtime_checkable
class RetentionSteps(Protocol):
    """Activity that deletes old rows."""

    @activity.defn
    async def delete_old_rows(self, step: DeleteOldRows) -> OldRowsDeleted:
        """Delete rows of one kind that are older than the retention setting, for at most the given time.

        A repeat continues with the rows that are left.
        """
        ...


SIGNATURES: Final = (
    BookingSteps,
    CalendarSteps,
    MeetingSteps,
    MeetingOpening,
    MeetingSweeping,
    InvitationSteps,
    RelaySteps,
    WebhookSteps,
    RetentionSteps,
)
"""All protocols of this module."""
