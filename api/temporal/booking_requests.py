"""Requests about a booking. Each reads the database first, and may then send an update to the workflow.

Reserve          hold a time slot
Book             mark the time slot Booked
CreateMeeting    create the meeting of the time slot
Release          give the time slot back
"""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.resources.ownership import (
    booking_of,
    check_kept,
    check_owner,
    check_token,
    meeting_of,
    read_own_slot,
    trace_of,
)
from api.schemas.meetings import Meeting
from api.schemas.time_slots import TimeSlot
from api.temporal.gateway import StoredBooking, TemporalGateway
from api.temporal.interval_gate import Claim
from api.temporal.workflow_requests import Answer, NeedsWorkflow, Told, WorkflowRequest
from domain.errors import BookMeError, MeetingExists, TimeSlotNotBooked
from domain.messages.booking import BookingKey, MeetingContent, WantedTimeSlot
from domain.time_slots import Interval, TimeSlotStatus
from services.booking.participants import check_additional_employees
from services.booking.reservations import look, refusal_of
from services.meeting.meetings import check_content, check_same
from services.meeting.rules import MeetingDetails, check_meeting, wanted_for
from storage.bookings import time_slots
from storage.configuration.lookups import require
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import CustomerTypeRow, TopicRow
from workflows.booking.messages import (
    BookRequest,
    CreateMeetingRequest,
    MeetingOutcome,
    ReleaseOutcome,
    ReleaseRequest,
    ReserveRequest,
    TimeSlotOutcome,
)


