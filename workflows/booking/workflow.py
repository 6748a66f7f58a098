"""The booking saga: reserve, book, create the meeting; compensate if the booking is not completed."""

import asyncio
import contextlib
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import FailureError

from activities.errors import refusal
from domain.errors import BookMeError, TooManyChanges
from domain.messages.booking import BookingSnapshot, Cancellation, ReadBooking
from workflows.booking import steps
from workflows.booking.messages import (
    BookingEnding,
    BookingStatus,
    BookRequest,
    CreateRequest,
    ExtendRequest,
    MeetingOutcome,
    Outcome,
    ReleaseOutcome,
    ReleaseRequest,
    Request,
    ReserveRequest,
    StartBooking,
    TimeSlotOutcome,
)
from workflows.booking.progress import RELEASE_CAUSES, BookingOver, Progress, classify_failure
from workflows.booking.steps import BookingSaga
from workflows.common.options import MAX_REQUESTS, TIMER_MARGIN
from workflows.common.runs import BOOKING_WORKFLOW, CLOCK_MOVED, LOOK_AGAIN
from workflows.common.saga import OutcomeUnknown, id_for, retry_through_cancellation, stop_if_cancelled
from workflows.common.status_view import clock
from workflows.common.updates import PendingUpdate, UpdateQueue, run_has_ended

Expected = TypeVar("Expected", TimeSlotOutcome, MeetingOutcome, ReleaseOutcome)


