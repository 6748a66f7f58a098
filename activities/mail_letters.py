"""Invitations as mails: iMIP (RFC 6047), a text for people beside the file for calendars."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

from domain.calendar_event import one_line
from domain.calendar_file import Attending, CalendarMeeting, Method, Person, calendar_file
from storage.invitations import Recipient

OPENINGS: Final = {
    "booked": "This meeting is booked:",
    "changed": "This meeting has changed. It is now:",
    "cancelled": "This meeting is cancelled:",
    "removed": "You do not take part in this meeting any more:",
    "readdressed": "Mails about this meeting go to another address from now on:",
}

MOST_QUOTED: Final = 30
"""Characters of a name that surely stay in one line. Of longer ones, Python before 3.11.10 loses the quotes where it
breaks the line (CPython issue 80222), and what was in them would be addresses of its own.
"""

_SPECIAL: Final = re.compile(r'[()<>\[\]:;@\\,."]+')
"""What must be quoted (RFC 5322 section 3.2.3)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail about a meeting to one recipient: an invitation (`REQUEST`) or a cancellation (`CANCEL`).

    `is_readdressed`: the recipient takes part, with another address. `reversals` is how often the mailbox was told the
    opposite of the same version before: its owner was given another address, and then this one again.
    """

    recipient: Recipient
    method: Method
    meeting: CalendarMeeting
    reason: str | None = None
    is_readdressed: bool = False
    reversals: int = 0

    @property
    def message_id(self) -> str:
        """The same whenever the same is told to the same mailbox, so that whoever gets it twice can know."""
        told = f"{self.meeting.sequence} {self.method} {self.recipient.mailbox} {self.reversals}"
        return f"<{_name(self.meeting.id, told)}@bookme>"


def mail_of(letter: Letter, sender: Person, made_at: datetime) -> EmailMessage:
    """The mail, the same one whenever it is made of the same."""
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


def text_of(letter: Letter) -> str:
    """What to read where a calendar does not show itself."""
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


def _add_headers(mail: EmailMessage, letter: Letter, sender: Person) -> None:
    title = said(letter.meeting.title)
    mail["From"] = address(sender)
    mail["To"] = address(letter.recipient.person)
    mail["Subject"] = title if letter.method is Method.REQUEST else f"Cancelled: {title}"
    organizer = letter.meeting.organizer
    if organizer is not None and organizer.email != sender.email:
        mail["Reply-To"] = address(organizer)
    # RFC 3834: nobody's absence note needs to answer it.
    mail["Auto-Submitted"] = "auto-generated"


def said(text: str) -> str:
    """The text as part of a header: what looks like an encoded word (RFC 2047) is none.

    Python would decode it, and write as they are the line breaks that hide in it: headers of the author's choice.
    """
    return one_line(text).replace("=?", "= ?")


def address(person: Person) -> Address:
    """Of one who `is_reachable`."""
    username, _, domain = person.email.rpartition("@")
    name = said(person.name or "")
    return Address(name if len(name) <= MOST_QUOTED else _SPECIAL.sub(" ", name), username, domain)


def _occasion(letter: Letter) -> str:
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
