"""Steps of the meeting workflow. The steps of its updates raise the errors of `common.saga.forward_durably`."""

from collections.abc import Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.signatures import InvitationSteps, MeetingSteps
from domain.messages.booking import BookingKey
from domain.messages.meeting import (
    CancelMeetingStep,
    ChangeMeetingStep,
    InvitationsSent,
    MeetingFound,
    MeetingSnapshot,
    MoveMeetingStep,
    ReadMeeting,
    RemindOf,
    SendInvitations,
)
from workflows.common.options import MAILING, UNDO
from workflows.common.runs import LOOK_AGAIN, workflow_id
from workflows.common.saga import error_from_failure, forward_durably, run_until_done, with_summary
from workflows.common.status_view import in_words


async def change_meeting(step: ChangeMeetingStep) -> MeetingSnapshot:
    return await forward_durably(MeetingSteps.change_meeting, step, "Change the meeting")


async def move_meeting(step: MoveMeetingStep) -> MeetingSnapshot:
    return await forward_durably(MeetingSteps.move_meeting, step, "Move the meeting")


async def cancel_meeting(step: CancelMeetingStep) -> MeetingSnapshot:
    return await forward_durably(MeetingSteps.cancel_meeting, step, "Cancel the meeting")


async def cancel_meeting_for_sure(step: CancelMeetingStep) -> MeetingSnapshot:
    """Cancel the meeting for an operator. No caller waits, so retry until the database answers.

    Raises:
        BookMeError: the cancellation was refused.
        ActivityError: the run was cancelled during the step, which cancelled the step.

    """
    try:
        return await workflow.execute_activity_method(
            MeetingSteps.cancel_meeting, step, **with_summary(UNDO, "Cancel the meeting for an operator")
        )
    except ActivityError as failure:
        if is_cancelled_exception(failure):
            raise
        raise error_from_failure(failure) from failure


async def read_meeting(step: ReadMeeting, show_awaited: Callable[[str], None]) -> MeetingFound:
    """Read the meeting from the database, with retries until the database answers.

    `show_awaited` is as in `run_until_done`.
    """
    return await run_until_done(MeetingSteps.read_meeting, step, "Read the meeting", show_awaited)


async def remind_of(step: RemindOf) -> None:
    summary = f"Remind: {in_words(step.before)} before"
    await workflow.execute_activity_method(MeetingSteps.remind_of, step, **with_summary(UNDO, summary))


async def send_invitations(step: SendInvitations) -> InvitationsSent:
    """Send the mails of this version. Mails that cannot be sent within the time of `MAILING` are marked as failed."""
    summary = f"Mail version {step.sequence} to everybody"
    try:
        return await workflow.execute_activity_method(
            InvitationSteps.send_invitations, step, **with_summary(MAILING, summary)
        )
    except ActivityError:
        return await workflow.execute_activity_method(
            InvitationSteps.give_up_invitations, step, **with_summary(UNDO, "Mark unsent mails as failed")
        )


async def signal_booking(booking: BookingKey) -> None:
    """Signal a booking that its time slot now belongs to the meeting or is gone. Ignore a booking that has ended."""
    run = workflow.get_external_workflow_handle(workflow_id(booking))
    try:
        await run.signal(LOOK_AGAIN)
    except ApplicationError:
        workflow.logger.info("the booking that was to move the meeting has ended")
