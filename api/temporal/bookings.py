"""Requests about bookings: reserve, book, create the meeting, release.

Each request reads the database first, which answers repeats and visible conflicts without a workflow. Only the workflow
changes a booking.
"""

import hashlib
from functools import partial
from uuid import UUID, uuid4, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.resources.ownership import check_kept, check_owner, check_token, meeting_of, read_own_slot, run_of, trace_of
from api.schemas.meetings import Meeting
from api.schemas.time_slots import TimeSlot
from api.temporal.gateway import (
    IntervalGate,
    Run,
    SingleFlight,
    TemporalGateway,
    UnknownUpdate,
    answer_in_attempts,
    contended,
)
from domain.errors import BookMeError, HoldAlreadyExtended, HoldNotExtendable, TimeSlotNotBooked
from domain.meeting_errors import MeetingExists
from domain.messages.booking import BookingKey, CancelledBy, MeetingContent, WantedTimeSlot
from domain.time_slots import Interval, TimeSlotStatus
from services.booking.candidates import employee_label
from services.booking.participants import check_additional_employees
from services.booking.reservations import look, refusal_without_hold
from services.meeting.meetings import check_content, check_same
from services.meeting.rules import MeetingDetails, check_meeting, wanted_for
from storage.bookings import time_slots
from storage.bookings.time_slots import TimedSlot
from storage.configuration.lookups import require
from storage.database import Database
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import CustomerTypeRow, TopicRow
from workflows.booking.messages import (
    BookRequest,
    CreateRequest,
    ExtendRequest,
    MeetingOutcome,
    ReleaseOutcome,
    ReleaseRequest,
    ReserveRequest,
    StartBooking,
    TimeSlotOutcome,
)
from workflows.common.runs import BOOKING_WORKFLOW, booking_run_options


