"""Steps of the booking workflow, and the saga that serves the requests with them and compensates them."""

from collections.abc import Callable
from uuid import UUID

from temporalio import workflow

from activities.signatures import BookingSteps, MeetingOpening
from domain.errors import TimeSlotAlreadyBooked, TimeSlotNotBooked
from domain.messages.booking import (
    BookingKey,
    BookingSnapshot,
    BookTimeSlot,
    Cancellation,
    CancelledBy,
    CreateMeetingStep,
    ExtendHold,
    MeetingCreated,
    ReadBooking,
    ReleaseCause,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotSnapshot,
    WithdrawMeeting,
)
from domain.messages.meeting import OpenMeeting
from workflows.booking.messages import (
    BookingStatus,
    BookRequest,
    CreateRequest,
    ExtendRequest,
    MeetingOutcome,
    Outcome,
    ReleaseRequest,
    Request,
    ReserveRequest,
    TimeSlotOutcome,
)
from workflows.booking.progress import RELEASE_CAUSES, BookingOver, Progress
from workflows.common.options import UNDO
from workflows.common.saga import Compensation, Saga, forward, id_for, run_until_done, with_summary
from workflows.common.status_view import WHO, reason_note


class BookingSaga:
    """Steps of one booking and their compensations. The results of the steps are stored in its `Progress`."""

    def __init__(self, booking: BookingKey, progress: Progress) -> None:
        self._booking = booking
        self._progress = progress
        self._undo = Saga()

    async def perform(self, request: Request) -> Outcome:
        """Serve the request.

        Raises:
            BookMeError: the request was refused and has changed nothing.
            OutcomeUnknown: the run stopped retrying a step, and it is unknown if the step was done. The caller must
                read the booking from the database and `adopt` it.
            BookingOver: the request ends the booking.

        """
        match request:
            case ReserveRequest():
                return await self._reserve(request)
            case BookRequest():
                return await self._book(request)
            case ExtendRequest():
                return await self._extend(request)
            case CreateRequest():
                return await self._create_meeting(request)
            case ReleaseRequest():
                self._progress.require_slot(request.time_slot_id)
                raise _ending(request)

    def adopt(self, stored: BookingSnapshot) -> None:
        """Take over the state that the database has of this booking.

        Raises:
            BookingOver: this run had a time slot, and the database has none any more.

        """
        if stored.time_slot is None:
            if self._progress.slot is not None:
                raise BookingOver(BookingStatus.EXPIRED, "the hold had expired, and its time slot is gone")
            return
        if self._progress.slot is None or stored.time_slot.id != self._progress.slot.id:
            self._undo.keep_only(self._release_of(stored.time_slot.id))
        if stored.meeting is None:
            self._progress.store_slot(stored.time_slot, "kept")
        else:
            self._progress.complete_with(stored.meeting, stored.time_slot)

    def forget(self) -> None:
        """Drop all compensations, because nothing of the booking is stored any more."""
        self._undo.keep_only()

    async def compensate(self) -> None:
        """Run all compensations, the one of the last step first."""
        await self._undo.compensate()

    async def _reserve(self, request: ReserveRequest) -> TimeSlotOutcome:
        slot = self._progress.slot
        if slot is None or not self._progress.holds_wanted(request.wanted):
            if slot is not None and self._progress.status is BookingStatus.BOOKED:
                raise TimeSlotAlreadyBooked(slot.id)
            before, slot = slot, await self._reserve_time_slot(request)
            self._progress.store_slot(slot, "held in place of the one before" if before else "held")
        return TimeSlotOutcome(asked=request.asked, time_slot=slot)

    async def _reserve_time_slot(self, request: ReserveRequest) -> TimeSlotSnapshot:
        slot_id = id_for(request)
        step = ReserveTimeSlot(
            booking=self._booking,
            time_slot_id=slot_id,
            booking_key=slot_id,
            wanted=request.wanted,
            asked_at=workflow.now(),
            key=request.key,
            end_user=request.end_user,
            customer_id=request.customer_id,
        )
        undo = self._release_of(slot_id)
        with self._undo.compensated_by(undo):
            slot = await reserve_time_slot(step)
        self._undo.keep_only(undo)
        return slot

    async def _book(self, request: BookRequest) -> TimeSlotOutcome:
        slot = self._progress.require_slot(request.time_slot_id)
        if self._progress.status is BookingStatus.RESERVED:
            slot = await book_time_slot(BookTimeSlot(time_slot_id=slot.id, version=slot.version))
            self._progress.store_slot(slot, "booked")
        return TimeSlotOutcome(asked=request.asked, time_slot=slot)

    async def _extend(self, request: ExtendRequest) -> TimeSlotOutcome:
        slot = self._progress.require_slot(request.time_slot_id)
        step = ExtendHold(time_slot_id=slot.id, version=slot.version, extension_id=request.extension_id)
        slot = await extend_hold(step)
        self._progress.store_slot(slot, "held for longer")
        return TimeSlotOutcome(asked=request.asked, time_slot=slot)

    async def _create_meeting(self, request: CreateRequest) -> MeetingOutcome:
        slot = self._progress.require_slot(request.time_slot_id)
        if self._progress.status is not BookingStatus.BOOKED:
            raise TimeSlotNotBooked(slot.status)
        step = CreateMeetingStep(
            step_id=id_for(request),
            meeting_id=workflow.uuid4(),
            time_slot_id=slot.id,
            version=slot.version,
            content=request.content,
            by_staff=request.by_staff,
            key=request.key,
        )
        with self._undo.compensated_by(lambda: self._withdraw_meeting(step)):
            meeting = await create_meeting(step)
        self._progress.complete_with(meeting, slot)
        return MeetingOutcome(asked=request.asked, meeting=meeting)

    async def _withdraw_meeting(self, made: CreateMeetingStep) -> None:
        who = self._progress.cancellation.model_dump()
        await withdraw_meeting(WithdrawMeeting(meeting_id=made.meeting_id, time_slot_id=made.time_slot_id, **who))

    def _release_of(self, time_slot_id: UUID) -> Compensation:
        async def undo() -> None:
            cause = RELEASE_CAUSES.get(self._progress.status, ReleaseCause.FAILED)
            who = self._progress.cancellation.model_dump()
            await release_time_slot(ReleaseTimeSlot(time_slot_id=time_slot_id, cause=cause, **who))

        return undo


