"""The meeting workflow: changes, moves, reminders, mails and cancellation of a meeting until it is over."""

import asyncio
import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.errors import refusal
from domain.errors import BookMeError
from domain.messages.booking import Cancellation, CancelledBy
from domain.messages.meeting import (
    CancelMeetingStep,
    ChangeMeetingStep,
    MeetingSnapshot,
    MoveMeetingStep,
    ReadMeeting,
    RemindOf,
    SendInvitations,
)
from workflows.common.options import TIMER_MARGIN
from workflows.common.runs import ACKNOWLEDGE, CLOCK_MOVED, MEETING_WORKFLOW, SEND_AGAIN
from workflows.common.saga import OutcomeUnknown, id_for, retry_through_cancellation, stop_if_cancelled
from workflows.common.status_view import in_words
from workflows.common.updates import PendingUpdate, UpdateQueue, run_has_ended
from workflows.meeting import steps
from workflows.meeting.invitations import Invitations
from workflows.meeting.messages import (
    UPDATES,
    CancelMeetingRequest,
    ChangeMeetingRequest,
    MeetingChangeOutcome,
    MeetingEnding,
    MeetingRequest,
    MeetingStatus,
    MoveMeetingRequest,
    StartMeeting,
)
from workflows.meeting.progress import MeetingProgress


