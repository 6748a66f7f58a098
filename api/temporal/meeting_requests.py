"""Requests about a meeting. Each reads the database first, and may then send an update to the meeting's run.

Change    change the details, participants or room; or move the meeting to a time slot that was reserved for it
Move      move the meeting to another time slot, without a reservation before
Cancel    cancel the meeting
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.patching import PatchOperation, patched
from api.http.preconditions import Precondition
from api.resources.ownership import own_as_stored, own_meeting, read_own_slot
from api.schemas.meeting_changes import ChangeableMeeting, MoveMeeting, in_our_words
from api.schemas.meetings import CancelledMeeting, Meeting
from api.temporal.gateway import NoAnswer, TemporalGateway
from api.temporal.workflow_requests import Answer, NeedsWorkflow, WorkflowRequest
from domain.errors import MeetingChanged
from domain.messages.meeting import MeetingTerms, OpenMeeting
from storage.tables.booking import MeetingRow
from workflows.meeting.messages import (
    CancelMeetingRequest,
    ChangeMeetingRequest,
    MeetingKeptOutcome,
    MeetingRequest,
    MoveMeetingRequest,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """The meeting whose run to ask, and the request. `OfMeeting.ask` fills in the `asked` of the request."""

    meeting: OpenMeeting
    request: MeetingRequest


@dataclass(frozen=True, slots=True)
class OfMeeting(WorkflowRequest[Answer, MeetingKeptOutcome, Asking], Generic[Answer]):
    """Request about a meeting. The precondition says which versions of the meeting the request may change."""

    principal: Principal
    meeting_id: UUID
    precondition: Precondition

    @property
    def attempt(self) -> str:
        """Return a new name for each attempt. `look` recognises a change that was made before."""
        return uuid4().hex

    async def ask(self, engine: TemporalGateway, subject: Asking, attempt: str, asked: str) -> MeetingKeptOutcome:
        """Send the request to the meeting's run.

        Raises:
            NoAnswer: the meeting has just been changed. The next `look` decides if the request may still change it.

        """
        request = subject.request.model_copy(update={"asked": asked})
        try:
            return await engine.ask_meeting(subject.meeting, request, attempt)
        except MeetingChanged as changed:
            raise NoAnswer(changed.message) from changed


@dataclass(frozen=True, slots=True)
class Change(OfMeeting[Meeting]):
    """Request to change a meeting by JSON Patch."""

    patch: list[PatchOperation]

    async def look(self, session: AsyncSession) -> Meeting | NeedsWorkflow[Asking]:
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
        return NeedsWorkflow(Asking(opening(booked.meeting), request))

    async def _there(self, session: AsyncSession, terms: MeetingTerms, before: ChangeableMeeting) -> MeetingTerms:
        """Take room and additional employees from the other time slot, where the patch does not change them."""
        slot = (await read_own_slot(session, self.principal, terms.time_slot_id)).slot
        team: Sequence[UUID] = terms.additional_employees
        if slot.additional_employees and list(team) == before.additional_employees:
            team = slot.additional_employees
        found = {
            "room_id": slot.room_id if terms.room_id == before.room_id else terms.room_id,
            # An additional employee before the change may be the main employee of the other time slot.
            "additional_employees": tuple(each for each in team if each != slot.employee_id),
        }
        return terms.model_copy(update=found)

    def answer(self, told: MeetingKeptOutcome) -> Meeting:
        return Meeting.kept(told.meeting)


@dataclass(frozen=True, slots=True)
class Move(OfMeeting[Meeting]):
    """Request to move a meeting to another time slot. `key` is the digest of the `Idempotency-Key`."""

    target: MoveMeeting
    key: str | None = None

    async def look(self, session: AsyncSession) -> Meeting | NeedsWorkflow[Asking]:
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
        return NeedsWorkflow(Asking(opening(meeting), request))

    def answer(self, told: MeetingKeptOutcome) -> Meeting:
        return Meeting.kept(told.meeting)


@dataclass(frozen=True, slots=True)
class Cancel(OfMeeting[CancelledMeeting]):
    """Request to cancel a meeting. If the meeting is cancelled already, its first reason stays."""

    reason: str | None

    async def look(self, session: AsyncSession) -> CancelledMeeting | NeedsWorkflow[Asking]:
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
        return NeedsWorkflow(Asking(opening(meeting), request))

    def answer(self, told: MeetingKeptOutcome) -> CancelledMeeting:
        meeting = told.meeting
        assert meeting.cancelled_at is not None, "it was cancelled"  # noqa: S101 - for the type checker
        return CancelledMeeting(
            id=meeting.id, date_cancelled=meeting.cancelled_at, reason=self.reason, sequence=meeting.sequence
        )


def opening(meeting: MeetingRow) -> OpenMeeting:
    """Return the data with which a run of the meeting is started."""
    return OpenMeeting(
        meeting_id=meeting.id,
        client_id=meeting.client_id,
        employee_id=meeting.employee_id,
        start=meeting.start_at,
        end=meeting.end_at,
    )
