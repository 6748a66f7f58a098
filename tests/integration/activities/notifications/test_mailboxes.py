"""Invitations follow mailboxes: who shares one, and whose address changes. Sent to a real mail server."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest
import sqlalchemy as sa

from activities.invitations import InvitationsPending
from domain.messages.meeting import InvitationsSent
from integrations.email import smtp as mail
from storage.tables.organisation import EmployeeRow, RoomRow
from tests.integration.activities.booking_fixture import AKSEL, FREJA, MAGNUS, NYHAVN, BookingFixture
from tests.integration.activities.notifications.invited_meeting import AKSELS, AT, FREJAS, MAGNUS_S, ROOMS, Invited
from tests.support.mail_server import DROP, LOOPBACK, MailServer

NEW, NEWER = f"freja.new{AT}", f"freja.newer{AT}"

pytestmark = pytest.mark.usefixtures("configurable")


@pytest.fixture
async def invited(bookings: BookingFixture, post: MailServer) -> Invited:
    return await Invited.made(bookings, mail.MailServer(LOOPBACK, post.port, "none"), room_id=NYHAVN)


@dataclass
class Owners:
    """Changes addresses, and reads what the mail server was handed for a mailbox."""

    invited: Invited
    post: MailServer

    async def readdress(self, employee: UUID, email: str) -> None:
        await self.invited.alter(EmployeeRow, employee, email=email)

    def told(self, *mailboxes: str) -> list[tuple[str, int]]:
        """Each mail that one of them was handed: its method, and the version that it tells."""
        wanted = {each.casefold() for each in mailboxes}
        return [told[1:] for told in self.post.told if told[0].casefold() in wanted]


@pytest.fixture
def owners(invited: Invited, post: MailServer) -> Owners:
    return Owners(invited, post)


class TestASharedMailbox:
    @pytest.fixture
    async def shared(self, owners: Owners) -> str:
        """Of Freja and Magnus, who both take part. One of them writes it in another letter case."""
        await owners.readdress(MAGNUS, FREJAS.upper())
        await owners.invited.change(additional_employees=[MAGNUS])
        return FREJAS

    async def test_gets_one_mail_for_both(self, invited: Invited, owners: Owners, shared: str) -> None:
        assert await invited.send(1) == InvitationsSent(sent=2)
        assert owners.told(shared) == [("REQUEST", 1)]

    @pytest.mark.parametrize("stays", [FREJA, MAGNUS])
    async def test_keeps_its_entry_while_one_of_them_takes_part(
        self, invited: Invited, owners: Owners, shared: str, stays: UUID
    ) -> None:
        await invited.send(1)
        gone = MAGNUS if stays == FREJA else FREJA
        await invited.change(employee_id=stays, additional_employees=[])
        assert await invited.send(2, gone) == InvitationsSent(sent=2)
        assert owners.told(shared) == [("REQUEST", 1), ("REQUEST", 2)]

    async def test_loses_its_entry_with_the_last_of_them(self, invited: Invited, owners: Owners, shared: str) -> None:
        await invited.send(1)
        await invited.change(employee_id=AKSEL, additional_employees=[])
        assert await invited.send(2, FREJA, MAGNUS) == InvitationsSent(sent=3)
        assert owners.told(shared) == [("REQUEST", 1), ("CANCEL", 2)]
        assert owners.told(AKSELS) == [("REQUEST", 2)]

    async def test_when_one_of_them_gets_a_mailbox_of_their_own(
        self, invited: Invited, owners: Owners, shared: str
    ) -> None:
        await invited.send(1)
        await owners.readdress(FREJA, NEW)
        await invited.change(title="Our second home")
        await invited.send(2)
        assert owners.told(shared) == [("REQUEST", 1), ("REQUEST", 2)]
        assert owners.told(NEW) == [("REQUEST", 2)]

    async def test_is_told_once_that_the_meeting_is_cancelled(
        self, invited: Invited, owners: Owners, shared: str
    ) -> None:
        await invited.send(1)
        await invited.cancel()
        assert await invited.send(2) == InvitationsSent(sent=2)
        assert owners.told(shared) == [("REQUEST", 1), ("CANCEL", 2)]

    async def test_two_without_an_address_are_two(self, invited: Invited, owners: Owners) -> None:
        await owners.readdress(FREJA, "")
        await owners.readdress(MAGNUS, "")
        await invited.change(additional_employees=[MAGNUS])
        assert len((await invited.send(1)).failures) == 2


class TestAChangedAddress:
    async def test_is_followed_by_the_next_version(self, invited: Invited, owners: Owners, post: MailServer) -> None:
        await invited.send()
        await owners.readdress(FREJA, NEW)
        await invited.change(title="Our second home")
        assert await invited.send(1) == InvitationsSent(sent=3)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 1)]
        assert owners.told(NEW) == [("REQUEST", 1)]
        (cancel,) = (each for each in post.taken if each.told == (FREJAS, "CANCEL", 1))
        assert [each.value for each in cancel.calendar.vevent.attendee_list] == [f"mailto:{FREJAS}"]
        assert "another address" in str(cancel.message)
        await invited.change(title="Our third home")
        await invited.send(2)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 1)]

    async def test_of_a_room(self, invited: Invited, owners: Owners) -> None:
        await invited.send()
        await invited.alter(RoomRow, NYHAVN, email="")
        await invited.change(title="Our second home")
        assert await invited.send(1) == InvitationsSent(sent=2)
        assert owners.told(ROOMS) == [("REQUEST", 0), ("CANCEL", 1)]

    async def test_that_differs_by_letter_case_alone_is_none(self, invited: Invited, owners: Owners) -> None:
        await invited.send()
        await owners.readdress(FREJA, FREJAS.title())
        await invited.change(title="Our second home")
        await invited.send(1)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("REQUEST", 1)]

    async def test_twice_before_a_mail_goes_out(self, invited: Invited, owners: Owners) -> None:
        await invited.send()
        await owners.readdress(FREJA, NEW)
        await invited.change(title="Our second home")
        await owners.readdress(FREJA, NEWER)
        await invited.change(title="Our third home")
        await invited.send(1)
        await invited.send(2)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 2)]
        assert (owners.told(NEW), owners.told(NEWER)) == ([], [("REQUEST", 2)])

    async def test_of_one_who_is_removed_at_once(self, invited: Invited, owners: Owners) -> None:
        await invited.send()
        await owners.readdress(FREJA, NEW)
        await invited.change(employee_id=AKSEL)
        await invited.send(1, FREJA)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 1)]
        assert owners.told(NEW) == []

    async def test_before_the_meeting_is_cancelled(self, invited: Invited, owners: Owners, post: MailServer) -> None:
        await invited.send()
        await owners.readdress(FREJA, NEW)
        await invited.cancel("The customer is ill")
        await invited.send(1)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 1)]
        assert owners.told(NEW) == [("CANCEL", 1)]
        (cancel,) = (each for each in post.taken if each.told == (FREJAS, "CANCEL", 1))
        assert cancel.calendar.vevent.status.value == "CANCELLED"
        assert "This meeting is cancelled:" in str(cancel.message)

    async def test_of_an_employee_who_is_deleted(self, invited: Invited, owners: Owners) -> None:
        await invited.change(additional_employees=[MAGNUS])
        await invited.send(1)
        await invited.change(additional_employees=[])
        async with invited.database.transaction() as session:
            await session.execute(sa.delete(EmployeeRow).where(sa.column("id") == MAGNUS))
        await invited.send(2, MAGNUS)
        assert owners.told(MAGNUS_S) == [("REQUEST", 1), ("CANCEL", 2)]

    async def test_that_refused_every_mail_is_not_written_to_again(
        self, invited: Invited, owners: Owners, post: MailServer
    ) -> None:
        """Who repairs a wrong address does not call an operator by it."""
        post.of_recipients[FREJAS] = ["550 nobody here"] * 2
        await invited.send()
        await owners.readdress(FREJA, NEW)
        await invited.change(title="Our second home")
        assert await invited.send(1) == InvitationsSent(sent=2)
        assert len(post.of_recipients[FREJAS]) == 1


class TestBetweenTwoTries:
    async def test_after_an_unknown_outcome(self, invited: Invited, owners: Owners, post: MailServer) -> None:
        post.of_mails[FREJAS] = [DROP]
        with pytest.raises(InvitationsPending):
            await invited.send()
        await owners.readdress(FREJA, NEW)
        assert await invited.send() == await invited.send() == InvitationsSent(sent=3)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 0)]
        assert owners.told(NEW) == [("REQUEST", 0)]

    async def test_the_cancel_itself_is_tried_again(self, invited: Invited, owners: Owners, post: MailServer) -> None:
        post.of_mails[FREJAS] = [DROP, "451 later"]
        await owners.invited.change(additional_employees=[])
        with pytest.raises(InvitationsPending):
            await invited.send(1)
        await owners.readdress(FREJA, NEW)
        with pytest.raises(InvitationsPending, match=f"^employee {FREJA}: refused with 451$"):
            await invited.send(1)
        assert await invited.send(1) == InvitationsSent(sent=3)
        assert owners.told(FREJAS) == [("REQUEST", 1), ("CANCEL", 1)]

    async def test_and_back(self, invited: Invited, owners: Owners, post: MailServer) -> None:
        post.of_mails[ROOMS] = ["451 later"] * 3
        for email in (FREJAS, NEW, FREJAS):
            await owners.readdress(FREJA, email)
            with pytest.raises(InvitationsPending):
                await invited.send()
        await invited.send()
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 0), ("REQUEST", 0)]
        assert owners.told(NEW) == [("REQUEST", 0), ("CANCEL", 0)]
        assert len({mail.id for mail in post.taken}) == len(post.taken)

    async def test_an_address_where_there_was_none(self, invited: Invited, owners: Owners, post: MailServer) -> None:
        post.of_mails[ROOMS] = ["451 later"]
        await owners.readdress(FREJA, "")
        with pytest.raises(InvitationsPending):
            await invited.send()
        await owners.readdress(FREJA, NEW)
        assert await invited.send() == InvitationsSent(sent=2)
        assert owners.told(NEW) == [("REQUEST", 0)]

    async def test_one_that_is_being_sent_arrives_before_its_cancel(
        self, invited: Invited, owners: Owners, post: MailServer
    ) -> None:
        post.held[FREJAS] = asyncio.Event()
        first = asyncio.create_task(invited.send())
        await post.reached.wait()
        await owners.readdress(FREJA, NEW)
        with pytest.raises(InvitationsPending, match=f"employee {FREJA}: is being sent"):
            await invited.send()
        assert owners.told(FREJAS) == []
        post.held[FREJAS].set()
        with pytest.raises(InvitationsPending):
            await first
        assert await invited.send() == InvitationsSent(sent=4)
        assert owners.told(FREJAS) == [("REQUEST", 0), ("CANCEL", 0)]
