"""From a complaint to its cause: what an operator has to end. A mail, a webhook, a compensation, a lost key."""

import base64
import os
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.events import RelayActivities
from activities.invitations import InvitationActivities
from admin.connections import Connections
from admin.documents import Outcome, Story
from admin.story.find import Finder, NothingFound
from admin.story.question import Question
from admin.story.runs import read_runs
from config.errors import StackError
from config.settings import Settings
from config.temporal import connect
from devstack.postgres import EmbeddedPostgres
from integrations.email.smtp import MailServer as Server
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.admin.reading.support import UI, Booking, at, do, find_token, made, reserved, story_of
from tests.integration.api.support import FREJA, eventually, ok
from tests.support.clients import ApiClient
from tests.support.mail_server import LOOPBACK, MailServer, mail_server
from tests.support.stoppable_database import WithStoppableDatabase
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.deliveries import make_delivery_worker
from workers.main import SANDBOX, make_worker
from workers.webhook_runs import WebhookRuns
from workflows.common.runs import delivery_workflow_id


class TestMails:
    @pytest.fixture
    async def post(self) -> AsyncIterator[MailServer]:
        async with mail_server() as server:
            yield server

    @pytest.fixture
    def notifications(self) -> NotificationSettings:
        return NotificationSettings(invites=True)

    @pytest.fixture
    def all_steps(self, all_steps: tuple[object, ...], database: Database, post: MailServer) -> tuple[object, ...]:
        return (*all_steps, InvitationActivities(database, Server(LOOPBACK, post.port, "none")))

    async def test_one_that_is_refused(self, client: ApiClient, finder: Finder, post: MailServer) -> None:
        employee = ok(await client.get(f"/config/employees/{FREJA}"))
        post.of_recipients[employee["email"]] = ["550 nobody here"]
        meeting = await made(client)

        async def is_refused() -> bool:
            return (await story_of(finder)).outcome is Outcome.MAIL_REFUSED

        await eventually(is_refused)
        story = await story_of(finder, Question(meeting_id=UUID(meeting["id"])))
        refused = "Mail refused: the mail to Freja Lindqvist was not delivered: 550 nobody here."
        assert story.conclusion == f"{refused} The meeting of {at(meeting)} is planned."
        (mail,) = (each for each in story.entries if each.source == "mail")
        assert mail.text == "Mail refused: REQUEST of version 0 to Freja Lindqvist, at attempt 1: 550 nobody here"


class TestWebhooks:
    @pytest.fixture
    async def receiver(self) -> AsyncIterator[WebhookReceiver]:
        async with webhook_receiver() as server:
            yield server

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"allow_private_addresses": True})

    @pytest.fixture
    async def worker(
        self, engine: Client, settings: Settings, all_steps: tuple[object, ...], database: Database, booking: Booking
    ) -> AsyncIterator[None]:
        async with (
            outbound_client(private_too=True) as outside,
            make_worker(engine, settings.task_queue, *all_steps),
            make_delivery_worker(engine, settings, database, WebhookRequests(outside), SANDBOX),
        ):
            yield
        await engine.get_workflow_handle(delivery_workflow_id(booking.client_id)).terminate(reason="the test is over")

    async def test_one_that_is_down(
        self, client: ApiClient, finder: Finder, receiver: WebhookReceiver, booking: Booking, settings: Settings
    ) -> None:
        receiver.status = "503 Later"
        webhook = ok(await client.post("/bookme/webhooks", {"url": receiver.url}))
        meeting = await made(client)
        runs = WebhookRuns(booking.engine, settings.delivery_task_queue)
        await RelayActivities(finder.connections.database, runs.hand_over).relay()

        async def is_tried() -> bool:
            return (await story_of(finder)).outcome is Outcome.WEBHOOK_DOWN

        await eventually(is_tried)
        story = await story_of(finder)
        name = f"webhook 127.0.0.1 ({webhook['id']})"
        assert story.conclusion.startswith(
            f"Webhook down: 1 event could not be delivered to {name}: the receiver answered 503 at "
        )
        assert story.conclusion.endswith(f"The meeting of {at(meeting)} is planned.")
        texts = [each.text for each in story.entries if each.source == "webhook"]
        assert f"Webhook: booking.reserved to {name} not delivered: the receiver answered 503, at attempt 1" in texts
        assert sum("waits for its next attempt" in text for text in texts) == 3
        assert delivery_workflow_id(booking.client_id) in {each.workflow_id for each in story.runs}


class TestWithoutTheDatabase(WithStoppableDatabase):
    async def test_a_compensation_that_cannot_finish(
        self, client: ApiClient, own: EmbeddedPostgres, engine: Client, finder: Finder, booking: Booking
    ) -> None:
        held = await reserved(client)
        await own.stop()
        try:
            await booking.run.cancel()

            async def has_failed() -> bool:
                (run,) = await read_runs(engine, booking.workflow_id, with_history=False)
                return any(step.attempt > 2 for step in run.pending)

            await eventually(has_failed, patience=40)
            for asked in (find_token(client_id=booking.client_id), find_token(), Question(client_id=booking.client_id)):
                stories = (await finder.find(asked, 500)).stories
                (story,) = (each for each in stories if each.client_ids == [booking.client_id])
                assert story.conclusion.startswith('Stuck: the step "Undo: release the time slot" has failed ')
                assert "The database cannot be used right now" in story.conclusion
                assert "An operator cancelled the booking, by the run of " in story.conclusion
                assert any(note.startswith("The database cannot be reached") for note in story.notes)
            with pytest.raises(StackError, match="Temporal does not know this"):
                await finder.find(Question(customer_id="customer-4711"), 5)
            with pytest.raises(NothingFound):
                await finder.find(find_token(client_id="nobody"), 5)
        finally:
            await own.start()
        await booking.ended()
        assert (await story_of(finder)).conclusion.startswith(
            f"Cancelled: an operator cancelled the booking of {at(held)} at "
        )


def new_key() -> SecretStr:
    return SecretStr(base64.b64encode(os.urandom(32)).decode())


class TestEncrypted:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"payload_key": new_key()})

    @pytest.fixture
    async def engine(self, temporal: WorkflowEnvironment, settings: Settings) -> Client:
        return await connect(settings, environment=address_of(temporal))

    async def test_a_refusal_is_read_with_the_key_alone(
        self,
        client: ApiClient,
        finder: Finder,
        database: Database,
        temporal: WorkflowEnvironment,
        settings: Settings,
        booking: Booking,
    ) -> None:
        held = await reserved(client)
        await do(database, "UPDATE time_slot SET version = version + 1")
        await client.book(held["id"])
        assert "HOLD_RELEASED: The hold on this time slot has ended" in refusal(await story_of(finder))
        other = settings.model_copy(update={"payload_key": new_key()})
        mistaken = await connect(other, environment=address_of(temporal))
        story = await story_of(Finder(Connections(database, mistaken), UI))
        assert "cannot be decrypted: no key" in refusal(story)
        assert story.outcome is Outcome.HELD
        await booking.run.terminate(reason="the test is over")


def address_of(temporal: WorkflowEnvironment) -> dict[str, str]:
    return {"TEMPORAL_ADDRESS": temporal.client.service_client.config.target_host}


def refusal(story: Story) -> str:
    return next(each.text for each in story.entries if each.source == "refusal")
