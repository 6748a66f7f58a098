"""Find the mailboxes that are to be told of a meeting, as it is now. See docs/decisions/0012."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.mail_letters import Letter
from activities.meeting_messages import SendInvitations
from domain.calendar_file import Attending, CalendarMeeting, Method, Person, is_reachable
from storage.booking_tables import MeetingRow
from storage.calendar_meetings import calendar_meeting
from storage.configuration import get_organisation
from storage.invitations import Recipient, find_last_mails, find_mails, find_recipients
from storage.meetings import find_as_stored
from storage.notification_tables import InvitationRow

Mailboxes = Mapping[str, Recipient]
"""One recipient for each mailbox. Of several who share it, the first."""


@dataclass(frozen=True, slots=True)
class Circle:
    """The mailboxes of those who take part in a meeting, and those that are to be told that it is not theirs any more.

    `told` counts the mails of this version that may have arrived, by mailbox and method.
    """

    present: Mailboxes
    former: Mailboxes
    told: Mapping[tuple[str, str], int]


async def letters_of(session: AsyncSession, step: SendInvitations) -> list[Letter]:
    """Return the letters about the version that the step names; when it is over, only those to who left with it."""
    meeting = await find_as_stored(session, step.meeting_id)
    if meeting is None:
        return []
    circle = await _circle(session, meeting, step)
    shown = await calendar_meeting(session, meeting, await get_organisation(session))
    told = _to_the_present(circle, shown, meeting.cancel_reason) if meeting.sequence == step.sequence else ()
    return [*told, *_to_the_former(circle, shown, meeting, step)]


async def _circle(session: AsyncSession, meeting: MeetingRow, step: SendInvitations) -> Circle:
    employees, rooms = _participants(meeting)
    present = _by_mailbox((await find_recipients(session, employees, rooms)).values())
    earlier = await find_last_mails(session, meeting.id, step.sequence)
    mailed = {row.employee_id for row in earlier}
    unmailed = [each for each in step.former if each not in mailed]
    former, current = dict(_by_mailbox((await find_recipients(session, unmailed, [])).values())), list[InvitationRow]()
    if meeting.sequence == step.sequence:
        current = list(await find_mails(session, meeting.id, step.sequence))
        former |= await _invited(session, [*earlier, *current])
    gone = {mailbox: each for mailbox, each in former.items() if mailbox not in present and is_reachable(each.person)}
    return Circle(present, gone, Counter((row.recipient.casefold(), row.method) for row in current))


async def _invited(session: AsyncSession, mails: Sequence[InvitationRow]) -> Mailboxes:
    """Return the mailboxes that may have an entry of the meeting, with the names of their owners as far as known."""
    invited = [row for row in mails if row.method == Method.REQUEST]
    employees = [row.employee_id for row in invited if row.employee_id]
    rooms = [row.room_id for row in invited if row.room_id]
    known = await find_recipients(session, dict.fromkeys(employees), dict.fromkeys(rooms))
    return _by_mailbox(_as_invited(row, known) for row in invited)


def _as_invited(row: InvitationRow, known: Mapping[UUID, Recipient]) -> Recipient:
    kind = Attending.INDIVIDUAL if row.employee_id else Attending.ROOM
    identity = row.employee_id or row.room_id
    assert identity is not None, "each mail is to an employee or to a room"  # noqa: S101 - for the type checker
    name = known[identity].person.name if identity in known else None
    return Recipient(identity, Person(name, row.recipient, kind))


def _participants(meeting: MeetingRow) -> tuple[list[UUID], list[UUID]]:
    """Return the employees and the rooms."""
    return [meeting.employee_id, *meeting.additional_employees], [meeting.room_id] if meeting.room_id else []


def _by_mailbox(recipients: Iterable[Recipient]) -> Mailboxes:
    """A room need not have a mailbox. An employee who has none is an operator's business."""
    found = dict[str, Recipient]()
    for each in recipients:
        if each.person.kind is Attending.INDIVIDUAL or is_reachable(each.person):
            found.setdefault(each.mailbox, each)
    return found


def _to_the_present(circle: Circle, shown: CalendarMeeting, reason: str | None) -> Iterator[Letter]:
    method, opposite = Method.REQUEST, Method.CANCEL
    if shown.cancelled:
        method, opposite = opposite, method
    for mailbox, recipient in circle.present.items():
        yield Letter(recipient, method, shown, reason, reversals=circle.told.get((mailbox, opposite), 0))


def _to_the_former(
    circle: Circle, shown: CalendarMeeting, meeting: MeetingRow, step: SendInvitations
) -> Iterator[Letter]:
    """As of the change that removed them, and without a status unless they were to come: for others it goes on."""
    employees, rooms = _participants(meeting)
    for mailbox, recipient in circle.former.items():
        takes_part = recipient.id in (*employees, *rooms)
        is_cancelled = shown.cancelled and takes_part
        without = replace(shown, attendees=(recipient.person,), sequence=step.sequence, cancelled=is_cancelled)
        yield Letter(
            recipient,
            Method.CANCEL,
            without,
            meeting.cancel_reason if is_cancelled else None,
            is_readdressed=takes_part,
            reversals=circle.told.get((mailbox, Method.REQUEST), 0),
        )