class Bookings:
    """Service for requests about bookings. A repeated request gets the same answer as long as the answer is true.

    Each method raises the refusals of its request, and `Unavailable` if the outcome is not known yet. `key` is the
    digest of the `Idempotency-Key`: all requests with the same key are one attempt, without a time limit.
    """

    def __init__(self, gateway: TemporalGateway, database: Database, *, show_names: bool = False) -> None:
        self._gateway = gateway
        self._database = database
        self._label = partial(employee_label, in_full=show_names)
        self._gate = IntervalGate()
        self._refusals = SingleFlight[BookMeError | None]()

    async def reserve(
        self,
        booking: BookingKey,
        wanted: WantedTimeSlot,
        key: str | None = None,
        end_user: str | None = None,
        customer_id: str | None = None,
    ) -> TimeSlot:
        """Hold the wanted time slot. `end_user` is the keyed digest of the end user.

        `customer_id` is stored with the hold. A repeat of the request does not change it.

        Of the requests for the same time in this process, one proceeds. The others wait for it, and then read again
        whether they have got or can get the time slot. `key` is the `Idempotency-Key`.
        """

        async def attempt(attempt_id: str) -> TimeSlot:
            request = ReserveRequest(
                asked=uuid4().hex, wanted=wanted, key=key, end_user=end_user, customer_id=customer_id
            )
            return await self._reserve(booking, request, attempt_id)

        time = Interval(wanted.start, wanted.end)
        resources = contended(wanted)
        while (over := self._gate.in_the_way(time, resources)) is not None:
            await over.wait()
            if (held := await self._look_again(booking, wanted)) is not None:
                return TimeSlot.stored(held)
        with self._gate.enter(time, resources):
            name = f"reserve:{key or fingerprint(wanted)}"
            return await answer_in_attempts(name, attempt, is_final=key is not None)

    async def book(self, principal: Principal, time_slot_id: UUID, token: str | None) -> TimeSlot:
        """Mark a time slot `Booked`. `token`, if given, must be the reservation token of the time slot."""

        async def attempt(attempt_id: str) -> TimeSlot:
            async with self._database.autocommit() as session:
                seen = await read_own_slot(session, principal, time_slot_id)
                check_token(seen.slot, token)
                await check_kept(session, seen)
            run = run_of(seen.slot, self._label(seen.employee_name))
            if seen.slot.status == TimeSlotStatus.BOOKED:
                return TimeSlot.stored(seen.slot)
            request = BookRequest(asked=uuid4().hex, time_slot_id=time_slot_id)
            outcome = await self._gateway.execute_update(request, attempt_id, run, TimeSlotOutcome)
            return TimeSlot.stored(outcome.time_slot)

        return await answer_in_attempts(f"book:{time_slot_id}", attempt)

    async def extend(self, principal: Principal, time_slot_id: UUID, key: str | None = None) -> TimeSlot:
        """Extend the hold of a time slot once. All requests with the same key are one extension."""
        extension_id = uuid4() if key is None else uuid5(time_slot_id, key)

        async def attempt(attempt_id: str) -> TimeSlot:
            async with self._database.autocommit() as session:
                seen = await read_own_slot(session, principal, time_slot_id)
                run = run_of(seen.slot, self._label(seen.employee_name))
                if (made := await meeting_of(session, seen.slot)) is not None:
                    raise MeetingExists(made.meeting.id)
                await check_kept(session, seen)
            if seen.slot.extension_id == extension_id:
                return TimeSlot.stored(seen.slot)
            if seen.slot.extension_id is not None:
                raise HoldAlreadyExtended(seen.slot.hold_expires_at)
            request = ExtendRequest(asked=uuid4().hex, time_slot_id=time_slot_id, extension_id=extension_id)
            try:
                outcome = await self._gateway.execute_update(request, attempt_id, run, TimeSlotOutcome)
            except UnknownUpdate as unknown:
                why = "This booking began on an earlier release of BookMe, which extends no holds"
                raise HoldNotExtendable(why) from unknown
            return TimeSlot.stored(outcome.time_slot)

        return await answer_in_attempts(f"extend:{extension_id}", attempt)

    async def create_meeting(
        self, principal: Principal, time_slot_id: UUID, content: MeetingContent, key: str | None = None
    ) -> Meeting:
        """Create the meeting of a `Booked` time slot."""

        async def attempt(attempt_id: str) -> Meeting:
            async with self._database.autocommit() as session:
                seen = await _meeting_or_slot(session, principal, time_slot_id, content)
            if isinstance(seen, Meeting):
                return seen
            run = run_of(seen.slot, self._label(seen.employee_name))
            request = CreateRequest(
                asked=uuid4().hex, time_slot_id=time_slot_id, content=content, by_staff=principal.is_staff, key=key
            )
            outcome = await self._gateway.execute_update(request, attempt_id, run, MeetingOutcome)
            return Meeting.of_snapshot(outcome.meeting)

        name = f"create_meeting:{time_slot_id}:{key or fingerprint(content)}"
        return await answer_in_attempts(name, attempt, is_final=key is not None)

    async def release(
        self, principal: Principal, time_slot_id: UUID, *, by: CancelledBy | None = None, reason: str | None = None
    ) -> None:
        """Release a time slot. A time slot that is deleted or overdue counts as released.

        `by` is published with `reason`. By default, the principal's relation to the owner is published.
        """

        async def attempt(attempt_id: str) -> None:
            async with self._database.autocommit() as session:
                seen = await time_slots.read_with_time(session, time_slot_id)
                check_owner(principal, seen.slot if seen else await trace_of(session, time_slot_id))
                if seen is None:
                    return
                if (made := await meeting_of(session, seen.slot)) is not None:
                    raise MeetingExists(made.meeting.id)
                if await time_slots.is_over(session, seen):
                    return
            request = ReleaseRequest(
                asked=uuid4().hex,
                time_slot_id=time_slot_id,
                cancelled_by=by or principal.role_towards(seen.slot.client_id),
                reason=reason,
            )
            run = run_of(seen.slot, self._label(seen.employee_name))
            await self._gateway.execute_update(request, attempt_id, run, ReleaseOutcome)

        await answer_in_attempts(f"release:{time_slot_id}", attempt)

    async def _reserve(self, booking: BookingKey, request: ReserveRequest, attempt_id: str) -> TimeSlot:
        """Return the time slot that the booking holds already, else ask the booking's run for it."""
        wanted = request.wanted
        named = ((TopicRow, wanted.topic_id), (CustomerTypeRow, wanted.customer_type_id))
        async with self._database.autocommit() as session:
            if wanted.topic_id or wanted.customer_type_id:
                await require(session, [(table, each) for table, each in named if each is not None])
            found = await look(session, booking, wanted)
        if isinstance(found, TimeSlotRow):
            if found.hold_expires_at is not None:
                # Without a run, only a later sweep would end the hold.
                await self._gateway.ensure_run(run_of(found))
            return TimeSlot.stored(found)
        run = new_run(booking, request, attempt_id, self._label(found.display_name))
        outcome = await self._gateway.execute_update(request, attempt_id, run, TimeSlotOutcome)
        return TimeSlot.stored(outcome.time_slot)

    async def _look_again(self, booking: BookingKey, wanted: WantedTimeSlot) -> TimeSlotRow | None:
        """Look for the wanted time slot after a wait, with fewer statements than the first time.

        First find the refusal that all waiters share, then read whether this booking has its time slot. In the other
        order, a repeat of this request could get the time slot between the two reads. This request would then be
        refused because of its own time slot. Each read uses one snapshot: otherwise a repeat could miss its own hold,
        and then conflict with that hold.
        """
        refused = await self._refusals.answer(wanted, lambda: self._refusal_of(wanted))
        async with self._database.snapshot() as session:
            found = await look(session, booking, wanted, refused)
        return found if isinstance(found, TimeSlotRow) else None

    async def _refusal_of(self, wanted: WantedTimeSlot) -> BookMeError | None:
        async with self._database.snapshot() as session:
            return await refusal_without_hold(session, wanted)


async def _meeting_or_slot(
    session: AsyncSession, principal: Principal, time_slot_id: UUID, content: MeetingContent
) -> Meeting | TimedSlot:
    """Return the meeting if it exists, else the time slot whose booking may create it.

    The meeting's rules are checked here, so that a visible refusal costs no step of the workflow.
    """
    seen = await read_own_slot(session, principal, time_slot_id)
    slot, by_staff = seen.slot, principal.is_staff
    if (made := await meeting_of(session, slot)) is not None:
        check_same(made.meeting, content)
        return Meeting.of_row(made.meeting)
    await check_kept(session, seen)
    if slot.status != TimeSlotStatus.BOOKED:
        raise TimeSlotNotBooked(slot.status)
    await check_content(session, content, slot)
    details = MeetingDetails.of_content(content, slot)
    asked = wanted_for(slot, details, by_staff=by_staff)
    await check_additional_employees(session, slot, details.additional_employees, by_staff=by_staff, wanted=asked)
    await check_meeting(session, slot, details, by_staff=by_staff)
    return seen


def new_run(booking: BookingKey, request: ReserveRequest, attempt_id: str, employee: str | None = None) -> Run:
    """Return the run of the booking. A new run gets the request as input, so it reserves even if the caller dies.

    `employee` is the label of the wanted employee for operators.
    """
    start = StartBooking(booking=booking, attempt=attempt_id, request=request)
    return Run(BOOKING_WORKFLOW, start, booking_run_options(booking, request.wanted, employee))


def fingerprint(content: WantedTimeSlot | MeetingContent) -> str:
    """Return a digest that identifies a request by its content."""
    return hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:32]
