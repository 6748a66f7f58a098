"""The steps of a meeting's life as its workflow takes them. What they raise, `workflows.steps.forward_durably` says."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.meeting_messages import (
    CancelMeeting,
    ChangeMeeting,
    InvitationsSent,
    MeetingFound,
    MeetingKept,
    MoveMeeting,
    ReadMeeting,
    RemindOf,
    SendInvitations,
)
from activities.messages import BookingName
from activities.signatures import InvitationSteps, MeetingSteps
from workflows.names import LOOK_AGAIN, workflow_id
from workflows.options import MAILING, UNDO
from workflows.steps import forward_durably, meaning_of


async def change_meeting(step: ChangeMeeting) -> MeetingKept:
    return await forward_durably(MeetingSteps.change_meeting, step, "Change the meeting")


async def move_meeting(step: MoveMeeting) -> MeetingKept:
    return await forward_durably(MeetingSteps.move_meeting, step, "Move the meeting")


async def cancel_meeting(step: CancelMeeting) -> MeetingKept:
    return await forward_durably(MeetingSteps.cancel_meeting, step, "Cancel the meeting")


async def cancel_meeting_for_sure(step: CancelMeeting) -> MeetingKept:
    """When nobody waits: retried until the database answers. Raises what it is refused by."""
    try:
        return await workflow.execute_activity_method(
            MeetingSteps.cancel_meeting, step, summary="Cancel the meeting for an operator", **UNDO
        )
    except ActivityError as failure:
        if is_cancelled_exception(failure):
            raise
        raise meaning_of(failure) from failure


async def read_meeting(step: ReadMeeting) -> MeetingFound:
    """Retried until the database answers."""
    return await workflow.execute_local_activity_method(
        MeetingSteps.read_meeting, step, summary="Look how the meeting is", **UNDO
    )


async def remind_of(step: RemindOf) -> None:
    summary = f"Remind: {step.before} before"
    await workflow.execute_activity_method(MeetingSteps.remind_of, step, summary=summary, **UNDO)


async def send_invitations(step: SendInvitations) -> InvitationsSent:
    """Send them; what cannot be sent for days is given up."""
    summary = f"Mail version {step.sequence} to everybody"
    try:
        return await workflow.execute_activity_method(
            InvitationSteps.send_invitations, step, summary=summary, **MAILING
        )
    except ActivityError:
        return await workflow.execute_activity_method(
            InvitationSteps.give_up_invitations, step, summary="Give the mails up", **UNDO
        )


async def tell_booking(booking: BookingName) -> None:
    """Its time slot has become the meeting's, or is gone. A booking that has ended meanwhile needs not be told."""
    run = workflow.get_external_workflow_handle(workflow_id(booking))
    try:
        await run.signal(LOOK_AGAIN)
    except ApplicationError:
        workflow.logger.info("the booking that was to move the meeting has ended")
