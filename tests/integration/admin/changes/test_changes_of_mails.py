"""`bookme admin resend-mail` and `acknowledge` of a meeting: refused mails, and runs that need an operator."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from temporalio.client import Client

from activities.invitations import InvitationActivities
from config.settings import Settings
from integrations.email.smtp import MailServer as Server
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from storage.notifications.invitations import InvitationStatus, list_invitations
from storage.tables.notifications import InvitationRow
from tests.integration.admin.changes.support import TRY_AGAIN, WHY, YES, Shell, entry
from tests.integration.api.support import EVERY_SCOPE, UNKNOWN, eventually, ok
from tests.support.clients import ApiClient, Json
from tests.support.mail_server import LOOPBACK, MailServer, mail_server
from workers.main import make_worker
from workflows.common import search_attributes
from workflows.common.runs import meeting_workflow_id

NOBODY = "550 nobody here"


@pytest.fixture
async def post() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
def notifications() -> NotificationSettings:
    return NotificationSettings(invites=True)


@pytest.fixture
def all_steps(all_steps: tuple[object, ...], database: Database, post: MailServer) -> tuple[object, ...]:
    return (*all_steps, InvitationActivities(database, Server(LOOPBACK, post.port, "none")))


class Mails:
    """The mails of one meeting, and its run."""

    def __init__(self, database: Database, engine: Client, meeting: Json) -> None:
        self._database = database
        self.run = engine.get_workflow_handle(meeting_workflow_id(UUID(meeting["id"])))
        self.meeting = meeting
        self.id: str = meeting["id"]

    async def rows(self) -> list[InvitationRow]:
        async with self._database.transaction() as session:
            return list(await list_invitations(session, UUID(self.id)))

    async def until_all_are(self, status: InvitationStatus) -> None:
        async def are_so() -> bool:
            return {row.status for row in await self.rows()} == {status}

        await eventually(are_so)

    async def needs_operator(self) -> bool:
        found = (await self.run.describe()).typed_search_attributes
        return bool(found.get(search_attributes.NEEDS_OPERATOR))

    async def until_an_operator_is_needed(self) -> None:
        await eventually(self.needs_operator)

    async def until_no_operator_is_needed(self) -> None:
        async def is_so() -> bool:
            return not await self.needs_operator()

        await eventually(is_so)


async def refused(client: ApiClient, post: MailServer, database: Database, engine: Client) -> Mails:
    """A meeting whose only mail the mail server has refused for good."""
    booked = await client.booked()
    employee = ok(await client.get(f"/config/employees/{booked['employeeId']}"))
    post.of_recipients[employee["email"]] = [NOBODY]
    mails = Mails(database, engine, ok(await client.create_meeting(booked)))
    await mails.until_all_are(InvitationStatus.FAILED)
    await mails.until_an_operator_is_needed()
    return mails


@pytest.fixture
async def mails(client: ApiClient, post: MailServer, database: Database, engine: Client) -> Mails:
    return await refused(client, post, database, engine)


class TestResendMail:
    async def test_sends_it_and_no_operator_is_needed(self, mails: Mails, post: MailServer, shell: Shell) -> None:
        done = await shell.done("resend-mail", mails.id)
        assert done["outcome"] == "Done"
        await mails.until_all_are(InvitationStatus.SENT)
        await mails.until_no_operator_is_needed()
        (mail,) = post.taken
        (row,) = await mails.rows()
        assert (mail.id, row.attempts) == (row.message_id, 2)
        subject = f"meeting:{mails.id}"
        assert await shell.log() == [entry("resend-mail", subject, outcome) for outcome in ("Requested", "Done")]

    async def test_a_repeat_says_that_it_is_done_already(self, mails: Mails, post: MailServer, shell: Shell) -> None:
        await shell.done("resend-mail", mails.id)
        await mails.until_all_are(InvitationStatus.SENT)
        again = await shell.done("resend-mail", mails.id)
        assert (again["outcome"], again["text"]) == ("AlreadyDone", "Every mail of version 0 was sent.")
        assert len(post.taken) == 1

    async def test_to_one_recipient_even_if_it_was_sent(self, mails: Mails, post: MailServer, shell: Shell) -> None:
        await shell.done("resend-mail", mails.id)
        await mails.until_all_are(InvitationStatus.SENT)
        await shell.done("resend-mail", mails.id, "--recipient", mails.meeting["employeeId"])

        async def came_twice() -> bool:
            return len(post.taken) == 2

        await eventually(came_twice)
        assert post.taken[0].id == post.taken[1].id

    @pytest.mark.usefixtures("configurable")
    async def test_to_a_corrected_address(
        self, mails: Mails, client: ApiClient, post: MailServer, shell: Shell
    ) -> None:
        staff = await client.as_another("staff", EVERY_SCOPE)
        corrected = [{"op": "replace", "path": "/email", "value": "new@nordhavn.example.com"}]
        path = f"/bookme/config/employees/{mails.meeting['employeeId']}"
        ok(await staff.http.patch(path, json=corrected, headers=staff.headers))
        await shell.done("resend-mail", mails.id)

        async def has_come() -> bool:
            return [mail.recipient for mail in post.taken] == ["new@nordhavn.example.com"]

        await eventually(has_come)
        await mails.until_no_operator_is_needed()
        assert sorted(row.status for row in await mails.rows()) == ["Sent", "Superseded"]

    async def test_of_a_cancelled_meeting_whose_run_has_ended(
        self, mails: Mails, client: ApiClient, post: MailServer, shell: Shell
    ) -> None:
        """The cancellation was refused for good, and then the run ended."""
        (row,) = await mails.rows()
        post.of_recipients[row.recipient] = [NOBODY]
        ok(await client.http.delete(f"/bookme/meetings/{mails.id}", headers=client.headers))
        await mails.run.result()
        await shell.done("resend-mail", mails.id)

        async def is_told() -> bool:
            return [mail.told[1:] for mail in post.taken] == [("CANCEL", 1)]

        await eventually(is_told)

    async def test_is_sent_when_a_worker_is_back(self, mails: Mails, shell: Shell) -> None:
        """The engine keeps the request. Here the run is gone, and its successor is on a queue that nobody serves."""
        await mails.run.terminate("a test")
        done = await shell.done("resend-mail", mails.id, BOOKME_TASK_QUEUE=f"nobody-{uuid4()}")
        assert done["outcome"] == "Done"
        await mails.run.terminate("a test")
        again = await shell.done("resend-mail", mails.id)
        assert again["outcome"] == "Done", "nobody sends the pending mail"
        await mails.until_all_are(InvitationStatus.SENT)

    async def test_what_cannot_be_sent(self, mails: Mails, shell: Shell) -> None:
        assert f"The meeting '{UNKNOWN}' does not exist." in await shell.refused("resend-mail", UNKNOWN)
        assert f"has no mail to {UNKNOWN}" in await shell.refused("resend-mail", mails.id, "--recipient", UNKNOWN)
        said = await shell.admin("resend-mail", mails.id, *WHY, answer="n\n")
        assert "Send 1 mail of version 0 again?" in said.errors
        assert await shell.log() == []


class TestAcknowledge:
    async def test_clears_the_mark_and_sends_nothing(self, mails: Mails, post: MailServer, shell: Shell) -> None:
        done = await shell.done("acknowledge", mails.id)
        assert done["outcome"] == "Done"
        assert not await mails.needs_operator()
        assert post.taken == []
        again = await shell.done("acknowledge", mails.id)
        assert (again["outcome"], "needs an operator" in again["text"]) == ("AlreadyDone", True)
        subject = f"meeting:{mails.id}"
        expected = [entry("acknowledge", subject, each) for each in ("Requested", "Done", "AlreadyDone")]
        assert await shell.log() == expected

    async def test_asks_nothing(self, mails: Mails, shell: Shell) -> None:
        said = await shell.admin("acknowledge", mails.id, *WHY)
        assert (said.status, said.errors) == (0, "")

    async def test_a_meeting_that_does_not_exist(self, shell: Shell) -> None:
        assert f"The meeting '{UNKNOWN}' does not exist." in await shell.refused("acknowledge", UNKNOWN)

    async def test_without_temporal(self, mails: Mails, shell: Shell) -> None:
        """It is not even known whether an operator is needed."""
        said = await shell.admin("acknowledge", mails.id, *YES, TEMPORAL_ADDRESS=f"{LOOPBACK}:1")
        assert (said.status, said.output) == (1, "")
        assert "Temporal cannot be reached" in said.errors


@pytest.mark.ci
async def test_acknowledge_without_a_worker(
    http: httpx.AsyncClient,
    engine: Client,
    settings: Settings,
    all_steps: tuple[object, ...],
    post: MailServer,
    shell: Shell,
) -> None:
    async with make_worker(engine, settings.task_queue, *all_steps):
        client = await ApiClient.authorised(http, "demo")
        mails = await refused(client, post, shell.database, engine)
    said = await shell.refused("acknowledge", mails.id, status=TRY_AGAIN, BOOKME_REQUEST_TIMEOUT="PT1S")
    assert "Check that workers run, and repeat the command" in said
    assert await shell.outcomes() == ["Requested", "Unknown"]
    assert await mails.needs_operator()
    async with make_worker(engine, settings.task_queue, *all_steps):
        assert (await shell.done("acknowledge", mails.id))["outcome"] in {"Done", "AlreadyDone"}
        assert not await mails.needs_operator()