@workflow.defn(name=BOOKING_WORKFLOW)
class BookingWorkflow:
    """One booking of one client, from the reservation to the meeting.

    The run first holds the time slot until the client marks the slot Booked or the hold expires. Then the run keeps
    the slot until the client creates the meeting or the second deadline passes. If the booking is not completed, its
    steps are undone, the last step first.

    Requests arrive as updates. Their handlers only queue the request and wait; `run` takes every step. The input of a
    run already has the first reservation, or the time slot to adopt. So a run goes through its steps and ends even if
    its caller is gone.
    """

    @workflow.init
    def __init__(self, start: StartBooking) -> None:
        self._booking = start.booking
        self._requests = UpdateQueue[Request, Outcome]()
        self._progress = Progress(start.booking.client_id)
        self._saga = BookingSaga(start.booking, self._progress)
        self._unknown_outcome: OutcomeUnknown | None = None
        self._abandoned_slots: list[UUID] = []
        self._must_read_database = False
        self._adopts = start.adopts
        if start.request is not None:
            self._requests.add(start.attempt, start.request)

    @workflow.run
    async def run(self, _: StartBooking) -> BookingEnding:
        try:
            if self._adopts is None:
                await self._reserve_time_slot()
            else:
                await self._adopt_stored_booking(self._adopts)
            await self._hold_until_booked()
            await self._hold_until_meeting()
        except BookingOver as over:
            await self._undo(over.status, over.description, over.cancellation)
        except (FailureError, asyncio.CancelledError) as failure:
            await self._undo(*classify_failure(failure))
            raise
        else:
            await self._start_meeting_run()
            self._progress.show_ended()
            await self._answer_pending_requests()
        return self._progress.ending()

    @workflow.update
    async def reserve(self, request: ReserveRequest) -> TimeSlotOutcome:
        """Hold the wanted time slot, in place of a time slot that was held before."""
        return await self._wait_for_outcome(request, TimeSlotOutcome)

    @reserve.validator
    def _validate_reserve(self, request: ReserveRequest) -> None:
        """Reject another time slot after too many requests.

        The first request always passes: its rejection would leave a run that no caller knows of.
        """
        if self._requests.received > MAX_REQUESTS and not self._progress.holds_wanted(request.wanted):
            raise refusal(TooManyChanges())

    @workflow.update
    async def book(self, request: BookRequest) -> TimeSlotOutcome:
        """Mark the held time slot Booked."""
        return await self._wait_for_outcome(request, TimeSlotOutcome)

    @book.validator
    def _validate_book(self, request: BookRequest) -> None:
        self._reject_if_over(request.time_slot_id)

    @workflow.update
    async def extend(self, request: ExtendRequest) -> TimeSlotOutcome:
        """Extend the hold of the time slot, which is possible once."""
        return await self._wait_for_outcome(request, TimeSlotOutcome)

    @extend.validator
    def _validate_extend(self, request: ExtendRequest) -> None:
        self._reject_if_over(request.time_slot_id)

    @workflow.update
    async def create_meeting(self, request: CreateRequest) -> MeetingOutcome:
        """Create the meeting of the Booked time slot, which completes the run."""
        return await self._wait_for_outcome(request, MeetingOutcome)

    @create_meeting.validator
    def _validate_create_meeting(self, request: CreateRequest) -> None:
        self._reject_if_over(request.time_slot_id)

    @workflow.update
    async def release(self, request: ReleaseRequest) -> ReleaseOutcome:
        """Release the time slot, which completes the run."""
        return await self._wait_for_outcome(request, ReleaseOutcome)

    @release.validator
    def _validate_release(self, request: ReleaseRequest) -> None:
        self._reject_if_over(request.time_slot_id)

    @workflow.signal(name=LOOK_AGAIN)
    def look_again(self) -> None:
        """Make `run` read the database: a meeting was moved to the held time slot, or the slot was removed."""
        self._must_read_database = True

    @workflow.signal(name=CLOCK_MOVED)
    def clock_moved(self) -> None:
        """Make `run` read the database as at the deadline: the clock of a sandbox was moved.

        A time slot that is gone by then has expired.
        """
        self._progress.deadline = workflow.now()
        self._must_read_database = True

    @workflow.query
    def status(self) -> BookingStatus:
        """Return the status of the booking."""
        return self._progress.status

    async def _adopt_stored_booking(self, time_slot_id: UUID) -> None:
        """Continue a booking whose run is gone. The booking ends if the database has nothing of it any more."""
        self._progress.begin("taken over from the database, because its run was gone")
        which = ReadBooking(booking=self._booking, time_slot_id=time_slot_id)
        self._adopt(await steps.read_booking_for_sure(which, "What is stored of the booking?"))
        if self._progress.slot is None:
            raise BookingOver(BookingStatus.EXPIRED, "nothing of it is stored any more")

    async def _reserve_time_slot(self) -> None:
        """Serve requests until this run holds a time slot. End the run if the last request leaves it without one."""
        self._progress.begin("a time slot was asked for")
        while self._progress.slot is None:
            if attempt := self._requests.take():
                await self._serve(attempt)
            else:
                await self._adopt_hold_or_end()
            stop_if_cancelled()

    async def _adopt_hold_or_end(self) -> None:
        """End the run, because no request waits and the run knows of no time slot that it holds.

        If the result of a step never arrived, the step may have held a time slot, and the client may know of it. So
        first read the booking from the database. If a time slot is held there, adopt it and go on.

        Raises:
            BookingOver: every request was refused.
            OutcomeUnknown: the result of a step never arrived, and no time slot is held.

        """
        unknown_outcome = self._unknown_outcome
        if unknown_outcome is None:
            raise BookingOver(BookingStatus.CONFLICT, "the time slot could not be reserved")
        self._adopt(await steps.read_booking_for_sure(self._booking_to_read(), "Was the time slot held?"))
        if self._progress.slot is None:
            raise unknown_outcome

    async def _hold_until_booked(self) -> None:
        while self._progress.status is BookingStatus.RESERVED:
            await self._next_step()

    async def _hold_until_meeting(self) -> None:
        while self._progress.status is BookingStatus.BOOKED:
            await self._next_step()

    async def _next_step(self) -> None:
        """Wait for a request, a signal or the deadline, and handle the one that came."""
        await self._wait_for_request_or_deadline()
        stop_if_cancelled()
        if self._must_read_database or workflow.now() >= self._progress.deadline:
            await self._end_if_expired()
        elif attempt := self._requests.take():
            await self._serve(attempt)

    async def _wait_for_request_or_deadline(self) -> None:
        left = self._progress.deadline - workflow.now()
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self._requests) or self._must_read_database or workflow.cancellation_reason() is not None,
                timeout=max(left, timedelta(0)) + TIMER_MARGIN,
                timeout_summary=f"{self._progress.status} until {clock(self._progress.deadline)}; then it expires",
            )

    async def _end_if_expired(self) -> None:
        """Read the booking from the database, whose clock decides. End a booking that has expired or is gone."""
        self._must_read_database = False
        stored = await steps.read_booking_at_its_deadline(self._booking_to_read(), self._progress.view.show_awaited)
        if stored.time_slot is None:
            # A removed time slot never comes back, so there is nothing to undo.
            self._saga.forget()
        if stored.time_slot is None and workflow.now() < self._progress.deadline:
            raise BookingOver(BookingStatus.RELEASED, "the meeting that it was to move was cancelled")
        if stored.time_slot is None or (stored.meeting is None and not stored.time_slot.kept_for):
            raise BookingOver(BookingStatus.EXPIRED, "the deadline passed")
        self._adopt(stored)

    async def _serve(self, attempt: PendingUpdate[Request, Outcome]) -> None:
        """Serve the request and set its outcome.

        First read the booking from the database if this run may not know its state: the result of an earlier step
        never arrived, or the request does not fit the known state.

        A request that ends the booking gets no outcome here, nor does a request to a booking whose meeting already
        exists. `_answer_pending_requests` answers both at the end of `run`.
        """
        try:
            with attempt.in_its_context():
                if self._unknown_outcome is not None or not self._progress.expects(attempt.request):
                    self._adopt(await steps.read_booking(self._booking_to_read()))
                if self._progress.meeting is None:
                    attempt.succeed(await self._saga.perform(attempt.request))
        except BookMeError as error:
            attempt.fail(refusal(error))
        except OutcomeUnknown as unknown_outcome:
            self._note_unknown_outcome(attempt.request, unknown_outcome)
            attempt.fail(unknown_outcome)

    def _note_unknown_outcome(self, request: Request, unknown_outcome: OutcomeUnknown) -> None:
        """Note that it is unknown whether the step was done, until the database is read."""
        self._unknown_outcome = unknown_outcome
        if isinstance(request, ReserveRequest):
            self._abandoned_slots.append(id_for(request))

    def _adopt(self, stored: BookingSnapshot) -> None:
        self._unknown_outcome, self._abandoned_slots = None, []
        self._saga.adopt(stored)

    def _booking_to_read(self) -> ReadBooking:
        slot = self._progress.slot
        known = slot.id if slot else None
        return ReadBooking(booking=self._booking, time_slot_id=known, given_up=tuple(self._abandoned_slots))

    async def _start_meeting_run(self) -> None:
        """Start the meeting's run if the run has work soon.

        Otherwise a periodic job starts the run when the meeting is near.
        """
        meeting, slot = self._progress.meeting, self._progress.slot
        if meeting is not None and meeting.wants_run:
            label, show = slot.employee_label if slot else None, self._progress.view.show_awaited
            await retry_through_cancellation(lambda: steps.open_meeting(self._booking, meeting, label, show))

    async def _undo(self, status: BookingStatus, description: str, cancellation: Cancellation | None = None) -> None:
        """End the booking and undo all its steps, the last step first."""
        self._progress.end(status, description, cancellation)
        await self._saga.compensate()
        self._progress.show_undone()
        await self._answer_pending_requests()

    async def _answer_pending_requests(self) -> None:
        await self._requests.answer_all(self._answer_that_it_is_over)

    def _answer_that_it_is_over(self, attempt: PendingUpdate[Request, Outcome]) -> None:
        if isinstance(attempt.request, ReleaseRequest) and self._progress.meeting is None:
            attempt.succeed(ReleaseOutcome(asked=attempt.request.asked))
        else:
            attempt.fail(run_has_ended())

    async def _wait_for_outcome(self, request: Request, expected: type[Expected]) -> Expected:
        outcome = await self._requests.wait_for_outcome(request)
        assert isinstance(outcome, expected), "each request has its kind of outcome"  # noqa: S101
        return outcome

    def _reject_if_over(self, time_slot_id: UUID) -> None:
        """Reject a request about a time slot that the compensations release.

        Accept every other request, because the database may have newer data than this run.
        """
        if self._progress.status in RELEASE_CAUSES:
            try:
                self._progress.require_slot(time_slot_id)
            except BookMeError as error:
                raise refusal(error) from error
