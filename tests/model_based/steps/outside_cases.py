"""The steps that speak to the world outside: what they note is noted once; what each promises of the rest, it says."""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from activities.signatures import CalendarSteps, InvitationSteps, RelaySteps, RetentionSteps, WebhookSteps
from domain.messages.booking import CalendarsWanted, RefreshCalendar
from domain.messages.meeting import SendInvitations
from domain.messages.retention import DeleteOldRows, OldRows
from domain.messages.webhooks import DeliverDue, RelayEvents
from storage.notifications.event_log import publish
from storage.notifications.webhooks import add_webhook
from storage.tables.availability import CalendarRow
from tests.integration.activities.booking_fixture import CLIENT, FREJA, MAGNUS, meeting_of
from tests.model_based.steps.case import ToldAgain, case
from tests.model_based.steps.scene import Scene

SECRET: Final = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
LEASES_RUN_OUT: Final = "UPDATE invitation SET claimed_until = now() - interval '1 s' WHERE claimed_until IS NOT NULL"
RETRIES_ARE_DUE: Final = "UPDATE webhook_delivery SET next_attempt_at = NULL WHERE status = 'Pending'"


def anything(_: object) -> bool:
    return True


def nothing_was_left(answer: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(answer, dict) and answer["delivered"] == 0 and not answer["retry_after"]


def is_not_due(answer: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(answer, dict) and answer["delivered"] == 0


async def calendar_of(scene: Scene, url: str | None) -> CalendarRow:
    calendar = CalendarRow(id=uuid4(), employee_id=FREJA, name="Elsewhere", url=url)
    async with scene.bookings.database.transaction() as session:
        session.add(calendar)
    return calendar


async def webhook_of(scene: Scene) -> Any:  # noqa: ANN401 - an id
    values = {"id": uuid4(), "client_id": CLIENT, "url": scene.outside.receiver.url, "secret": SECRET}
    async with scene.bookings.database.transaction() as session:
        return (await add_webhook(session, {**values, "event_types": [], "every_client": False})).id


async def delivery_of(scene: Scene) -> DeliverDue:
    await webhook_of(scene)
    await scene.bookings.held()
    async with scene.bookings.database.transaction() as session:
        await publish(session)
    return DeliverDue(client_id=CLIENT)


async def invitations_of(scene: Scene) -> SendInvitations:
    slot = await scene.bookings.booked(await scene.bookings.team(MAGNUS))
    meeting = await scene.bookings.steps.create_meeting(meeting_of(slot, keeps_team=True))
    return SendInvitations(meeting_id=meeting.id, sequence=0)


@case(CalendarSteps.list_calendars)
async def list_calendars(scene: Scene) -> CalendarsWanted:
    await calendar_of(scene, None)
    return CalendarsWanted()


@case(CalendarSteps.refresh_calendar)
async def refresh_a_calendar(scene: Scene) -> RefreshCalendar:
    """The feed may be read again. What it says is stored once."""
    start = (await scene.bookings.wanted()).start
    scene.outside.feed.body = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Private\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n"
    ).encode()
    return RefreshCalendar(calendar_id=(await calendar_of(scene, scene.outside.feed.url)).id)


@case(CalendarSteps.refresh_calendar)
async def refresh_a_calendar_that_cannot_be_read(scene: Scene) -> RefreshCalendar:
    scene.outside.feed.status = "500 Internal Server Error"
    return RefreshCalendar(calendar_id=(await calendar_of(scene, scene.outside.feed.url)).id)


@case(
    InvitationSteps.send_invitations,
    told_again=ToldAgain.AFTER_DEATH,
    later=LEASES_RUN_OUT,
    counts=frozenset({"attempts"}),
)
async def send_invitations(scene: Scene) -> SendInvitations:
    """Each mail goes out once, and once more only after a death before it was noted: always under one message id."""
    return await invitations_of(scene)


@case(InvitationSteps.give_up_invitations)
async def give_up_invitations(scene: Scene) -> SendInvitations:
    step = await invitations_of(scene)
    columns = "message_id, meeting_id, sequence, method, employee_id, recipient, status, attempts, created_at"
    await scene.rows.do(
        f"INSERT INTO invitation ({columns})"
        f" VALUES ('<1@bookme>', '{step.meeting_id}', 0, 'REQUEST', '{FREJA}', 'f@example.com', 'Pending', 1, now())"
    )
    return step


@case(RelaySteps.relay_events, told_again=ToldAgain.WHENEVER_TAKEN_AGAIN, also=anything)
async def relay_events(scene: Scene) -> RelayEvents:
    """An event is published once, in its place. The run that delivers it is woken at least once."""
    await webhook_of(scene)
    await scene.bookings.booked()
    return RelayEvents(longest=timedelta(0))


@case(RetentionSteps.delete_old_rows, also=anything)
async def delete_old_rows(scene: Scene) -> DeleteOldRows:
    """Old rows are gone, and new ones stay. A repeat counts what is left."""
    for days in (0, 2):
        await scene.rows.do(
            "INSERT INTO refused_step (step_id, reason, message, facts, refused_at)"
            f" VALUES (gen_random_uuid(), 'TIME_SLOT_TAKEN', '', '{{}}', now() - interval '{days} days')"
        )
    return DeleteOldRows(of=OldRows.REFUSED_STEPS)


@case(WebhookSteps.deliver_events, told_again=ToldAgain.WHENEVER_TAKEN_AGAIN, also=nothing_was_left)
async def deliver_an_event(scene: Scene) -> DeliverDue:
    """The receiver is told at least once, under one id; it is noted once that it was."""
    return await delivery_of(scene)


@case(
    WebhookSteps.deliver_events,
    told_again=ToldAgain.WHENEVER_TAKEN_AGAIN,
    also=is_not_due,
    counts=frozenset({"failures"}),
)
async def deliver_an_event_in_vain(scene: Scene) -> DeliverDue:
    scene.outside.receiver.status = "500 Internal Server Error"
    return await delivery_of(scene)
