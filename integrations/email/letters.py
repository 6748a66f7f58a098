"""Invitation mails (iMIP, RFC 6047): a text for people, and a calendar file for programs."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

from domain.calendar.event import one_line
from domain.calendar.file import Attending, CalendarMeeting, Method, Person, calendar_file
from storage.notifications.invitations import Recipient

OPENINGS: Final = {
    "booked": "This meeting is booked:",
    "changed": "This meeting has changed. It is now:",
    "cancelled": "This meeting is cancelled:",
    "removed": "You do not take part in this meeting any more:",
    "readdressed": "Mails about this meeting go to another address from now on:",
}

MOST_QUOTED: Final = 30
"""Maximum length in characters of a name that may be quoted; such a name stays in one line. Python before 3.11.10 loses
the quotes of a longer name where it breaks the line (CPython issue 80222). The quoted text would then become separate
addresses."""

_SPECIAL: Final = re.compile(r'[()<>\[\]:;@\\,."]+')
"""Characters that must be quoted (RFC 5322 section 3.2.3)."""


@dataclass(frozen=True, slots=True)
class InvitationEmail:
    """One mail about a meeting to one recipient: an invitation (`REQUEST`) or a cancellation (`CANCEL`).

    `is_readdressed`: the recipient takes part, with another address. `reversals` counts earlier mails with the opposite
    method to this mailbox about the same version, which occur if its owner got another address and then this one again.
    """

    recipient: Recipient
    method: Method
    meeting: CalendarMeeting
    reason: str | None = None
    is_readdressed: bool = False
    reversals: int = 0

    @property
    def message_id(self) -> str:
        """Message id, the same for the same mail to the same mailbox, so that receivers can detect a duplicate."""
        told = f"{self.meeting.sequence} {self.method} {self.recipient.mailbox} {self.reversals}"
        return f"<{_name(self.meeting.id, told)}@bookme>"


def mail_of(letter: InvitationEmail, sender: Person, made_at: datetime) -> EmailMessage:
    """Return the mail. The same arguments always give the same mail."""
    mail = EmailMessage(policy=WIRE)
    _add_headers(mail, letter, sender)
    mail["Message-ID"] = letter.message_id
    mail["Date"] = format_datetime(made_at)
    mail.set_content(text_of(letter), cte="quoted-printable")
    content = calendar_file(letter.meeting, made_at=made_at, method=letter.method).decode()
    parameters = {"method": letter.method.value, "component": "VEVENT"}
    mail.add_alternative(content, subtype="calendar", charset="utf-8", cte="base64", params=parameters)
    mail.set_boundary(f"=_{letter.message_id.strip('<>').partition('@')[0]}")
    return mail


def text_of(letter: InvitationEmail) -> str:
    """Return the plain text of the mail, for mail programs that do not show the calendar file."""
    meeting = letter.meeting
    others = [
        each for each in meeting.attendees if each.kind is Attending.INDIVIDUAL and each != letter.recipient.person
    ]
    facts = {
        "When": _when(meeting),
        "Where": one_line(meeting.location or "") or one_line(meeting.video_link or ""),
        "With": ", ".join(one_line(each.name or each.email) for each in others),
        "Why": one_line(letter.reason or ""),
    }
    lines = [f"{name}: {fact}" for name, fact in facts.items() if fact]
    return "\n".join([OPENINGS[_occasion(letter)], "", one_line(meeting.title), *lines, ""])


def _add_headers(mail: EmailMessage, letter: InvitationEmail, sender: Person) -> None:
    title = said(letter.meeting.title)
    mail["From"] = address(sender)
    mail["To"] = address(letter.recipient.person)
    mail["Subject"] = title if letter.method is Method.REQUEST else f"Cancelled: {title}"
    organizer = letter.meeting.organizer
    if organizer is not None and organizer.email != sender.email:
        mail["Reply-To"] = address(organizer)
    # RFC 3834: absence notes and other automatic replies must not answer this mail.
    mail["Auto-Submitted"] = "auto-generated"


def said(text: str) -> str:
    """Return the text for a header, without anything that looks like an encoded word (RFC 2047).

    Python would decode an encoded word and write its line breaks unchanged. An author could then inject headers.
    """
    return one_line(text).replace("=?", "= ?")


def address(person: Person) -> Address:
    """Return the header address of a person who `is_reachable`."""
    username, _, domain = person.email.rpartition("@")
    name = said(person.name or "")
    return Address(name if len(name) <= MOST_QUOTED else _SPECIAL.sub(" ", name), username, domain)


def _occasion(letter: InvitationEmail) -> str:
    if letter.method is Method.REQUEST:
        return "changed" if letter.meeting.sequence else "booked"
    if letter.meeting.cancelled:
        return "cancelled"
    return "readdressed" if letter.is_readdressed else "removed"


def _when(meeting: CalendarMeeting) -> str:
    start, end = (moment.astimezone(meeting.time_zone) for moment in (meeting.start, meeting.end))
    until = f"{end:%H:%M}" if end.date() == start.date() else _moment(end)
    return f"{_moment(start)} to {until} ({meeting.time_zone.key})"


def _moment(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y}, {moment:%H:%M}"


def _name(meeting_id: UUID, told: str) -> UUID:
    return uuid5(meeting_id, told)