def _ending(request: ReleaseRequest) -> BookingOver:
    """Return the ending that the release leads to. An operator's release ends the booking as a cancelled run does."""
    cancellation = Cancellation(cancelled_by=request.cancelled_by, reason=request.reason)
    who, note = WHO[request.cancelled_by or CancelledBy.CLIENT], reason_note(cancellation)
    if request.cancelled_by is CancelledBy.OPERATOR:
        return BookingOver(BookingStatus.CANCELLED, f"{who} released the time slot{note}", cancellation)
    return BookingOver(BookingStatus.RELEASED, f"{who} gave the time slot back{note}", cancellation)


async def reserve_time_slot(step: ReserveTimeSlot) -> TimeSlotSnapshot:
    return await forward(BookingSteps.reserve_time_slot, step, "Hold the time slot")


async def book_time_slot(step: BookTimeSlot) -> TimeSlotSnapshot:
    return await forward(BookingSteps.book_time_slot, step, "Mark the time slot Booked")


async def extend_hold(step: ExtendHold) -> TimeSlotSnapshot:
    return await forward(BookingSteps.extend_hold, step, "Extend the hold")


async def create_meeting(step: CreateMeetingStep) -> MeetingCreated:
    return await forward(BookingSteps.create_meeting, step, "Create the meeting")


async def read_booking(step: ReadBooking) -> BookingSnapshot:
    """Read the booking from the database while a caller waits. The time is limited, as for `forward`."""
    return await forward(BookingSteps.read_booking, step, "Read the booking")


async def read_booking_for_sure(step: ReadBooking, why: str) -> BookingSnapshot:
    """Read the booking from the database when no caller waits, with retries until the database answers."""
    return await workflow.execute_activity_method(BookingSteps.read_booking, step, **with_summary(UNDO, why))


async def read_booking_at_its_deadline(step: ReadBooking, show_awaited: Callable[[str], None]) -> BookingSnapshot:
    """Read the booking from the database, with retries until the database answers.

    Thousands of runs may read at the same time after an outage. `show_awaited` is as in `run_until_done`.
    """
    return await run_until_done(BookingSteps.read_booking, step, "Read whether the hold has expired", show_awaited)


async def withdraw_meeting(step: WithdrawMeeting) -> None:
    await workflow.execute_activity_method(
        BookingSteps.withdraw_meeting, step, **with_summary(UNDO, "Undo: withdraw the meeting")
    )


async def release_time_slot(step: ReleaseTimeSlot) -> None:
    await workflow.execute_activity_method(
        BookingSteps.release_time_slot, step, **with_summary(UNDO, "Undo: release the time slot")
    )


async def open_meeting(
    booking: BookingKey, meeting: MeetingCreated, employee_label: str | None, show_awaited: Callable[[str], None]
) -> None:
    """Start the meeting's run, with retries until the run is started. Call it when no caller waits any more.

    `show_awaited` is as in `run_until_done`.
    """
    step = OpenMeeting(
        meeting_id=meeting.id,
        client_id=booking.client_id,
        employee_id=meeting.content.employee_id,
        start=meeting.start,
        end=meeting.end,
        employee_label=employee_label,
    )
    await run_until_done(MeetingOpening.open_meeting, step, "Start the meeting's run", show_awaited)
