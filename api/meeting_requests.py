"""The three things that a client asks of a meeting: what the database says of each already, and how to ask its run.

Change    change what is said of it, who takes part, its room; or take it to a time slot that was reserved for that
Move      move it to another time slot, in one go
Cancel    cancel it
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from activities.meeting_messages import MeetingTerms, OpenMeeting
from api.engine import Engine, NoAnswer
from api.ownership import own_as_stored, own_meeting, sight_own
from api.patching import PatchOperation, patched
from api.preconditions import Precondition
from api.principals import Principal
from api.schemas.meeting_changes import ChangeableMeeting, MoveMeeting, in_our_words
from api.schemas.meetings import CancelledMeeting, Meeting
from api.workflow_requests import Answer, Unsettled, WorkflowRequest
from domain.errors import MeetingChanged
from storage.booking_tables import MeetingRow
from workflows.meeting_messages import (
    CancelMeetingRequest,
    ChangeMeetingRequest,
    MeetingKeptOutcome,
    MeetingRequest,
    MoveMeetingRequest,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """Which meeting's run to ask, and what. Whoever asks is named when it is asked."""

    meeting: OpenMeeting
    request: MeetingRequest


@dataclass(frozen=True, slots=True)
class OfMeeting(WorkflowRequest[Answer, MeetingKeptOutcome, Asking], Generic[Answer]):
    """What is asked of the meeting in the version that the precondition allows."""

    principal: Principal
    meeting_id: UUID
    precondition: Precondition

    @property
    def attempt(self) -> str:
        """Each its own: what was done already is seen when it is looked at."""
        return uuid4().hex

    async def ask(self, engine: Engine, subject: Asking, attempt: str, asked: str) -> MeetingKeptOutcome:
        """Ask the run.

        Raises:
            NoAnswer: the meeting has just been changed. Another look tells whether this request may still change it.

        """
        request = subject.request.model_copy(update={"asked": asked})
        try:
            return await engine.ask_meeting(subject.meeting, request, attempt)
        except MeetingChanged as changed:
            raise NoAnswer(changed.message) from changed


@dataclass(frozen=True, slots=True)
class Change(OfMeeting[Meeting]):
    patch: list[PatchOperation]

    async def look(self, session: AsyncSession) -> Meeting | Unsettled[Asking]:
        booked = await own_meeting(session, self.principal, self.meeting_id)
        meeting = Meeting.stored(booked)
        before = ChangeableMeeting.of(meeting)
        wanted = patched(before, in_our_words(self.patch))
        terms = wanted.terms(before)
        if wanted == before and self.precondition.allows_repeat(meeting.sequence):
            return meeting
        self.precondition.check(meeting.sequence)
        if wanted.time_slot_id != before.time_slot_id:
            terms = await self._there(session, terms, before)
        request = ChangeMeetingRequest(
            asked="", sequence=meeting.sequence, terms=terms, by_staff=self.principal.is_staff
        )
        return Unsettled(Asking(opening(booked.meeting), request))

    async def _there(self, session: AsyncSession, terms: MeetingTerms, before: ChangeableMeeting) -> MeetingTerms:
        """What was reserved with the other time slot holds, unless the patch says otherwise."""
        slot = (await sight_own(session, self.principal, terms.time_slot_id)).slot
        team: Sequence[UUID] = terms.additional_employees
        if slot.additional_employees and list(team) == before.additional_employees:
            team = slot.additional_employees
        found = {
            "room_id": slot.room_id if terms.room_id == before.room_id else terms.room_id,
            # Whoever was an additional employee may be the one whom the customer meets there.
            "additional_employees": tuple(each for each in team if each != slot.employee_id),
        }
        return terms.model_copy(update=found)

    def answer(self, told: MeetingKeptOutcome) -> Meeting:
        return Meeting.kept(told.meeting)


@dataclass(frozen=True, slots=True)
class Move(OfMeeting[Meeting]):
    target: MoveMeeting
    key: str | None = None

    async def look(self, session: AsyncSession) -> Meeting | Unsettled[Asking]:
        booked = await own_meeting(session, self.principal, self.meeting_id)
        meeting, slot = booked
        wanted = self.target.wanted(booked, by_staff=self.principal.is_staff)
        is_there = (slot.start_at, slot.end_at, slot.employee_id, slot.room_id) == (
            wanted.start,
            wanted.end,
            wanted.employee_id,
            wanted.room_id,
        )
        if is_there and self.precondition.allows_repeat(meeting.sequence):
            return Meeting.stored(booked)
        self.precondition.check(meeting.sequence)
        request = MoveMeetingRequest(asked="", sequence=meeting.sequence, wanted=wanted, key=self.key)
        return Unsettled(Asking(opening(meeting), request))

    def answer(self, told: MeetingKeptOutcome) -> Meeting:
        return Meeting.kept(told.meeting)


@dataclass(frozen=True, slots=True)
class Cancel(OfMeeting[CancelledMeeting]):
    """One that was cancelled already stays so, for the reason that was said then."""

    reason: str | None

    async def look(self, session: AsyncSession) -> CancelledMeeting | Unsettled[Asking]:
        meeting = await own_as_stored(session, self.principal, self.meeting_id)
        if meeting.cancelled_at is not None:
            return CancelledMeeting(
                id=meeting.id,
                date_cancelled=meeting.cancelled_at,
                reason=meeting.cancel_reason,
                sequence=meeting.sequence,
            )
        self.precondition.check(meeting.sequence)
        seen = None if self.precondition.is_any else meeting.sequence
        request = CancelMeetingRequest(asked="", sequence=seen, reason=self.reason)
        return Unsettled(Asking(opening(meeting), request))

    def answer(self, told: MeetingKeptOutcome) -> CancelledMeeting:
        meeting = told.meeting
        assert meeting.cancelled_at is not None, "it was cancelled"  # noqa: S101 - for the type checker
        return CancelledMeeting(
            id=meeting.id, date_cancelled=meeting.cancelled_at, reason=self.reason, sequence=meeting.sequence
        )


def opening(meeting: MeetingRow) -> OpenMeeting:
    """What a run of it would be started with."""
    return OpenMeeting(
        meeting_id=meeting.id,
        client_id=meeting.client_id,
        employee_id=meeting.employee_id,
        start=meeting.start_at,
        end=meeting.end_at,
    )
