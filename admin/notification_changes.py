"""Notifications that an operator sends again: mails of a meeting, and events to webhooks."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from activities.signatures import InvitationSteps
from admin.changes import Change, Operation, describe_open_run, pending_activities
from api.temporal.meetings import opening
from config.errors import StackError
from domain.calendar.file import Method, Person, is_reachable
from domain.errors import NotFound, instant
from domain.messages.meeting import SendInvitations
from services.booking.candidates import employee_label
from services.notifications.recipients import emails_for
from storage.bookings.time_slots import database_time
from storage.configuration.lookups import find_employee_name
from storage.meetings.meetings import find_as_stored
from storage.notifications import webhooks
from storage.notifications.invitations import InvitationStatus, list_invitations, make_pending, replace_failed
from storage.notifications.webhooks import DeliveryStatus, count_failed, deliver_again, list_deliveries
from storage.operator_actions import SubjectKind
from storage.tables.booking import MeetingRow
from storage.tables.notifications import InvitationRow, WebhookDeliveryRow, WebhookRow
from workflows.common.runs import MEETING_WORKFLOW, SEND_AGAIN, meeting_run_options, meeting_workflow_id
from workflows.meeting.messages import StartMeeting

PAGE: Final = 200
"""Deliveries that one transaction makes pending."""


async def resend_mail(operation: Operation, meeting_id: UUID, recipient_id: UUID | None) -> Change:
    """Return the change that sends the failed mails of the meeting's present version again, through its workflow.

    With `recipient_id`, an employee or a room, the change concerns the mail to this recipient, even if it was sent.

    Raises:
        NotFound: there is no such meeting.
        StackError: the meeting is over, or has no mail to this recipient.

    """
    meeting, mails = await _mails_of(operation, meeting_id)
    if recipient_id is not None:
        mails = [each for each in mails if recipient_id in (each.employee_id, each.room_id)]
        if not mails:
            raise StackError(f"The present version of the meeting has no mail to {recipient_id}.")
    wanted = [each for each in mails if recipient_id is not None or each.status != InvitationStatus.SENT]
    failed = [each for each in wanted if each.status != InvitationStatus.PENDING]
    counted = f"{len(wanted)} {'mail' if len(wanted) == 1 else 'mails'} of version {meeting.sequence}"

    async def perform(_: str) -> str:
        await _send_again(operation, meeting, failed)
        return f"The meeting's run sends {counted} again. See GET /bookme/meetings/{meeting_id}/invitations."

    already = None
    if not wanted:
        already = f"Every mail of version {meeting.sequence} was sent."
    elif not failed and await _is_sending(operation, meeting_id):
        already = f"The meeting's run is sending {counted}, and repeats failed tries by itself."
    return Change("resend-mail", SubjectKind.MEETING.named(meeting_id), f"send {counted} again", perform, already)


async def redeliver_one(operation: Operation, delivery_id: UUID, *, even_delivered: bool) -> Change:
    """Return the change that delivers one event again.

    Raises:
        NotFound: there is no such delivery.

    """
    async with operation.database.transaction() as session:
        delivery = await session.get(WebhookDeliveryRow, delivery_id)
    if delivery is None:
        raise NotFound("delivery", delivery_id)
    already = None
    if delivery.status == DeliveryStatus.DELIVERED and not even_delivered:
        already = f"The event was delivered at {instant(delivery.delivered_at)}. --even-delivered sends it again."
    elif delivery.status == DeliveryStatus.PENDING and delivery.next_attempt_at is None:
        already = "The event is due and will be delivered."

    async def perform(_: str) -> str:
        async with operation.database.transaction() as session:
            await deliver_again(session, delivery)
        return "The event is due now."

    subject = SubjectKind.DELIVERY.named(delivery_id)
    return Change("redeliver", subject, "deliver the event again", perform, already, is_final=False)


async def redeliver_failed_of_webhook(operation: Operation, webhook_id: UUID) -> Change:
    """Return the change that delivers all failed deliveries of the webhook again. Raises `NotFound`."""
    async with operation.database.transaction() as session:
        webhook = await webhooks.find_webhook(session, webhook_id)
    if webhook is None:
        raise NotFound("webhook", webhook_id)
    return await _redeliver_failed(operation, SubjectKind.WEBHOOK.named(webhook_id), [webhook_id])


async def redeliver_failed_of_client(operation: Operation, client_id: str) -> Change:
    """Return the change that delivers all failed deliveries of the client's webhooks again.

    Raises:
        StackError: the client has no webhook.

    """
    async with operation.database.transaction() as session:
        query = sa.select(col(WebhookRow.id)).where(col(WebhookRow.client_id) == client_id)
        webhook_ids = (await session.scalars(query)).all()
    if not webhook_ids:
        raise StackError(f"The client {client_id} has no webhook.")
    return await _redeliver_failed(operation, SubjectKind.CLIENT.named(client_id), webhook_ids)


async def _redeliver_failed(operation: Operation, subject: str, webhook_ids: Sequence[UUID]) -> Change:
    async with operation.database.transaction() as session:
        count = await count_failed(session, webhook_ids)

    async def perform(_: str) -> str:
        made = [await _make_due(operation, each) for each in webhook_ids]
        return f"{sum(made)} failed deliveries are due now."

    already = None if count else "No delivery has failed."
    return Change("redeliver", subject, f"deliver {count} failed deliveries again", perform, already)


async def _make_due(operation: Operation, webhook_id: UUID) -> int:
    """Make the failed deliveries of the webhook due, page by page, and return their number."""
    done, before = 0, None
    while True:
        async with operation.database.transaction() as session:
            found = await list_deliveries(session, webhook_id, DeliveryStatus.FAILED, before, PAGE)
            await deliver_again(session, *(each.row for each in found))
        done += len(found)
        if len(found) < PAGE:
            return done
        before = found[-1].row.position


async def _mails_of(operation: Operation, meeting_id: UUID) -> tuple[MeetingRow, list[InvitationRow]]:
    """Return the meeting, and the mails of its present version that were not superseded."""
    async with operation.database.transaction() as session:
        meeting = await find_as_stored(session, meeting_id)
        if meeting is None:
            raise NotFound("meeting", meeting_id)
        if meeting.end_at <= await database_time(session):
            raise StackError("The meeting is over. Its mails are not sent any more.")
        mails = await list_invitations(session, meeting_id, meeting.sequence)
    return meeting, [each for each in mails if each.status != InvitationStatus.SUPERSEDED]


async def _send_again(operation: Operation, meeting: MeetingRow, mails: Sequence[InvitationRow]) -> None:
    """Make the mails pending, and signal the meeting's run, or start a run if none is open.

    The engine keeps the signal for the next worker.
    """
    former = tuple(each.employee_id for each in mails if each.method == Method.CANCEL and each.employee_id)
    step = SendInvitations(meeting_id=meeting.id, sequence=meeting.sequence, former=former)
    async with operation.database.transaction() as session:
        await _make_pending(session, step, mails)
        name = await find_employee_name(session, meeting.employee_id)
    employee = employee_label(name, in_full=operation.settings.show_employee_names)
    await operation.client.start_workflow(
        MEETING_WORKFLOW,
        StartMeeting(meeting_id=meeting.id),
        task_queue=operation.settings.task_queue,
        start_signal=SEND_AGAIN,
        start_signal_args=[step],
        **meeting_run_options(opening(meeting, employee)),
    )


async def _is_sending(operation: Operation, meeting_id: UUID) -> bool:
    run = await describe_open_run(operation.client.get_workflow_handle(meeting_workflow_id(meeting_id)))
    return run is not None and InvitationSteps.send_invitations.__name__ in pending_activities(run)


async def _make_pending(session: AsyncSession, step: SendInvitations, mails: Sequence[InvitationRow]) -> None:
    """Make the mails pending that the step will send, and mark the others as superseded.

    A corrected address makes another mail, which the step adds. A mail without an address stays failed.
    """
    planned = {letter.message_id for letter in await emails_for(session, step)}
    reachable = [each.message_id for each in mails if is_reachable(Person(None, each.recipient))]
    await make_pending(session, planned.intersection(reachable))
    await replace_failed(session, {each.message_id for each in mails} - planned)
