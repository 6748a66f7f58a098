"""The activities by name and type. Workflows call these; `activities.booking` and `activities.calendars` do them.

Each may run more than once (a worker may die between a commit and its report), so each is idempotent.
"""

from typing import Final, Protocol, runtime_checkable

from temporalio import activity

from activities.meeting_messages import (
    CancelMeeting,
    ChangeMeeting,
    InvitationsSent,
    LostRuns,
    LostRunsFound,
    MeetingFound,
    MeetingKept,
    MeetingsOpened,
    MoveMeeting,
    NearMeetings,
    OpenMeeting,
    ReadMeeting,
    RemindOf,
    SendInvitations,
)
from activities.messages import (
    BookingAsStored,
    BookTimeSlot,
    CalendarRefreshed,
    CalendarsListed,
    CalendarsWanted,
    CreateMeeting,
    MeetingCreated,
    ReadBooking,
    RefreshCalendar,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotKept,
    WithdrawMeeting,
)
from activities.webhook_messages import DeliverDue, EventsDelivered, EventsRelayed, RelayEvents


@runtime_checkable
class BookingSteps(Protocol):
    """Forward steps first, compensations below."""

    @activity.defn
    async def reserve_time_slot(self, step: ReserveTimeSlot) -> TimeSlotKept:
        """Hold the time slot, in place of an earlier hold of the same booking if there is one.

        Raises (non-retryable): TimeSlotTaken, NotOffered, NotFound, NotYours, TooManyHolds, TimeSlotAlreadyBooked;
        HoldReleased, HoldExpired if the step comes after what undid or replaced it.
        """
        ...

    @activity.defn
    async def book_time_slot(self, step: BookTimeSlot) -> TimeSlotKept:
        """Mark the held time slot `Booked`, if its hold is still alive.

        Raises (non-retryable): HoldExpired, HoldReleased.
        """
        ...

    @activity.defn
    async def create_meeting(self, step: CreateMeeting) -> MeetingCreated:
        """Create the meeting of the `Booked` time slot, which then stays for good.

        Raises (non-retryable): HoldExpired, HoldReleased, TimeSlotNotBooked, MeetingExists, MeetingMismatch, NotFound.
        """
        ...

    @activity.defn
    async def read_booking(self, step: ReadBooking) -> BookingAsStored:
        """What became of the booking: asked when an answer was lost, and before a deadline is believed."""
        ...

    @activity.defn
    async def withdraw_meeting(self, step: WithdrawMeeting) -> None:
        """Undo `create_meeting`: remove the meeting if it was made, and see to it that it cannot be made any more."""
        ...

    @activity.defn
    async def release_time_slot(self, step: ReleaseTimeSlot) -> None:
        """Undo `reserve_time_slot` and `book_time_slot`: remove the time slot if it is there."""
        ...


@runtime_checkable
class CalendarSteps(Protocol):
    """Activities that read calendars elsewhere again."""

    @activity.defn
    async def list_calendars(self, page: CalendarsWanted) -> CalendarsListed:
        """The ids of a page of calendars."""
        ...

    @activity.defn
    async def refresh_calendar(self, step: RefreshCalendar) -> CalendarRefreshed:
        """Read a calendar again. One that cannot be read keeps what was known of it, and says why."""
        ...


@runtime_checkable
class MeetingSteps(Protocol):
    """What happens to a meeting after it was created."""

    @activity.defn
    async def read_meeting(self, step: ReadMeeting) -> MeetingFound:
        """The meeting as it is, cancelled or not."""
        ...

    @activity.defn
    async def change_meeting(self, step: ChangeMeeting) -> MeetingKept:
        """Change what is said of the meeting, who takes part, its room; or move it to a time slot reserved for that.

        Raises (non-retryable): NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered, MeetingMismatch,
        TimeSlotNotBooked, HoldExpired, HoldReleased.
        """
        ...

    @activity.defn
    async def move_meeting(self, step: MoveMeeting) -> MeetingKept:
        """Reserve another time slot and move the meeting there: both, or nothing.

        Raises (non-retryable): NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered, TooManyHolds.
        """
        ...

    @activity.defn
    async def cancel_meeting(self, step: CancelMeeting) -> MeetingKept:
        """Cancel the meeting and free its time slot.

        Raises (non-retryable): NotFound, MeetingChanged, MeetingOver.
        """
        ...

    @activity.defn
    async def remind_of(self, step: RemindOf) -> None:
        """Tell that the meeting is near, unless that was told, or it is not any more when it was."""
        ...


@runtime_checkable
class MeetingOpening(Protocol):
    """What gives a meeting its run."""

    @activity.defn
    async def open_meeting(self, step: OpenMeeting) -> None:
        """Start the meeting's run, unless it has one."""
        ...


@runtime_checkable
class MeetingSweeping(Protocol):
    """What gives meetings their runs that got none with their bookings."""

    @activity.defn
    async def find_lost_runs(self, step: LostRuns) -> LostRunsFound:
        """Have every meeting looked after again whose run was terminated or has failed."""
        ...

    @activity.defn
    async def open_near_meetings(self, page: NearMeetings) -> MeetingsOpened:
        """Start the runs of a page of meetings that are near, and note that they are there.

        A repeat starts none a second time.
        """
        ...


@runtime_checkable
class InvitationSteps(Protocol):
    """What tells those who take part in a meeting, by mail."""

    @activity.defn
    async def send_invitations(self, step: SendInvitations) -> InvitationsSent:
        """Mail everybody who takes part, and those whom the change has removed; each mail goes out once.

        Nothing is sent of a state that is not the meeting's any more: the change that came after it tells more.
        """
        ...

    @activity.defn
    async def give_up_invitations(self, step: SendInvitations) -> InvitationsSent:
        """Mark what is still not sent as failed for good."""
        ...


@runtime_checkable
class RelaySteps(Protocol):
    """What publishes events."""

    @activity.defn
    async def relay_events(self, step: RelayEvents) -> EventsRelayed:
        """For some minutes, publish events as they happen, and wake the runs that deliver them."""
        ...


@runtime_checkable
class WebhookSteps(Protocol):
    """What tells webhooks of events."""

    @activity.defn
    async def deliver_events(self, step: DeliverDue) -> EventsDelivered:
        """Send what is due to the webhooks of a client, several requests at once, and note what came of each.

        A repeat sends once more, under the same id, what was sent and not noted.
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
)
"""Every one of them."""
