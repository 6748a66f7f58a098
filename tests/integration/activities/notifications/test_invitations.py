"""Invitations, sent to a real mail server: who is told what, and once."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from temporalio.testing import ActivityEnvironment

from activities import invitations
from activities.invitations import InvitationActivities, InvitationsPending, NobodyToSendFrom
from config.ports import free_port
from domain.messages.meeting import InvitationsSent, SendInvitations
from integrations.email import smtp as mail
from storage.bookings.time_slots import NOW
from storage.monitoring import read_stored_state
from storage.tables.notifications import InvitationRow
from storage.tables.organisation import EmployeeRow, OrganisationRow, RoomRow
from tests.integration.activities.booking_fixture import (
    AKSEL,
    FREJA,
    KASTELLET,
    MAGNUS,
    NYHAVN,
    BookingFixture,
    until,
)
from tests.integration.activities.notifications.invited_meeting import AKSELS, AT, FREJAS, MAGNUS_S, ROOMS, Invited
from tests.support.mail_server import DROP, LOOPBACK, TAKEN, MailServer, mail_server

TEAM = {"additional_employees": [MAGNUS], "room_id": NYHAVN}


@pytest.fixture
async def invited(bookings: BookingFixture, post: MailServer) -> Invited:
    return await Invited.made(bookings, mail.MailServer(LOOPBACK, post.port, "none"), **TEAM)


class TestWhoIsTold:
    async def test_a_meeting_that_is_made_changed_and_cancelled(self, invited: Invited, post: MailServer) -> None:
        everybody = (FREJAS, MAGNUS_S, ROOMS)
        assert await invited.send() == InvitationsSent(sent=3)
        await invited.change(title="Our second home")
        assert await invited.send(1) == InvitationsSent(sent=3)
        await invited.cancel()
        assert await invited.send(2) == InvitationsSent(sent=3)
        states = (("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2))
        assert post.told == [(each, *state) for state in states for each in everybody]
        assert len({mail.id for mail in post.taken}) == 9
        assert len({mail.calendar.vevent.uid.value for mail in post.taken}) == 1
        assert post.connections == 3

    async def test_who_and_what_a_change_has_removed(self, invited: Invited, post: MailServer) -> None:
        await invited.send()
        post.taken.clear()
        await invited.change(additional_employees=[AKSEL], room_id=KASTELLET)
        assert await invited.send(1, MAGNUS) == InvitationsSent(sent=5)
        present = [(FREJAS, "REQUEST", 1), (AKSELS, "REQUEST", 1), (f"room.kastellet{AT}", "REQUEST", 1)]
        assert post.told == [*present, (MAGNUS_S, "CANCEL", 1), (ROOMS, "CANCEL", 1)]
        for told in post.taken[3:]:
            (attendee,) = told.calendar.vevent.attendee_list
            assert attendee.value == f"mailto:{told.recipient}"
            assert "status" not in told.calendar.vevent.contents
        await invited.change(title="Our second home")
        assert await invited.send(2) == InvitationsSent(sent=3)

    async def test_one_who_comes_back(self, invited: Invited, post: MailServer) -> None:
        await invited.send()
        await invited.change(additional_employees=[])
        await invited.send(1, MAGNUS)
        await invited.change(additional_employees=[MAGNUS])
        await invited.send(2)
        assert [told[1:] for told in post.told if told[0] == MAGNUS_S] == [
            ("REQUEST", 0),
            ("CANCEL", 1),
            ("REQUEST", 2),
        ]

    async def test_a_state_that_is_over_is_told_to_those_alone_who_left_with_it(
        self, invited: Invited, post: MailServer
    ) -> None:
        await invited.change(additional_employees=[AKSEL])
        await invited.change(title="Our second home")
        assert await invited.send(1, MAGNUS, AKSEL) == InvitationsSent(sent=1)
        assert post.told == [(MAGNUS_S, "CANCEL", 1)]

    async def test_a_state_that_is_over_before_all_of_it_was_told(self, invited: Invited, post: MailServer) -> None:
        post.of_recipients[MAGNUS_S] = ["451 later"]
        with pytest.raises(InvitationsPending):
            await invited.send()
        await invited.change(title="Our second home")
        assert await invited.send() == InvitationsSent(sent=2)
        await invited.send(1)
        assert (await invited.statuses())[MAGNUS_S] == [("Superseded", 1), ("Sent", 1)]
        assert [told[1:] for told in post.told if told[0] == MAGNUS_S] == [("REQUEST", 1)]

    async def test_a_meeting_that_is_gone(self, invited: Invited, post: MailServer) -> None:
        gone = SendInvitations(meeting_id=FREJA, sequence=0)
        steps = InvitationActivities(invited.database, invited.server)
        assert await ActivityEnvironment().run(steps.send_invitations, gone) == InvitationsSent()
        assert post.connections == 0

    async def test_without_a_mail_server_nothing_is_sent(self, bookings: BookingFixture) -> None:
        invited = await Invited.made(bookings, None)
        assert await invited.send() == InvitationsSent()
        assert await invited.rows() == []

    @pytest.mark.usefixtures("configurable")
    async def test_a_room_without_a_mailbox(self, invited: Invited) -> None:
        await invited.alter(RoomRow, NYHAVN, email="")
        assert await invited.send() == InvitationsSent(sent=2)

    @pytest.mark.usefixtures("configurable")
    async def test_an_employee_without_one_is_told_of(self, invited: Invited, post: MailServer) -> None:
        await invited.alter(EmployeeRow, MAGNUS, email="magnus at home\r\nRCPT TO:<eve@example.com>")
        failure = f"employee {MAGNUS}: has no mail address"
        assert await invited.send() == InvitationsSent(sent=2, failures=(failure,))
        assert {told[0] for told in post.told} == {FREJAS, ROOMS}

    @pytest.mark.usefixtures("configurable")
    async def test_an_organisation_without_one_waits_for_an_operator(self, invited: Invited) -> None:
        await invited.alter(OrganisationRow, 1, email="nowhere")
        with pytest.raises(NobodyToSendFrom):
            await invited.send()
        assert len((await invited.give_up()).failures) == 3


class TestOnce:
    async def test_a_step_that_runs_twice_sends_once(self, invited: Invited, post: MailServer) -> None:
        assert await invited.send() == await invited.send() == InvitationsSent(sent=3)
        assert len(post.taken) == 3
        assert post.connections == 1

    async def test_two_that_run_at_once_send_once(self, invited: Invited, post: MailServer) -> None:
        post.held[FREJAS] = asyncio.Event()
        first = asyncio.create_task(invited.send())
        await post.reached.wait()
        with pytest.raises(InvitationsPending, match=f"^employee {FREJA}: is being sent$"):
            await invited.send()
        post.held[FREJAS].set()
        assert await first == InvitationsSent(sent=3)
        assert sorted(told[0] for told in post.told) == [FREJAS, MAGNUS_S, ROOMS]

    async def test_who_died_while_sending_is_waited_for_no_longer_than_the_lease(
        self, invited: Invited, post: MailServer
    ) -> None:
        await invited.send()
        died = {"status": "Pending", "sent_at": None}
        await self.change(invited, **died, claimed_until=NOW + sa.func.make_interval(0, 0, 0, 0, 1))
        with pytest.raises(InvitationsPending):
            await invited.send()
        assert len(post.taken) == 3
        await self.change(invited, claimed_until=NOW)
        assert await invited.send() == InvitationsSent(sent=3)
        assert [mail.id for mail in post.taken[3:]] == [mail.id for mail in post.taken[:3]]
        assert [mail.content for mail in post.taken[3:]] == [mail.content for mail in post.taken[:3]]

    async def test_who_takes_long_keeps_the_lease(
        self, invited: Invited, post: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(invitations, "RENEWED_EVERY", 0.01)
        post.held[FREJAS] = asyncio.Event()
        sending = asyncio.create_task(invited.send())
        await post.reached.wait()
        await self.change(invited, claimed_until=NOW)

        async def is_renewed() -> bool:
            (row,) = (row for row in await invited.rows() if row.recipient == FREJAS)
            return row.claimed_until is not None and row.claimed_until > datetime.now(UTC)

        await until(is_renewed)
        post.held[FREJAS].set()
        assert await sending == InvitationsSent(sent=3)
        assert [row.claimed_until for row in await invited.rows()] == [None] * 3

    @pytest.mark.parametrize(("answer", "status"), [("451 later", "Failed"), (TAKEN, "Sent")])
    async def test_one_that_is_given_up_while_it_is_sent(
        self, invited: Invited, post: MailServer, answer: str, status: str
    ) -> None:
        post.held[FREJAS] = asyncio.Event()
        post.of_mails[FREJAS] = [answer]
        sending = asyncio.create_task(invited.send())
        await post.reached.wait()
        await invited.give_up()
        post.held[FREJAS].set()
        await sending
        told = {row.recipient: row.status for row in await invited.rows()}
        assert told == {FREJAS: status, MAGNUS_S: "Failed", ROOMS: "Failed"}

    async def test_one_that_is_cancelled_finishes_the_mail_that_it_sends(
        self, invited: Invited, post: MailServer
    ) -> None:
        post.held[FREJAS] = asyncio.Event()
        sending = asyncio.create_task(invited.send())
        await post.reached.wait()
        sending.cancel()
        await asyncio.sleep(0)
        post.held[FREJAS].set()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert {row.recipient: row.status for row in await invited.rows()} == {
            FREJAS: "Sent",
            MAGNUS_S: "Pending",
            ROOMS: "Pending",
        }

    async def change(self, invited: Invited, **columns: object) -> None:
        async with invited.database.transaction() as session:
            await session.execute(sa.update(InvitationRow).values(**columns))


class TestRefusals:
    async def test_one_for_good_leaves_the_others(self, invited: Invited, post: MailServer) -> None:
        post.of_recipients[FREJAS] = [f"550 5.1.1 <{FREJAS}> is nobody here"]
        failure = f"employee {FREJA}: refused with 550"
        assert await invited.send() == InvitationsSent(sent=2, failures=(failure,))
        assert await invited.send() == InvitationsSent(sent=2, failures=(failure,))
        told = {row.recipient: (row.status, row.attempts, row.failure) for row in await invited.rows()}
        assert told[FREJAS] == ("Failed", 1, f"550 5.1.1 <{FREJAS}> is nobody here")
        assert post.connections == 1

    async def test_one_for_good_is_logged_without_the_address(
        self, invited: Invited, post: MailServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        post.of_recipients[FREJAS] = [f"550 5.1.1 <{FREJAS}> is nobody here"]
        await invited.send()
        (logged,) = (vars(each) for each in caplog.records if each.message == "a mail was refused for good")
        told = {name: logged[name] for name in ("levelname", "meeting", "recipient", "answer")}
        assert told == {
            "levelname": "WARNING",
            "meeting": invited.meeting_id,
            "recipient": FREJA,
            "answer": "refused with 550",
        }
        assert not [each for each in caplog.records if FREJAS in str(vars(each))]

    async def test_one_of_the_mail_itself(self, invited: Invited, post: MailServer) -> None:
        post.of_mails[ROOMS] = ["554 looks like spam"]
        failure = f"room {NYHAVN}: refused with 554"
        assert await invited.send() == InvitationsSent(sent=2, failures=(failure,))

    @pytest.mark.parametrize("when", ["of_recipients", "of_mails"])
    async def test_one_for_now_is_tried_again_without_the_others(
        self, invited: Invited, post: MailServer, when: str
    ) -> None:
        getattr(post, when)[FREJAS] = ["450 greylisted", "421 shutting down"]
        for code in (450, 421):
            with pytest.raises(InvitationsPending, match=f"^employee {FREJA}: refused with {code}$"):
                await invited.send()
        assert await invited.send() == InvitationsSent(sent=3)
        assert sorted(told[0] for told in post.told) == [FREJAS, MAGNUS_S, ROOMS]
        assert (await invited.statuses())[FREJAS] == [("Sent", 3)]

    async def test_an_outcome_that_is_unknown_is_sent_again_under_the_same_message_id(
        self, invited: Invited, post: MailServer
    ) -> None:
        post.of_mails[FREJAS] = [DROP]
        with pytest.raises(InvitationsPending, match=f"^employee {FREJA}: no answer"):
            await invited.send()
        assert await invited.send() == InvitationsSent(sent=3)
        assert [told[0] for told in post.told] == [FREJAS, MAGNUS_S, ROOMS, FREJAS]
        assert post.taken[0].content == post.taken[3].content
        assert post.connections == 3

    async def test_a_server_that_is_down_is_asked_once_a_step(self, bookings: BookingFixture) -> None:
        port = free_port()
        invited = await Invited.made(bookings, mail.MailServer(LOOPBACK, port, "none"), **TEAM)
        with pytest.raises(InvitationsPending, match="no connection"):
            await invited.send()
        async with mail_server(port=port) as post:
            assert await invited.send() == InvitationsSent(sent=3)
        assert len(post.taken) == 3

    async def test_mails_that_wait_are_counted_for_the_metrics(self, bookings: BookingFixture) -> None:
        port = free_port()
        invited = await Invited.made(bookings, mail.MailServer(LOOPBACK, port, "none"), **TEAM)
        with pytest.raises(InvitationsPending):
            await invited.send()
        assert await pending_mails(invited) == 3
        async with mail_server(port=port):
            await invited.send()
        assert await pending_mails(invited) == 0

    async def test_what_cannot_be_sent_for_days_is_given_up(self, invited: Invited, post: MailServer) -> None:
        post.of_recipients[FREJAS] = ["450 greylisted"]
        with pytest.raises(InvitationsPending):
            await invited.send()
        given_up = InvitationsSent(sent=2, failures=(f"employee {FREJA}: refused with 450",))
        assert await invited.give_up() == await invited.give_up() == await invited.send() == given_up
        assert len(post.taken) == 2


async def pending_mails(invited: Invited) -> int:
    async with invited.database.autocommit() as session:
        return (await read_stored_state(session)).pending_mails
