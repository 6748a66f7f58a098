"""What callers ask of a meeting's run, and what they are told."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from activities.meeting_messages import MeetingKept, MeetingsOpened, MeetingTerms, NearMeetings, SendInvitations
from activities.messages import Message, WantedTimeSlot
from workflows.messages import Asked


class ChangeMeetingRequest(Asked):
    """`sequence` is the version that the caller has seen."""

    sequence: int
    terms: MeetingTerms
    by_staff: bool = False


class MoveMeetingRequest(Asked):
    sequence: int
    wanted: WantedTimeSlot
    key: str | None = None


class CancelMeetingRequest(Asked):
    sequence: int | None = None
    reason: str | None = None


MeetingRequest = ChangeMeetingRequest | MoveMeetingRequest | CancelMeetingRequest

UPDATES: Final[Mapping[type[MeetingRequest], str]] = {
    ChangeMeetingRequest: "change",
    MoveMeetingRequest: "move",
    CancelMeetingRequest: "cancel",
}
"""The update that takes each request."""


class MeetingKeptOutcome(Asked):
    meeting: MeetingKept


class StartMeeting(Message):
    """A run's input. The run before has mailed everything up to the version `invited`, but for what is `unsent`.

    After `most_requests` the run goes on as a new one, so that its history stays short. Said here and not in the code,
    because a run that is under way must go on as it began.
    """

    meeting_id: UUID
    invited: int = -1
    unsent: tuple[SendInvitations, ...] = ()
    most_requests: int = 100


class MeetingStatus(StrEnum):
    """Where a meeting is, as the search attribute `MeetingStatus` shows it."""

    PLANNED = "Planned"
    CANCELLED = "Cancelled"
    OVER = "Over"
    WITHDRAWN = "Withdrawn"


class OpenMeetings(Message):
    """A sweep's input: `pages` are taken by a run before the next one goes on from what is `done`.

    Said here and not in the code, because a run that is under way must go on as it began.
    """

    first: NearMeetings = NearMeetings()
    looking_back: timedelta = timedelta(days=2)
    pages: int = 200
    is_first: bool = True
    done: MeetingsOpened = MeetingsOpened()


class MeetingEnding(Message):
    """A run's result."""

    status: MeetingStatus
    sequence: int | None = None
