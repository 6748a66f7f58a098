"""Who is to be told what of a meeting, as it is now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.mail_letters import Letter
from activities.meeting_messages import SendInvitations
from domain.calendar_file import Attending, CalendarMeeting, Method, is_reachable
from storage.booking_tables import MeetingRow
from storage.calendar_meetings import calendar_meeting
from storage.configuration import get_organisation
from storage.invitations import Recipient, find_invited, find_recipients
from storage.meetings import find_as_stored

Recipients = Mapping[UUID, Recipient]


@dataclass(frozen=True, slots=True)
class Circle:
    """Who takes part in a meeting, and who does not any more and is to be told."""

    present: Recipients
    former: Recipients


async def letters_of(session: AsyncSession, step: SendInvitations) -> list[Letter]:
    """Everybody's letter about the state that the step names; when it is over, those of who left it alone."""
    meeting = await find_as_stored(session, step.meeting_id)
    if meeting is None:
        return []
    circle = await _circle(session, meeting, step)
    shown = await calendar_meeting(session, meeting, await get_organisation(session))
    told = _to_the_present(circle, shown, meeting.cancel_reason) if meeting.sequence == step.sequence else ()
    return [*told, *_to_the_former(circle, shown, step)]


async def _circle(session: AsyncSession, meeting: MeetingRow, step: SendInvitations) -> Circle:
    rooms = [] if meeting.room_id is None else [meeting.room_id]
    present = await find_recipients(session, [meeting.employee_id, *meeting.additional_employees], rooms)
    employees, left = list(step.former), list[UUID]()
    if meeting.sequence == step.sequence:
        invited, left = await find_invited(session, meeting.id, step.sequence)
        employees += invited
    former = await find_recipients(session, dict.fromkeys(employees), left)
    gone = {identity: each for identity, each in former.items() if identity not in present}
    return Circle(_with_mailboxes(present), _with_mailboxes(gone))


def _with_mailboxes(recipients: Recipients) -> Recipients:
    """A room need not have one. An employee who has none is an operator's business."""
    return {
        identity: each
        for identity, each in recipients.items()
        if each.person.kind is Attending.INDIVIDUAL or is_reachable(each.person)
    }


def _to_the_present(circle: Circle, shown: CalendarMeeting, reason: str | None) -> Iterator[Letter]:
    method = Method.CANCEL if shown.cancelled else Method.REQUEST
    for recipient in circle.present.values():
        yield Letter(recipient, method, shown, reason)


def _to_the_former(circle: Circle, shown: CalendarMeeting, step: SendInvitations) -> Iterator[Letter]:
    """As of the change that removed them, and without a status: for everybody else the meeting goes on."""
    for recipient in circle.former.values():
        without = replace(shown, attendees=(recipient.person,), sequence=step.sequence, cancelled=False)
        yield Letter(recipient, Method.CANCEL, without)
