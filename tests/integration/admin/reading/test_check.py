"""What does not fit together is named, with what to do; a repair puts it right by the means that BookMe has anyway."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Final
from uuid import UUID

import pytest
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.service import RPCError

from admin.changes import Operation, read_log
from admin.check import bookings, meetings, runs, servers
from admin.check.checks import Check as NamedCheck
from admin.check.checks import Repairs, check_all
from admin.check.common import Checking, Mismatch, Repair, found
from admin.connections import Connections
from admin.documents import Finding
from config.errors import StackError
from config.settings import Settings
from config.temporal import last_start
from storage.bookings.lapsed_holds import remove_lapsed_holds
from storage.database import Database
from storage.notifications.event_log import publish
from tests.integration.admin.reading.support import Booking, booked, do, made, reserved
from tests.integration.api.support import INGRID, eventually, ok
from tests.support.clients import ApiClient
from workers.schedules import prepare_engine
from workflows.common.runs import (
    OPEN_MEETINGS_SCHEDULE,
    REFRESH_CALENDARS_SCHEDULE,
    RELAY_ID,
    delivery_workflow_id,
    meeting_workflow_id,
)

Check = Callable[[Checking], AsyncIterator[Mismatch]]
NEW_TITLE: Final = [{"op": "replace", "path": "/title", "value": "New"}]


@pytest.fixture
def checking(database: Database, engine: Client, settings: Settings) -> Checking:
    return Checking(Connections(database, engine), settings)


async def findings(check: Check, checking: Checking, subject: object) -> list[Mismatch]:
    """What the check finds about this; other tests have left runs behind."""
    return [each async for each in check(checking) if each.finding.subject == str(subject)]


async def one(check: Check, checking: Checking, subject: object, kind: str) -> Mismatch:
    (found,) = await findings(check, checking, subject)
    assert found.finding.kind == kind
    assert found.finding.can_repair is (found.repair is not None)
    assert found.finding.advice.endswith(".")
    return found


async def repaired(found: Mismatch) -> str:
    assert found.repair is not None
    return await found.repair.perform()


class TestBookings:
    async def test_all_is_well(self, client: ApiClient, checking: Checking, booking: Booking) -> None:
        slot = await booked(client)
        assert await findings(bookings.holds, checking, slot["id"]) == []
        assert await findings(bookings.waiting_runs, checking, booking.workflow_id) == []
        assert await findings(bookings.attendee_slots, checking, slot["id"]) == []
        assert checking.examined["holds"] == 1
        assert checking.examined["booking runs"] >= 1

    @pytest.mark.ci
    async def test_a_hold_without_a_run(self, client: ApiClient, checking: Checking, booking: Booking) -> None:
        """The run was terminated at once. Neither the age of the hold nor the index of runs hides that."""
        slot = await booked(client)
        await booking.run.terminate(reason="by mistake")
        found = await one(bookings.holds, checking, slot["id"], "hold-without-run")
        assert "and has no run" in found.finding.text
        assert await repaired(found) == "started a run that takes the booking over"
        assert await findings(bookings.holds, checking, slot["id"]) == []
        ok(await client.create_meeting(slot))

    async def test_an_overdue_hold(
        self, client: ApiClient, checking: Checking, database: Database, booking: Booking
    ) -> None:
        slot = await reserved(client)
        await booking.run.terminate(reason="by mistake")
        await do(database, "UPDATE time_slot SET hold_expires_at = now() - interval '50 s'")
        found = await one(bookings.holds, checking, slot["id"], "hold-overdue")
        assert await repaired(found) == "removed 1 overdue holds"
        assert await findings(bookings.holds, checking, slot["id"]) == []

    @pytest.mark.ci
    async def test_a_run_without_a_hold(
        self, client: ApiClient, checking: Checking, database: Database, booking: Booking
    ) -> None:
        await reserved(client)
        await do(database, "UPDATE time_slot SET hold_expires_at = now() - interval '1 min'")
        async with database.transaction() as session:
            assert await remove_lapsed_holds(session) == 1
        found = await one(bookings.waiting_runs, checking, booking.workflow_id, "run-without-hold")
        assert await repaired(found) == "signalled the run to look at the database"
        await booking.ended()
        assert await findings(bookings.waiting_runs, checking, booking.workflow_id) == []

    async def test_attendee_slots_out_of_step(self, client: ApiClient, checking: Checking, database: Database) -> None:
        team = {"explicitEmployeeIds": f"{INGRID}", "meetingTypes": "online"}
        slot = (await client.search(**team))[0]
        held = ok(await client.reserve(slot, "a-team"))
        assert await findings(bookings.attendee_slots, checking, held["id"]) == []
        await do(database, "UPDATE time_slot SET additional_employees = ARRAY[gen_random_uuid()]")
        found = await one(bookings.attendee_slots, checking, held["id"], "attendee-slots")
        assert found.repair is None


class TestMeetings:
    @pytest.fixture
    async def meeting_id(self, client: ApiClient) -> UUID:
        return UUID((await made(client))["id"])

    @pytest.mark.ci
    async def test_one_that_is_near_without_a_run(
        self, meeting_id: UUID, checking: Checking, database: Database
    ) -> None:
        check = partial(findings, meetings.near_meetings, checking, meeting_id)
        assert await check() == []
        near = "start_at = now() + interval '3 h', end_at = now() + interval '4 h', created_at = now() - interval '1 h'"
        await do(database, f"UPDATE meeting SET {near}")
        found = await one(meetings.near_meetings, checking, meeting_id, "meeting-without-run")
        assert await repaired(found) == "started the run of the meeting"
        assert await check() == []

    async def test_a_run_of_a_cancelled_one(
        self, client: ApiClient, meeting_id: UUID, checking: Checking, database: Database, engine: Client
    ) -> None:
        ok(await client.http.patch(f"/bookme/meetings/{meeting_id}", json=NEW_TITLE, headers=client.headers))
        check = partial(findings, meetings.cancelled_meetings, checking, meeting_id)
        assert await check() == []
        await do(database, "UPDATE meeting SET time_slot_id = NULL, cancelled_at = now() - interval '5 min'")
        await do(database, "DELETE FROM time_slot")
        found = await one(meetings.cancelled_meetings, checking, meeting_id, "run-of-cancelled-meeting")
        assert await repaired(found) == "requested the cancellation of the run"
        ending = await engine.get_workflow_handle(meeting_workflow_id(meeting_id)).result()
        assert ending["status"] == "Cancelled"
        assert await check() == []

    async def test_a_mail_that_nobody_sends(self, meeting_id: UUID, checking: Checking, database: Database) -> None:
        mail = (
            f"INSERT INTO invitation SELECT 'late', '{meeting_id}', 0, 'REQUEST', employee_id, NULL, 'a@example.com',"
        )
        claimed = " 'Pending', 1, NULL, now() - interval '3 h', now() - interval '4 h' FROM meeting"
        await do(database, mail + claimed)
        found = await one(meetings.mails, checking, "late", "mail-without-run")
        assert await repaired(found) == "started the run of the meeting"
        assert (await one(meetings.mails, checking, "late", "mail-late")).repair is None


class TestServers:
    @pytest.fixture
    async def prepared(self, engine: Client) -> AsyncIterator[None]:
        """Without the relay and the schedules at first; whatever the test makes is gone afterwards."""
        await forget(engine)
        yield
        await forget(engine)

    @pytest.mark.usefixtures("worker")
    async def test_workers(self, checking: Checking, settings: Settings) -> None:

        async def is_polled() -> bool:
            return await findings(servers.workers, checking, settings.task_queue) == []

        await eventually(is_polled)
        found = await one(servers.workers, checking, settings.delivery_task_queue, "no-worker")
        assert found.repair is None

    @pytest.mark.usefixtures("prepared")
    async def test_the_relay_and_the_schedules(self, checking: Checking, engine: Client) -> None:
        relay = await one(servers.relay, checking, RELAY_ID, "relay-not-running")
        schedule = await one(servers.schedules, checking, OPEN_MEETINGS_SCHEDULE, "schedule-missing")
        assert await repaired(relay) == "started RelayWorkflow"
        assert await findings(servers.relay, checking, RELAY_ID) == []
        await repaired(schedule)
        for name in (OPEN_MEETINGS_SCHEDULE, REFRESH_CALENDARS_SCHEDULE):
            assert await findings(servers.schedules, checking, name) == []
        described = await engine.get_schedule_handle(OPEN_MEETINGS_SCHEDULE).describe()
        assert last_start(described) == described.info.created_at
        await engine.get_schedule_handle(OPEN_MEETINGS_SCHEDULE).pause(note="a restore")
        paused = await one(servers.schedules, checking, OPEN_MEETINGS_SCHEDULE, "schedule-paused")
        assert (paused.finding.text, paused.repair) == ("the schedule open-meetings is paused: a restore", None)

    @pytest.mark.usefixtures("prepared")
    async def test_events_that_nobody_publishes(
        self, client: ApiClient, checking: Checking, engine: Client, settings: Settings, database: Database
    ) -> None:
        await prepare_engine(engine, settings)
        await reserved(client)
        assert await findings(servers.events, checking, "events") == []
        await do(database, "UPDATE booking_event SET at = at - interval '2 min'")
        found = await one(servers.events, checking, "events", "events-unpublished")
        assert found.finding.text.startswith("1 events wait to be published, the first one since ")

    async def test_deliveries_without_a_run(
        self, client: ApiClient, checking: Checking, database: Database, engine: Client, booking: Booking
    ) -> None:
        ok(await client.post("/bookme/webhooks", {"url": "https://93.184.216.34/hook"}))
        await reserved(client)
        async with database.transaction() as session:
            await publish(session)
        assert await findings(servers.deliveries, checking, booking.client_id) == [], "the relay has not been late yet"
        await do(database, "UPDATE webhook_delivery SET created_at = created_at - interval '2 min'")
        found = await one(servers.deliveries, checking, booking.client_id, "deliveries-without-run")
        assert await repaired(found) == "started the run that delivers"
        assert await findings(servers.deliveries, checking, booking.client_id) == []
        await engine.get_workflow_handle(delivery_workflow_id(booking.client_id)).terminate(reason="the test is over")


async def forget(engine: Client) -> None:
    with suppress(RPCError):
        await engine.get_workflow_handle(RELAY_ID).terminate(reason="the test is over")
    for name in (OPEN_MEETINGS_SCHEDULE, REFRESH_CALENDARS_SCHEDULE):
        with suppress(RPCError):
            await engine.get_schedule_handle(name).delete()


@pytest.mark.ci
async def test_a_compensation_that_fails(
    client: ApiClient, checking: Checking, database: Database, booking: Booking
) -> None:
    """A row that somebody keeps locked stands for a database that cannot be used."""
    await reserved(client)
    async with database.transaction() as session:
        await session.execute(sa.text("SELECT 1 FROM time_slot FOR UPDATE"))
        await booking.run.cancel()

        async def is_found() -> bool:
            return bool(await findings(runs.compensations, checking, booking.workflow_id))

        await eventually(is_found, patience=30)
        found = await one(runs.compensations, checking, booking.workflow_id, "compensation-stuck")
        assert '"Undo: release the time slot" has failed' in found.finding.text
        assert found.repair is None


@pytest.mark.ci
async def test_all_checks_and_repairs(
    client: ApiClient, checking: Checking, database: Database, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = await booked(client)
    await booking.run.terminate(reason="by mistake")
    shown: list[Finding] = []
    report = await check_all(checking, on_finding=shown.append)
    assert shown == report.findings
    assert {"no-worker", "hold-without-run"} <= {each.kind for each in report.findings}
    assert all(each.repaired is None for each in report.findings)
    assert report.examined["holds"] == 1
    monkeypatch.setattr("admin.check.checks.CHECKS", (NamedCheck("holds", bookings.holds),))
    operation = Operation(checking.settings, database, checking.client, "anna")
    repairs = Repairs(operation, "terminated by mistake")
    (finding,) = (await check_all(checking, repairs=repairs, on_finding=shown.append)).findings
    assert (finding.subject, finding.repaired) == (slot["id"], "started a run that takes the booking over")
    assert (await check_all(checking, repairs=repairs, on_finding=shown.append)).findings == []
    logged = await read_log(database, subject=slot["id"], limit=10)
    said = ("anna", "repair-hold-without-run", f"time_slot:{slot['id']}", "terminated by mistake")
    assert [(each.actor, each.action, each.subject, each.reason, each.outcome) for each in logged] == [
        (*said, "Done"), (*said, "Requested"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "said", "outcome"),
    [
        (StackError("The meeting is gone."), "The meeting is gone.", "Refused"),
        (RuntimeError("cut off"), "cut off", "Unknown"),
    ],
)
async def test_a_repair_that_fails_is_recorded_with_the_finding_as_its_reason(
    checking: Checking, database: Database, monkeypatch: pytest.MonkeyPatch, failure: Exception, said: str, outcome: str
) -> None:
    async def perform() -> str:
        raise failure

    async def look(_: Checking) -> AsyncIterator[Mismatch]:
        yield found("kind", "subject", "it does not fit", "Do this.", repair=Repair("run:subject", perform))

    monkeypatch.setattr("admin.check.checks.CHECKS", (NamedCheck("it", look),))
    repairs = Repairs(Operation(checking.settings, database, checking.client, "anna"))
    (finding,) = (await check_all(checking, repairs=repairs, on_finding=lambda _: None)).findings
    assert finding.repaired is None
    assert said in (finding.repair_failed or "")
    logged = await read_log(database, subject="subject", limit=10)
    assert [(each.reason, each.outcome) for each in logged] == [
        ("it does not fit", outcome), ("it does not fit", "Requested"),
    ]  # fmt: skip


async def test_pages(client: ApiClient, checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookings, "PAGE", 2)
    slots = [await reserved(client, f"token-{number}", number) for number in range(5)]
    assert [each async for each in bookings.holds(checking)] == []
    assert checking.examined["holds"] == len(slots)
