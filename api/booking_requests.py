"""The four things that a client asks of a booking: what the database says of each already, and how to ask its workflow.

Reserve          hold a time slot
Book             mark it Booked
CreateMeeting    create its meeting
Release          give it back
"""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.meeting_rules import MeetingDetails, check_meeting, wanted_for
from activities.meetings import check_content, check_same
from activities.messages import BookingName, MeetingContent, WantedTimeSlot
from activities.participants import check_additional_employees
from activities.reservations import look, refusal_of
from api.engine import Engine, StoredBooking
from api.gate import Claim
from api.ownership import booking_of, check_kept, check_owner, check_token, meeting_of, sight_own, trace_of
from api.principals import Principal
from api.schemas.meetings import Meeting
from api.schemas.time_slots import TimeSlot
from api.workflow_requests import Answer, Told, Unsettled, WorkflowRequest
from domain.errors import BookMeError, MeetingExists, TimeSlotNotBooked
from domain.time_slots import Interval, TimeSlotStatus
from storage import time_slots
from storage.booking_tables import TimeSlotRow
from storage.configuration import require
from storage.organisation_tables import CustomerTypeRow, TopicRow
from workflows.messages import (
    BookRequest,
    CreateMeetingRequest,
    MeetingOutcome,
    ReleaseOutcome,
    ReleaseRequest,
    ReserveRequest,
    TimeSlotOutcome,
)


class KeptRequest(WorkflowRequest[Answer, Told, StoredBooking], Generic[Answer, Told]):
    """A request about a time slot that a booking keeps. It looks at that time slot first."""

    @property
    def needs_one_moment(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Reserve(WorkflowRequest[TimeSlot, TimeSlotOutcome, BookingName]):
    """`key` (the digest of an `Idempotency-Key`) makes it the same attempt for ever. `end_user` is a keyed digest."""

    booking: BookingName
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

    async def look(self, session: AsyncSession) -> TimeSlot | Unsettled[BookingName]:
        told = ((TopicRow, self.wanted.topic_id), (CustomerTypeRow, self.wanted.customer_type_id))
        await require(session, [(table, each) for table, each in told if each is not None])
        return await self.look_again(session, None)

    async def look_again(self, session: AsyncSession, refused: BookMeError | None) -> TimeSlot | Unsettled[BookingName]:
        held = await look(session, self.booking, self.wanted, refused)
        return TimeSlot.stored(held) if held else Unsettled(self.booking)

    async def ask(self, engine: Engine, subject: BookingName, attempt: str, asked: str) -> TimeSlotOutcome:
        request = ReserveRequest(asked=asked, wanted=self.wanted, key=self.key, end_user=self.end_user)
        return await engine.reserve(subject, request, attempt)

    def answer(self, told: TimeSlotOutcome) -> TimeSlot:
        return TimeSlot.kept(told.time_slot)

    async def ensure_run(self, engine: Engine, answer: TimeSlot) -> None:
        """A hold without a run would be kept by nobody until a sweep finds it."""
        if answer.hold_expires_at is not None:
            await engine.ensure_run(StoredBooking(self.booking, answer.id, self.wanted))

    async def recall(self, session: AsyncSession, told: TimeSlotOutcome) -> TimeSlot | None:
        """A stored reservation is an answer while its hold lives; then a key is told what became of it."""
        seen = await time_slots.sight(session, told.time_slot.id)
        if seen is not None and not await time_slots.is_over(session, seen):
            return TimeSlot.stored(seen.slot)
        if self.key is not None:
            raise await time_slots.why_gone(session, told.time_slot.id)
        return None


@dataclass(frozen=True, slots=True)
class Book(KeptRequest[TimeSlot, TimeSlotOutcome]):
    """`token` must be the reservation's, if it is given."""

    principal: Principal
    time_slot_id: UUID
    token: str | None

    @property
    def attempt(self) -> str:
        return f"book:{self.time_slot_id}"

    async def look(self, session: AsyncSession) -> TimeSlot | Unsettled[StoredBooking]:
        seen = await sight_own(session, self.principal, self.time_slot_id)
        slot = seen.slot
        check_token(slot, self.token)
        await check_kept(session, seen)
        booking = booking_of(slot)
        return TimeSlot.stored(slot) if slot.status == TimeSlotStatus.BOOKED else Unsettled(booking)

    async def ask(self, engine: Engine, subject: StoredBooking, attempt: str, asked: str) -> TimeSlotOutcome:
        return await engine.book(subject, BookRequest(asked=asked, time_slot_id=self.time_slot_id), attempt)

    def answer(self, told: TimeSlotOutcome) -> TimeSlot:
        return TimeSlot.kept(told.time_slot)


@dataclass(frozen=True, slots=True)
class CreateMeeting(KeptRequest[Meeting, MeetingOutcome]):
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

    async def look(self, session: AsyncSession) -> Meeting | Unsettled[StoredBooking]:
        seen = await sight_own(session, self.principal, self.time_slot_id)
        slot = seen.slot
        if (made := await meeting_of(session, slot)) is not None:
            check_same(made.meeting, self.content)
            return Meeting.stored(made)
        await check_kept(session, seen)
        if slot.status != TimeSlotStatus.BOOKED:
            raise TimeSlotNotBooked(slot.status)
        await check_content(session, self.content, slot)
        await self._check_rules(session, slot)
        return Unsettled(booking_of(slot))

    async def _check_rules(self, session: AsyncSession, slot: TimeSlotRow) -> None:
        """A refusal that is visible costs no step of the workflow."""
        by_staff, details = self.principal.is_staff, MeetingDetails.of_content(self.content, slot)
        asked = wanted_for(slot, details, by_staff=by_staff)
        team = details.additional_employees
        await check_additional_employees(session, slot, team, by_staff=by_staff, asked=asked)
        await check_meeting(session, slot, details, by_staff=by_staff)

    async def ask(self, engine: Engine, subject: StoredBooking, attempt: str, asked: str) -> MeetingOutcome:
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
    """One that is gone already, or overdue, was given back."""

    principal: Principal
    time_slot_id: UUID

    @property
    def attempt(self) -> str:
        return f"release:{self.time_slot_id}"

    async def look(self, session: AsyncSession) -> GivenBack | Unsettled[StoredBooking]:
        seen = await time_slots.sight(session, self.time_slot_id)
        check_owner(self.principal, seen.slot if seen else await trace_of(session, self.time_slot_id))
        if seen is None:
            return True
        if (made := await meeting_of(session, seen.slot)) is not None:
            raise MeetingExists(made.meeting.id)
        return True if await time_slots.is_over(session, seen) else Unsettled(booking_of(seen.slot))

    async def ask(self, engine: Engine, subject: StoredBooking, attempt: str, asked: str) -> ReleaseOutcome:
        return await engine.release(subject, ReleaseRequest(asked=asked, time_slot_id=self.time_slot_id), attempt)

    def answer(self, told: ReleaseOutcome) -> GivenBack:  # noqa: ARG002 - it says nothing more
        return True


def fingerprint(content: WantedTimeSlot | MeetingContent) -> str:
    """Names a request by its content."""
    return hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:32]
