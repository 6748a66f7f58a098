"""Messages of the meeting workflow, and of the periodic job that starts meeting runs."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.messages.booking import Cancellation, Message, WantedTimeSlot
from domain.messages.meeting import MeetingSnapshot, MeetingsOpened, MeetingTerms, NearMeetings, SendInvitations
from workflows.booking.messages import WithRequestId


class ChangeMeetingRequest(WithRequestId):
    """Request to change a meeting. `sequence` is the version of the meeting that the caller has read."""

    sequence: int
    terms: MeetingTerms
    by_staff: bool = False


class MoveMeetingRequest(WithRequestId):
    sequence: int
    wanted: WantedTimeSlot
    key: str | None = None


class CancelMeetingRequest(WithRequestId, Cancellation):
    sequence: int | None = None


MeetingRequest = ChangeMeetingRequest | MoveMeetingRequest | CancelMeetingRequest

UPDATES: Final[Mapping[type[WithRequestId], str]] = {
    ChangeMeetingRequest: "change",
    MoveMeetingRequest: "move",
    CancelMeetingRequest: "cancel",
}
"""Name of the update for each type of request."""


class MeetingChangeOutcome(WithRequestId):
    meeting: MeetingSnapshot


class StartMeeting(Message):
    """Input of a run. The previous run has sent all mails up to the version `invited`, except those in `unsent`.

    After `most_requests` requests a new run continues, so that the history stays short. The number is part of the
    input and not of the code, because a run must keep the number that it began with.
    """

    meeting_id: UUID
    invited: int = -1
    unsent: tuple[SendInvitations, ...] = ()
    most_requests: int = 100


class MeetingStatus(StrEnum):
    """Status of a meeting, also the value of the search attribute `MeetingStatus`."""

    PLANNED = "Planned"
    CANCELLED = "Cancelled"
    OVER = "Over"
    WITHDRAWN = "Withdrawn"


class OpenMeetings(Message):
    """Input of the periodic job that starts meeting runs.

    `first` is the first page of meetings to read. After `pages` pages a new run continues with the page `done.rest`.
    `pages` is part of the input and not of the code, because a run must keep the number that it began with.
    `looking_back` is the period in which the first run searches for lost runs.
    """

    first: NearMeetings = NearMeetings()
    looking_back: timedelta = timedelta(days=2)
    pages: int = 200
    is_first: bool = True
    done: MeetingsOpened = MeetingsOpened()


class MeetingEnding(Message):
    """Result of a run. `sequence` is the last version of the meeting, or None if the meeting did not exist."""

    status: MeetingStatus
    sequence: int | None = None
