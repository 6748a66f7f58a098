"""The mails themselves: what readers find in them, and how they reach the server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from activities.invitations import InvitationsPending
from domain.calendar.file import Attending, CalendarMeeting, Method, Person
from domain.messages.meeting import InvitationsSent
from integrations.email import smtp as mail
from integrations.email.letters import InvitationEmail, mail_of, text_of
from storage.notifications.invitations import Recipient
from tests.integration.activities.booking_fixture import MAGNUS, NYHAVN, BookingFixture
from tests.integration.activities.notifications.invited_meeting import FREJAS, MAGNUS_S, ORGANISATION, ROOMS, Invited
from tests.support.mail_server import LOOPBACK, PASSWORD, USERNAME, Certificate, Mail, MailServer, mail_server

MEETING = UUID("3f0d8f8e-2a35-4d7c-8f43-b1c6c8f4a2d7")
EMPLOYEE = UUID("d9d29487-b17e-5f87-8232-b6c2b537a265")
BANK = Person("Nørre Bank, København", "booking@bank.example")
FREJA, MAGNUS_ = Person("Freja Lindqvist", "freja@bank.example"), Person('Magnus "Mag" Ø', "magnus@bank.example")
NOON = datetime(2026, 10, 24, 12, tzinfo=UTC)


def letter(method: Method = Method.REQUEST, reason: str | None = None, **changes: Any) -> InvitationEmail:  # noqa: ANN401
    shown: dict[str, Any] = {
        "id": MEETING,
        "start": NOON,
        "end": NOON + timedelta(hours=1),
        "time_zone": ZoneInfo("Europe/Copenhagen"),
        "title": "Our first home",
        "description": None,
        "location": "Øresund, City",
        "video_link": None,
        "organizer": BANK,
        "attendees": (FREJA, MAGNUS_, Person("Øresund", "room@bank.example", Attending.ROOM)),
        "sequence": 0,
        "created": NOON,
        "last_modified": NOON,
    }
    return InvitationEmail(Recipient(EMPLOYEE, FREJA), method, CalendarMeeting(**(shown | changes)), reason)


def read(written: InvitationEmail, sender: Person = BANK) -> Mail:
    """As it is after its way through the network."""
    return Mail(sender.email, FREJA.email, mail_of(written, sender, NOON).as_bytes(policy=policy.SMTP))


class TestForms:
    def test_headers(self) -> None:
        message = read(letter()).message
        assert [str(message[name]) for name in ("From", "To", "Subject")] == [
            '"Nørre Bank, København" <booking@bank.example>',
            "Freja Lindqvist <freja@bank.example>",
            "Our first home",
        ]
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"].datetime == NOON
        assert message["Reply-To"] is None

    def test_answers_go_to_the_organizer(self) -> None:
        message = read(letter(), Person("Nørre Bank", "no-reply@mails.example")).message
        assert message["From"].addresses[0].addr_spec == "no-reply@mails.example"
        assert message["Reply-To"].addresses[0].addr_spec == BANK.email

    @pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL])
    def test_parts(self, method: Method) -> None:
        message = read(letter(method)).message
        assert message.get_content_type() == "multipart/alternative"
        text, calendar = message.iter_parts()
        assert (text.get_content_type(), text.get_content_charset()) == ("text/plain", "utf-8")
        assert calendar.get_content_type() == "text/calendar"
        parameters = dict(calendar["Content-Type"].params)
        assert parameters == {"charset": "utf-8", "method": method.value, "component": "VEVENT"}
        assert read(letter(method)).calendar.method.value == method.value

    def test_every_line_is_ascii_and_short_enough(self) -> None:
        long = "Ærlig talt, " * 100
        lines = read(letter(title=long, location=long)).content.split(b"\r\n")
        assert max(map(len, lines)) <= 78
        assert all(line.isascii() and b"\n" not in line for line in lines)

    def test_the_same_is_written_the_same(self) -> None:
        assert read(letter()).content == read(letter()).content

    def test_what_is_told_has_a_message_id_of_its_own(self) -> None:
        told = [letter(), letter(sequence=1), letter(Method.CANCEL), letter(id=EMPLOYEE)]
        another_mailbox = InvitationEmail(Recipient(EMPLOYEE, MAGNUS_), Method.REQUEST, letter().meeting)
        once_more = replace(letter(), reversals=1)
        assert len({read(each).id for each in (*told, another_mailbox, once_more)}) == 6
        another_owner = InvitationEmail(
            Recipient(MEETING, Person("Freja", FREJA.email.upper())), Method.REQUEST, letter().meeting
        )
        assert read(another_owner).id == read(letter()).id
        assert read(letter()).id == read(letter(title="Our second home")).id

    @pytest.mark.parametrize(
        "hostile", ["\r\nBcc: eve@example.com", "\nBcc: eve@example.com\n\nHello", "\r", "\x0b\x85\u2028"]
    )
    def test_nobody_can_write_headers(self, hostile: str) -> None:
        named = Person(f"Freja{hostile}", FREJA.email)
        written = letter(title=f"Home{hostile}", location=hostile, attendees=(named, FREJA), organizer=named)
        written = InvitationEmail(Recipient(EMPLOYEE, named), Method.CANCEL, written.meeting, hostile)
        message = read(written, named).message
        assert set(message) == set(read(letter()).message)
        assert len(list(message.iter_parts())) == 2
        assert message["Subject"].startswith("Cancelled: Home")

    def test_a_lone_surrogate_is_left_out(self) -> None:
        assert read(letter(title="Ho\ud800me")).message["Subject"] == "Home"


class TestText:
    def test_a_meeting(self) -> None:
        assert read(letter()).message.get_body().get_content().splitlines() == [  # type: ignore[union-attr]  # it has one
            "This meeting is booked:",
            "",
            "Our first home",
            "When: Saturday 24 October 2026, 14:00 to 15:00 (Europe/Copenhagen)",
            "Where: Øresund, City",
            'With: Magnus "Mag" Ø',
        ]

    def test_one_that_is_online_and_lasts_over_midnight(self) -> None:
        link = "https://video.example/1"
        shown = letter(location=None, video_link=link, end=NOON + timedelta(hours=12), sequence=2)
        until = "Sunday 25 October 2026, 02:00"
        assert text_of(shown).splitlines()[0] == "This meeting has changed. It is now:"
        assert f"14:00 to {until} (Europe/Copenhagen)\nWhere: {link}\n" in text_of(shown)

    def test_one_that_is_cancelled(self) -> None:
        lines = text_of(letter(Method.CANCEL, "The customer\nis ill", cancelled=True)).splitlines()
        assert lines[0] == "This meeting is cancelled:"
        assert lines[-1] == "Why: The customer is ill"

    def test_one_from_which_the_recipient_is_removed(self) -> None:
        lines = text_of(letter(Method.CANCEL, attendees=(FREJA,))).splitlines()
        assert lines[0] == "You do not take part in this meeting any more:"
        assert not [line for line in lines if line.startswith("With")]

    def test_one_to_the_former_address_of_who_takes_part(self) -> None:
        told = replace(letter(Method.CANCEL, attendees=(FREJA,)), is_readdressed=True)
        assert text_of(told).splitlines()[0] == "Mails about this meeting go to another address from now on:"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.made(tmp_path_factory.mktemp("mail") / "mail.pem")


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))


@pytest.fixture(params=["starttls", "tls"])
async def guarded(request: pytest.FixtureRequest, certificate: Certificate) -> AsyncIterator[tuple[MailServer, str]]:
    """A server that speaks with who is logged in alone, and how it is encrypted."""
    upgraded: dict[str, Any] = {"tls_context": certificate.context, "require_starttls": True}
    at_once: dict[str, Any] = {"tls": certificate.context, "auth_require_tls": False}
    how = at_once if request.param == "tls" else upgraded
    async with mail_server(auth_required=True, **how) as server:
        yield server, request.param


class TestServers:
    @pytest.mark.usefixtures("trusted")
    async def test_one_that_wants_a_login(self, bookings: BookingFixture, guarded: tuple[MailServer, Any]) -> None:
        post, security = guarded
        invited = await Invited.made(bookings, mail.MailServer(LOOPBACK, post.port, security, USERNAME, PASSWORD))
        assert await invited.send() == InvitationsSent(sent=1)
        assert post.logins == [(USERNAME, PASSWORD)]

    @pytest.mark.usefixtures("trusted")
    async def test_a_wrong_password_is_the_operators_to_put_right(
        self, bookings: BookingFixture, guarded: tuple[MailServer, Any]
    ) -> None:
        post, security = guarded
        wrong = mail.MailServer(LOOPBACK, post.port, security, USERNAME, "wrong")
        invited = await Invited.made(bookings, wrong, additional_employees=[MAGNUS])
        with pytest.raises(InvitationsPending, match="no connection: 535"):
            await invited.send()
        assert set(post.logins) == {(USERNAME, "wrong")}
        assert post.connections == 1
        assert post.taken == []

    async def test_one_that_nobody_vouches_for_gets_nothing(
        self, bookings: BookingFixture, guarded: tuple[MailServer, Any]
    ) -> None:
        post, security = guarded
        invited = await Invited.made(bookings, mail.MailServer(LOOPBACK, post.port, security, USERNAME, PASSWORD))
        with pytest.raises(InvitationsPending, match=r"no connection: .*(?i:certificate)"):
            await invited.send()
        assert (post.logins, post.taken) == ([], [])

    async def test_one_that_cannot_encrypt_gets_nothing(self, bookings: BookingFixture) -> None:
        async with mail_server() as post:
            invited = await Invited.made(bookings, mail.MailServer(LOOPBACK, post.port))
            with pytest.raises(InvitationsPending, match=r"no connection: .*STARTTLS"):
                await invited.send()
        assert post.taken == []

    async def test_who_it_comes_from_can_be_said(self, bookings: BookingFixture) -> None:
        async with mail_server() as post:
            server = mail.MailServer(LOOPBACK, post.port, "none", sender="no-reply@mails.example")
            invited = await Invited.made(bookings, server, additional_employees=[MAGNUS], room_id=NYHAVN)
            await invited.send()
        assert {(each.sender, each.recipient) for each in post.taken} == {
            ("no-reply@mails.example", recipient) for recipient in (FREJAS, MAGNUS_S, ROOMS)
        }
        for each in post.taken:
            assert each.calendar.vevent.organizer.value == f"mailto:{ORGANISATION}"
            kinds = [attendee.params.get("CUTYPE") for attendee in each.calendar.vevent.attendee_list]
            assert kinds == [None, None, ["ROOM"]]

    async def test_a_silent_one_is_not_waited_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mail, "MOST_SECONDS_TO_CONNECT", 0.05)

        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(say_nothing, LOOPBACK, 0) as silent:
            port = silent.sockets[0].getsockname()[1]
            async with mail.MailServer(LOOPBACK, port, "none").outbox() as outbox:
                outcome = await outbox.send(mail_of(letter(), BANK, NOON), BANK.email, FREJA.email)
        assert outcome == mail.SendOutcome("no connection: no answer in time")
