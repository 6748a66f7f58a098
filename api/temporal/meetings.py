"""Requests about meetings: change, move, cancel.

Each request reads the database first, which answers repeats without a workflow. Only the meeting's run changes it.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.patching import PatchOperation, patched
from api.http.preconditions import Precondition
from api.resources.ownership import own_as_stored, own_meeting, read_own_slot
from api.schemas.meeting_changes import ChangeableMeeting, MoveMeeting, in_our_words
from api.schemas.meetings import CancelledMeeting, Meeting
from api.temporal.gateway import NoAnswer, Run, TemporalGateway, answer_in_attempts
from domain.meeting_errors import MeetingChanged
from domain.messages.booking import CancelledBy
from domain.messages.meeting import MeetingSnapshot, MeetingTerms, OpenMeeting
from services.booking.candidates import employee_label
from storage.configuration.lookups import find_employee_name
from storage.database import Database
from storage.tables.booking import MeetingRow
from workflows.common.runs import MEETING_WORKFLOW, meeting_run_options
from workflows.meeting.messages import (
    CancelMeetingRequest,
    ChangeMeetingRequest,
    MeetingChangeOutcome,
    MeetingRequest,
    MoveMeetingRequest,
    StartMeeting,
)


class Meetings:
    """Service for requests about meetings. The precondition says which versions of the meeting a request may change.

    Each method raises the refusals of its request, and `Unavailable` if the outcome is not known yet.

    A request is sent in several attempts if needed, each with a new id, which is also the `asked` of its message. This
    is safe because every attempt first reads the meeting. If an earlier attempt has already made the change, the
    meeting is returned, and nothing is sent.
    """

    def __init__(self, gateway: TemporalGateway, database: Database, *, show_names: bool = False) -> None:
        self._gateway = gateway
        self._database = database
        self._show_names = show_names

    async def change(
        self, principal: Principal, meeting_id: UUID, precondition: Precondition, patch: list[PatchOperation]
    ) -> Meeting:
        """Change a meeting by JSON Patch."""

        async def attempt(attempt_id: str) -> Meeting:
            async with self._database.snapshot() as session:
                booked = await own_meeting(session, principal, meeting_id)
                meeting = Meeting.of_row(booked.meeting)
                before = ChangeableMeeting.of(meeting)
                wanted = patched(before, in_our_words(patch))
                terms = wanted.terms(before)
                if wanted == before and precondition.allows_repeat(meeting.sequence):
                    return meeting
                precondition.check(meeting.sequence)
                if wanted.time_slot_id != before.time_slot_id:
                    terms = await _terms_in_other_slot(session, principal, terms, before)
            request = ChangeMeetingRequest(
                asked=attempt_id, sequence=meeting.sequence, terms=terms, by_staff=principal.is_staff
            )
            return Meeting.of_snapshot(await self._ask(booked.meeting, request, attempt_id))

        return await answer_in_attempts(uuid4().hex, attempt)

    async def move(
        self,
        principal: Principal,
        meeting_id: UUID,
        precondition: Precondition,
        target: MoveMeeting,
        key: str | None = None,
    ) -> Meeting:
        """Move a meeting to another time slot. `key` is the digest of the `Idempotency-Key`."""

        async def attempt(attempt_id: str) -> Meeting:
            async with self._database.snapshot() as session:
                booked = await own_meeting(session, principal, meeting_id)
            meeting, slot = booked
            wanted = target.wanted(booked, by_staff=principal.is_staff)
            target_values = (wanted.start, wanted.end, wanted.employee_id, wanted.room_id)
            is_at_target = (slot.start_at, slot.end_at, slot.employee_id, slot.room_id) == target_values
            if is_at_target and precondition.allows_repeat(meeting.sequence):
                return Meeting.of_row(meeting)
            precondition.check(meeting.sequence)
            request = MoveMeetingRequest(asked=attempt_id, sequence=meeting.sequence, wanted=wanted, key=key)
            return Meeting.of_snapshot(await self._ask(meeting, request, attempt_id))

        return await answer_in_attempts(uuid4().hex, attempt)

    async def cancel(
        self,
        principal: Principal,
        meeting_id: UUID,
        precondition: Precondition,
        reason: str | None,
        *,
        by: CancelledBy | None = None,
    ) -> CancelledMeeting:
        """Cancel a meeting. If the meeting is cancelled already, its first reason stays.

        Events and answers name `by` as the party that cancelled. The default depends on who asks: client or staff.
        """

        async def attempt(attempt_id: str) -> CancelledMeeting:
            meeting = await self._as_stored(principal, meeting_id)
            if meeting.cancelled_at is None:
                precondition.check(meeting.sequence)
                seen = None if precondition.is_any else meeting.sequence
                by_whom = by or principal.role_towards(meeting.client_id)
                request = CancelMeetingRequest(asked=attempt_id, sequence=seen, cancelled_by=by_whom, reason=reason)
                await self._ask(meeting, request, attempt_id)
                # A concurrent request may have cancelled the meeting first, for another reason.
                meeting = await self._as_stored(principal, meeting_id)
            return cancelled(meeting)

        return await answer_in_attempts(uuid4().hex, attempt)

    async def _as_stored(self, principal: Principal, meeting_id: UUID) -> MeetingRow:
        async with self._database.autocommit() as session:
            return await own_as_stored(session, principal, meeting_id)

    async def _ask(self, meeting: MeetingRow, request: MeetingRequest, attempt_id: str) -> MeetingSnapshot:
        """Send the request to the meeting's run.

        Raises:
            NoAnswer: another request changed the meeting first. The next attempt reads the meeting again, and decides
                if this request may still change it.

        """
        async with self._database.autocommit() as session:
            name = await find_employee_name(session, meeting.employee_id)
        opened = opening(meeting, employee_label(name, in_full=self._show_names))
        run = Run(MEETING_WORKFLOW, StartMeeting(meeting_id=meeting.id), meeting_run_options(opened))
        try:
            return (await self._gateway.execute_update(request, attempt_id, run, MeetingChangeOutcome)).meeting
        except MeetingChanged as changed:
            raise NoAnswer(changed.message) from changed


async def _terms_in_other_slot(
    session: AsyncSession, principal: Principal, terms: MeetingTerms, before: ChangeableMeeting
) -> MeetingTerms:
    """Return the terms of a meeting that a patch moves to the time slot `terms.time_slot_id`.

    The room and the additional employees come from that time slot, unless the patch changes them. `before` is the
    meeting before the patch.
    """
    slot = (await read_own_slot(session, principal, terms.time_slot_id)).slot
    team: Sequence[UUID] = terms.additional_employees
    if slot.additional_employees and list(team) == before.additional_employees:
        team = slot.additional_employees
    found = {
        "room_id": slot.room_id if terms.room_id == before.room_id else terms.room_id,
        # An additional employee before the change may be the main employee of the other time slot.
        "additional_employees": tuple(each for each in team if each != slot.employee_id),
    }
    return terms.model_copy(update=found)


def cancelled(meeting: MeetingRow) -> CancelledMeeting:
    assert meeting.cancelled_at is not None, "the caller has checked"  # noqa: S101 - for the type checker
    return CancelledMeeting(
        id=meeting.id,
        date_cancelled=meeting.cancelled_at,
        cancelled_by=None if meeting.cancelled_by is None else CancelledBy(meeting.cancelled_by),
        reason=meeting.cancel_reason,
        sequence=meeting.sequence,
    )


def opening(meeting: MeetingRow, employee: str | None) -> OpenMeeting:
    """Return the data with which a run of the meeting is started. `employee` is the label of its employee."""
    return OpenMeeting(
        meeting_id=meeting.id,
        client_id=meeting.client_id,
        employee_id=meeting.employee_id,
        start=meeting.start_at,
        end=meeting.end_at,
        employee_label=employee,
    )