@workflow.defn(name=MEETING_WORKFLOW)
class MeetingWorkflow:
    """One meeting, from its creation until it is over or cancelled.

    The database stores the meeting. The run takes every step that changes the meeting, one after the other. The run
    also triggers the reminders and sends the mails. A cancellation of the run cancels the meeting.

    Requests arrive as updates, whose handlers only queue the request and wait. A run may be started at any time,
    because each run first reads the meeting.
    """

    @workflow.init
    def __init__(self, start: StartMeeting) -> None:
        self._meeting_id = start.meeting_id
        self._max_requests = start.most_requests
        self._requests = UpdateQueue[MeetingRequest, MeetingChangeOutcome]()
        self._progress = MeetingProgress()
        self._must_read_meeting = False
        self._invitations = Invitations(start, self._progress.set_operator_needed, self._progress.clear_operator_needed)

    @workflow.run
    async def run(self, _: StartMeeting) -> MeetingEnding:
        mailing = asyncio.create_task(self._invitations.send_all())
        try:
            await self._read_meeting()
            await self._serve_until_over()
        except (FailureError, asyncio.CancelledError) as failure:
            if not is_cancelled_exception(failure):
                raise
            await self._cancel_for_the_operator()
        await self._requests.answer_all(lambda attempt: attempt.fail(run_has_ended()))
        if not self._invitations.are_all_sent:
            self._progress.show_awaited_mails()
        await self._invitations.wait_until_sent()
        self._progress.show_ended()
        mailing.cancel()
        return self._progress.ending()

    @workflow.update(name=UPDATES[ChangeMeetingRequest])
    async def change(self, request: ChangeMeetingRequest) -> MeetingChangeOutcome:
        """Change the details, the employees or the room of the meeting, or move it to a time slot held for that."""
        return await self._requests.wait_for_outcome(request)

    @workflow.update(name=UPDATES[MoveMeetingRequest])
    async def move(self, request: MoveMeetingRequest) -> MeetingChangeOutcome:
        """Reserve another time slot and move the meeting there, both in one transaction."""
        return await self._requests.wait_for_outcome(request)

    @workflow.update(name=UPDATES[CancelMeetingRequest])
    async def cancel(self, request: CancelMeetingRequest) -> MeetingChangeOutcome:
        """Cancel the meeting, which completes the run."""
        return await self._requests.wait_for_outcome(request)

    @workflow.signal(name=SEND_AGAIN)
    def send_again(self, mails: SendInvitations) -> None:
        """Send the pending mails of a version again, because an operator has made failed mails pending."""
        self._invitations.queue_again(mails)

    @workflow.signal(name=CLOCK_MOVED)
    def clock_moved(self) -> None:
        """Make `run` read the meeting and the clock of the sandbox, because the clock was moved."""
        self._must_read_meeting = True

    @workflow.update(name=ACKNOWLEDGE)
    def acknowledge(self) -> None:
        """Clear the search attribute `NeedsOperator`, because an operator has dealt with the failure."""
        self._progress.clear_operator_needed()

    @workflow.query
    def status(self) -> MeetingStatus:
        """Return the status of the meeting."""
        return self._progress.status

    async def _read_meeting(self) -> None:
        self._must_read_meeting = False
        which = ReadMeeting(meeting_id=self._meeting_id)
        found = (await steps.read_meeting(which, self._progress.view.show_awaited)).meeting
        if found is None:
            self._progress.end(MeetingStatus.WITHDRAWN)
        else:
            self._store_meeting(found)

    def _store_meeting(self, meeting: MeetingSnapshot) -> None:
        """Take over the current state of the meeting, and queue the mails about it."""
        before = self._progress.meeting
        self._progress.store_meeting(meeting)
        self._invitations.queue(meeting, before.team - meeting.team if before else frozenset())

    async def _serve_until_over(self) -> None:
        while self._progress.status is MeetingStatus.PLANNED:
            await self._wait_for_request_or_next_instant()
            stop_if_cancelled()
            if attempt := self._requests.take():
                await self._serve(attempt)
            elif self._must_read_meeting or self._progress.take_due_check():
                await self._read_meeting()
            elif reminder := self._progress.take_due_reminder():
                await self._remind(reminder.before)
            elif self._progress.now >= self._progress.next_instant:
                self._progress.end(MeetingStatus.OVER)
            await self._continue_as_new_if_long()

    async def _wait_for_request_or_next_instant(self) -> None:
        """Wait for a request or the time of the next work.

        In a sandbox, due work begins without a timer: Temporal's timers may be a second late, and each signal of a
        moved clock would start another one.
        """
        self._progress.show_awaited_work()
        left = self._progress.next_instant - self._progress.now
        if left <= timedelta(0) and self._progress.is_ahead:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self._requests) or self._must_read_meeting or workflow.cancellation_reason() is not None,
                timeout=max(left, timedelta(0)) + TIMER_MARGIN,
                timeout_summary=f"Until {self._progress.awaited}",
            )

    async def _serve(self, attempt: PendingUpdate[MeetingRequest, MeetingChangeOutcome]) -> None:
        """Serve the request and set its outcome. If its result never arrived, read the meeting from the database."""
        try:
            with attempt.in_its_context():
                meeting = await self._perform(attempt.request)
        except BookMeError as error:
            attempt.fail(refusal(error))
        except OutcomeUnknown as unknown_outcome:
            attempt.fail(unknown_outcome)
            self._progress.plan_checks()
            await self._read_meeting()
        else:
            self._store_meeting(meeting)
            attempt.succeed(MeetingChangeOutcome(asked=attempt.request.asked, meeting=meeting))
            await self._signal_bookings(meeting)

    async def _signal_bookings(self, meeting: MeetingSnapshot) -> None:
        """Make the affected bookings read the database and end.

        They are the booking whose time slot the meeting was moved to, and bookings whose holds the change removed.
        """
        for booking in (*filter(None, [meeting.moved_by]), *meeting.freed):
            await steps.signal_booking(booking)

    async def _perform(self, request: MeetingRequest) -> MeetingSnapshot:
        match request:
            case ChangeMeetingRequest():
                return await steps.change_meeting(self._change(request))
            case MoveMeetingRequest():
                return await steps.move_meeting(self._move(request))
            case CancelMeetingRequest():
                self._progress.expect_cancellation(request)
                return await steps.cancel_meeting(self._cancellation(request))

    def _change(self, request: ChangeMeetingRequest) -> ChangeMeetingStep:
        return ChangeMeetingStep(
            step_id=id_for(request),
            meeting_id=self._meeting_id,
            sequence=request.sequence,
            terms=request.terms,
            by_staff=request.by_staff,
        )

    def _move(self, request: MoveMeetingRequest) -> MoveMeetingStep:
        return MoveMeetingStep(
            meeting_id=self._meeting_id,
            sequence=request.sequence,
            time_slot_id=id_for(request),
            wanted=request.wanted,
            key=request.key,
        )

    def _cancellation(self, request: CancelMeetingRequest) -> CancelMeetingStep:
        return CancelMeetingStep(
            meeting_id=self._meeting_id,
            sequence=request.sequence,
            cancelled_by=request.cancelled_by,
            reason=request.reason,
        )

    async def _remind(self, before: str) -> None:
        assert self._progress.meeting is not None, "while it is planned"  # noqa: S101 - for the type checker
        start = self._progress.meeting.start
        await steps.remind_of(RemindOf(meeting_id=self._meeting_id, start=start, before=before))
        self._progress.view.add_line(f"reminder {in_words(before)} before")

    async def _cancel_for_the_operator(self) -> None:
        """Cancel the meeting of a cancelled run. A meeting that has begun cannot be cancelled: only the run ends."""
        step = CancelMeetingStep(
            meeting_id=self._meeting_id, cancelled_by=CancelledBy.OPERATOR, reason="cancelled by an operator"
        )
        self._progress.expect_cancellation(Cancellation(cancelled_by=CancelledBy.OPERATOR))
        self._progress.view.show_awaited("the cancellation of the meeting; a pending activity shows what delays it.")
        with contextlib.suppress(BookMeError):
            cancelled = await retry_through_cancellation(lambda: steps.cancel_meeting_for_sure(step))
            self._store_meeting(cancelled)
            await retry_through_cancellation(lambda: self._signal_bookings(cancelled))

    async def _continue_as_new_if_long(self) -> None:
        is_long = self._requests.received >= self._max_requests or workflow.info().is_continue_as_new_suggested()
        if is_long and self._progress.status is MeetingStatus.PLANNED and not self._progress.has_planned_checks:
            await workflow.wait_condition(lambda: bool(self._requests) or workflow.all_handlers_finished())
            stop_if_cancelled()
            if not self._requests:
                self._progress.show_next_run()
                workflow.continue_as_new(self._invitations.next_input())