class KeptRequest(WorkflowRequest[Answer, Told, StoredBooking], Generic[Answer, Told]):
    """Request about a time slot that a booking has. `look` reads that time slot before anything else."""

    @property
    def needs_one_moment(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Reserve(WorkflowRequest[TimeSlot, TimeSlotOutcome, BookingKey]):
    """Request to hold a time slot.

    `key` is the digest of the `Idempotency-Key`. All requests with the same key are one attempt, without a time limit.
    `end_user` is the keyed digest of the end user.
    """

    booking: BookingKey
    wanted: WantedTimeSlot
    key: str | None
    end_user: str | None = None

    @property
    def is_final(self) -> bool:
        return self.key is not None

    @property
    def attempt(self) -> str:
        return f"reserve:{self.key or fingerprint(self.wanted)}"

    @property
    def needs_one_moment(self) -> bool:
        return False

    @property
    def claim(self) -> Claim:
        wanted = self.wanted
        employees = (("employee", each) for each in (wanted.employee_id, *wanted.additional_employees))
        room = () if wanted.room_id is None else (("room", wanted.room_id),)
        return Claim(Interval(wanted.start, wanted.end), (*employees, *room))

    @property
    def wish(self) -> Hashable:
        return self.wanted

    async def find_refusal(self, session: AsyncSession) -> BookMeError | None:
        return await refusal_of(session, self.wanted)

    async def look(self, session: AsyncSession) -> TimeSlot | NeedsWorkflow[BookingKey]:
        told = ((TopicRow, self.wanted.topic_id), (CustomerTypeRow, self.wanted.customer_type_id))
        await require(session, [(table, each) for table, each in told if each is not None])
        return await self.look_again(session, None)

    async def look_again(
        self, session: AsyncSession, refused: BookMeError | None
    ) -> TimeSlot | NeedsWorkflow[BookingKey]:
        held = await look(session, self.booking, self.wanted, refused)
        return TimeSlot.stored(held) if held else NeedsWorkflow(self.booking)

    async def ask(self, engine: TemporalGateway, subject: BookingKey, attempt: str, asked: str) -> TimeSlotOutcome:
        request = ReserveRequest(asked=asked, wanted=self.wanted, key=self.key, end_user=self.end_user)
        return await engine.reserve(subject, request, attempt)

    def answer(self, told: TimeSlotOutcome) -> TimeSlot:
        return TimeSlot.kept(told.time_slot)

    async def ensure_run(self, engine: TemporalGateway, answer: TimeSlot) -> None:
        """Start the run of a hold if the run is gone. Without a run, only a later sweep would end the hold."""
        if answer.hold_expires_at is not None:
            await engine.ensure_run(StoredBooking(self.booking, answer.id, self.wanted))

    async def recall(self, session: AsyncSession, told: TimeSlotOutcome) -> TimeSlot | None:
        """Return the stored reservation, or None if it has ended and the request has no key.

        Raises:
            BookMeError: the reservation has ended and the request has a key; the error says why it ended.

        """
        seen = await time_slots.read_with_time(session, told.time_slot.id)
        if seen is not None and not await time_slots.is_over(session, seen):
            return TimeSlot.stored(seen.slot)
        if self.key is not None:
            raise await time_slots.why_gone(session, told.time_slot.id)
        return None


@dataclass(frozen=True, slots=True)
class Book(KeptRequest[TimeSlot, TimeSlotOutcome]):
    """Request to mark a time slot `Booked`. `token`, if given, must be the reservation token of the time slot."""

    principal: Principal
    time_slot_id: UUID
    token: str | None

    @property
    def attempt(self) -> str:
        return f"book:{self.time_slot_id}"

    async def look(self, session: AsyncSession) -> TimeSlot | NeedsWorkflow[StoredBooking]:
        seen = await read_own_slot(session, self.principal, self.time_slot_id)
        slot = seen.slot
        check_token(slot, self.token)
        await check_kept(session, seen)
        booking = booking_of(slot)
        return TimeSlot.stored(slot) if slot.status == TimeSlotStatus.BOOKED else NeedsWorkflow(booking)

    async def ask(self, engine: TemporalGateway, subject: StoredBooking, attempt: str, asked: str) -> TimeSlotOutcome:
        return await engine.book(subject, BookRequest(asked=asked, time_slot_id=self.time_slot_id), attempt)

    def answer(self, told: TimeSlotOutcome) -> TimeSlot:
        return TimeSlot.kept(told.time_slot)


@dataclass(frozen=True, slots=True)
class CreateMeeting(KeptRequest[Meeting, MeetingOutcome]):
    """Request to create the meeting of a `Booked` time slot. `key` is the digest of the `Idempotency-Key`."""

    principal: Principal
    time_slot_id: UUID
    content: MeetingContent
    key: str | None

    @property
    def is_final(self) -> bool:
        return self.key is not None

    @property
    def attempt(self) -> str:
        return f"create_meeting:{self.time_slot_id}:{self.key or fingerprint(self.content)}"

    async def look(self, session: AsyncSession) -> Meeting | NeedsWorkflow[StoredBooking]:
        seen = await read_own_slot(session, self.principal, self.time_slot_id)
        slot = seen.slot
        if (made := await meeting_of(session, slot)) is not None:
            check_same(made.meeting, self.content)
            return Meeting.stored(made)
        await check_kept(session, seen)
        if slot.status != TimeSlotStatus.BOOKED:
            raise TimeSlotNotBooked(slot.status)
        await check_content(session, self.content, slot)
        await self._check_rules(session, slot)
        return NeedsWorkflow(booking_of(slot))

    async def _check_rules(self, session: AsyncSession, slot: TimeSlotRow) -> None:
        """Check the meeting's rules here, so that a visible refusal costs no step of the workflow."""
        by_staff, details = self.principal.is_staff, MeetingDetails.of_content(self.content, slot)
        asked = wanted_for(slot, details, by_staff=by_staff)
        team = details.additional_employees
        await check_additional_employees(session, slot, team, by_staff=by_staff, asked=asked)
        await check_meeting(session, slot, details, by_staff=by_staff)

    async def ask(self, engine: TemporalGateway, subject: StoredBooking, attempt: str, asked: str) -> MeetingOutcome:
        request = CreateMeetingRequest(
            asked=asked,
            time_slot_id=self.time_slot_id,
            content=self.content,
            by_staff=self.principal.is_staff,
            key=self.key,
        )
        return await engine.create_meeting(subject, request, attempt)

    def answer(self, told: MeetingOutcome) -> Meeting:
        return Meeting.created(told.meeting)


GivenBack = Literal[True]


@dataclass(frozen=True, slots=True)
class Release(KeptRequest[GivenBack, ReleaseOutcome]):
    """Request to release a time slot. A time slot that is deleted or overdue counts as released."""

    principal: Principal
    time_slot_id: UUID

    @property
    def attempt(self) -> str:
        return f"release:{self.time_slot_id}"

    async def look(self, session: AsyncSession) -> GivenBack | NeedsWorkflow[StoredBooking]:
        seen = await time_slots.read_with_time(session, self.time_slot_id)
        check_owner(self.principal, seen.slot if seen else await trace_of(session, self.time_slot_id))
        if seen is None:
            return True
        if (made := await meeting_of(session, seen.slot)) is not None:
            raise MeetingExists(made.meeting.id)
        return True if await time_slots.is_over(session, seen) else NeedsWorkflow(booking_of(seen.slot))

    async def ask(self, engine: TemporalGateway, subject: StoredBooking, attempt: str, asked: str) -> ReleaseOutcome:
        return await engine.release(subject, ReleaseRequest(asked=asked, time_slot_id=self.time_slot_id), attempt)

    def answer(self, told: ReleaseOutcome) -> GivenBack:  # noqa: ARG002 - the outcome of a release has no content
        return True


def fingerprint(content: WantedTimeSlot | MeetingContent) -> str:
    """Return a digest that identifies a request by its content."""
    return hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:32]
