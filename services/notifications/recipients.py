"""Mailboxes and mails for the participants of a meeting, as the meeting is now. See docs/decisions/0012."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar.file import Attending, CalendarMeeting, Method, Person, is_reachable
from domain.messages.meeting import SendInvitations
from integrations.email.letters import InvitationEmail
from storage.configuration.lookups import get_organisation
from storage.meetings.calendar_meetings import calendar_meeting
from storage.meetings.meetings import find_as_stored
from storage.notifications.invitations import Recipient, find_last_mails, find_mails, find_recipients
from storage.tables.booking import MeetingRow
from storage.tables.notifications import InvitationRow

Mailboxes = Mapping[str, Recipient]
"""One recipient for each mailbox. If several recipients share a mailbox, the first one."""


@dataclass(frozen=True, slots=True)
class MeetingRecipients:
    """Mailboxes for the mails about one version of a meeting.

    `present` are the mailboxes of the participants. `former` are invited mailboxes of removed participants, and old
    addresses of participants: they must get a cancellation. `sent` counts the mails about this version that may have
    arrived, by mailbox and iCalendar method (`REQUEST` or `CANCEL`).
    """

    present: Mailboxes
    former: Mailboxes
    sent: Mapping[tuple[str, str], int]


async def emails_for(session: AsyncSession, step: SendInvitations) -> list[InvitationEmail]:
    """Return the mails about the version of the meeting that the step has.

    If the meeting has a newer version, return only mails to employees that this change removed and that have no earlier
    mail. The step of the newer version finds all others by their earlier mails.
    """
    meeting = await find_as_stored(session, step.meeting_id)
    if meeting is None:
        return []
    mailboxes = await _mailboxes(session, meeting, step)
    entry = await calendar_meeting(session, meeting, await get_organisation(session))
    sent = _emails_to_participants(mailboxes, entry, meeting.cancel_reason) if meeting.sequence == step.sequence else ()
    return [*sent, *_cancellations_to_former(mailboxes, entry, meeting, step)]


async def _mailboxes(session: AsyncSession, meeting: MeetingRow, step: SendInvitations) -> MeetingRecipients:
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
    return MeetingRecipients(present, gone, Counter((row.recipient.casefold(), row.method) for row in current))


async def _invited(session: AsyncSession, mails: Sequence[InvitationRow]) -> Mailboxes:
    """Return the mailboxes that may have a calendar entry of the meeting, with the names of their owners if known."""
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
    """Return the ids of the employees and of the rooms of the meeting, the main employee first."""
    return [meeting.employee_id, *meeting.additional_employees], [meeting.room_id] if meeting.room_id else []


def _by_mailbox(recipients: Iterable[Recipient]) -> Mailboxes:
    """Return one recipient per mailbox. Leave out rooms without a mailbox.

    An employee without a mailbox is kept, so that the failed mail informs an operator.
    """
    found = dict[str, Recipient]()
    for each in recipients:
        if each.person.kind is Attending.INDIVIDUAL or is_reachable(each.person):
            found.setdefault(each.mailbox, each)
    return found


def _emails_to_participants(
    mailboxes: MeetingRecipients, entry: CalendarMeeting, reason: str | None
) -> Iterator[InvitationEmail]:
    method, opposite = Method.REQUEST, Method.CANCEL
    if entry.cancelled:
        method, opposite = opposite, method
    for mailbox, recipient in mailboxes.present.items():
        yield InvitationEmail(recipient, method, entry, reason, reversals=mailboxes.sent.get((mailbox, opposite), 0))


def _cancellations_to_former(
    mailboxes: MeetingRecipients, entry: CalendarMeeting, meeting: MeetingRow, step: SendInvitations
) -> Iterator[InvitationEmail]:
    """Yield a CANCEL mail to each former mailbox, with the version of the change that removed the mailbox.

    The calendar entry in the mail has the status "cancelled" only if the meeting is cancelled and the owner of the
    mailbox still takes part: then only the owner's address has changed. For a removed participant, the meeting may
    go on.
    `reversals` counts the earlier invitations that the mail takes back.
    """
    employees, rooms = _participants(meeting)
    for mailbox, recipient in mailboxes.former.items():
        takes_part = recipient.id in (*employees, *rooms)
        is_cancelled = entry.cancelled and takes_part
        cancelled_entry = replace(entry, attendees=(recipient.person,), sequence=step.sequence, cancelled=is_cancelled)
        yield InvitationEmail(
            recipient,
            Method.CANCEL,
            cancelled_entry,
            meeting.cancel_reason if is_cancelled else None,
            is_readdressed=takes_part,
            reversals=mailboxes.sent.get((mailbox, Method.REQUEST), 0),
        )
