"""From a complaint to its cause: how a booking has ended, in the first line."""

import asyncio
import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client

from admin.connections import Connections
from admin.documents import Outcome
from admin.story.case import Case
from admin.story.conclusion import conclude
from admin.story.find import Finder, NothingFound
from admin.story.question import Question
from admin.story.runs import describe, read_runs
from config.errors import StackError
from config.ports import free_port
from config.settings import Settings
from config.temporal import connect
from domain.errors import TimeSlotTaken
from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.integration.admin.reading.support import (
    FREJAS,
    TOKEN,
    UI,
    Booking,
    at,
    booked,
    do,
    find_token,
    kinds,
    local,
    made,
    reserved,
    story_of,
    utc,
)
from tests.integration.api.support import EVERY_SCOPE, FREJA, UNKNOWN, eventually, new_token, ok, reserve_through_run
from tests.support.clients import ApiClient, Json, reservation
from workflows.common.runs import meeting_workflow_id


async def has_no_row(client: ApiClient, slot: Json) -> None:
    async def is_gone() -> bool:
        return (await client.time_slot(slot["id"])).status_code == 404

    await eventually(is_gone, patience=60)


@pytest.mark.ci
class TestExpired:
    @pytest.fixture
    def terms(self) -> BookingLimits:
        return BookingLimits(timedelta(seconds=1), timedelta(seconds=1), max_holds=500)

    async def test_a_hold_that_was_not_confirmed(self, client: ApiClient, booking: Booking, finder: Finder) -> None:
        held = await reserved(client)
        await booking.ended()
        story = await story_of(finder)
        until = utc(held["holdExpiresAt"])
        assert story.conclusion == f"Expired: the hold of {at(held)} was not confirmed until {until}."
        assert kinds(story) == ["booking.reserved", "booking.expired"]
        assert any(each.text == f"Reserved: {at(held)}, held until {until}" for each in story.entries)
        assert [each.at for each in story.entries] == sorted(each.at for each in story.entries)
        (run,) = story.runs
        assert (run.workflow_id, run.status) == (booking.workflow_id, "Completed")
        assert run.url == f"{UI}/namespaces/default/workflows/{booking.workflow_id}/{run.run_id}/history"
        assert (story.client_ids, story.tokens, story.time_zone) == ([booking.client_id], [TOKEN], "Europe/Copenhagen")

    async def test_a_booked_time_slot_without_a_meeting(
        self, client: ApiClient, booking: Booking, finder: Finder
    ) -> None:
        slot = await booked(client)
        await booking.ended()
        until = utc(slot["holdExpiresAt"])
        conclusion = (await story_of(finder)).conclusion
        assert conclusion == f"Expired: the hold of {at(slot)} was marked Booked, but got no meeting until {until}."

    async def test_it_is_found_by_everything_that_names_it(
        self, client: ApiClient, booking: Booking, finder: Finder, database: Database
    ) -> None:
        held = await reserved(client)
        await booking.ended()
        await do(database, "UPDATE booking_event SET customer_id = '4711'")
        start = datetime.fromisoformat(held["startDate"])
        clock = datetime.fromisoformat(local(held["startDate"])[4:20])
        for asked in (
            find_token(client_id=booking.client_id),
            Question(customer_id="4711"),
            Question(time_slot_id=UUID(held["id"])),
            Question(employee=FREJA, at=start),
            Question(employee="freja lindqvist", at=clock),
            Question(employee="Freja", at=clock),
            Question(client_id=booking.client_id, since=timedelta(hours=1)),
        ):
            story = await story_of(finder, asked)
            assert story.outcome is Outcome.EXPIRED, asked
            assert story.customer_ids == ["4711"]

    @pytest.mark.ci
    async def test_after_the_retention_of_the_engine(
        self, client: ApiClient, engine: Client, finder: Finder, booking: Booking
    ) -> None:
        await reserved(client)
        await booking.ended()
        before = await story_of(finder)
        await delete_runs(engine, booking.workflow_id)
        story = await story_of(finder)
        assert story.conclusion == before.conclusion
        assert kinds(story) == kinds(before)
        assert (story.runs, [each for each in story.notes if "has no run" in each]) == ([], story.notes)

    async def test_while_the_engine_is_down(
        self, client: ApiClient, booking: Booking, database: Database, settings: Settings, finder: Finder
    ) -> None:
        await reserved(client)
        await booking.ended()
        before = await story_of(finder)
        nowhere = await connect(settings, lazy=True, environment={"TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}"})
        story = await story_of(Finder(Connections(database, nowhere), UI))
        assert story.conclusion == before.conclusion
        assert story.runs == []
        assert [note for note in story.notes if note.startswith("Temporal cannot be reached")] == story.notes

    async def test_the_next_booking_of_the_token_belongs_to_the_story(
        self, client: ApiClient, booking: Booking, finder: Finder
    ) -> None:
        first = await reserved(client)
        await booking.ended()
        second = await reserved(client, number=2)
        story = await story_of(finder)
        assert kinds(story)[:3] == ["booking.reserved", "booking.expired", "booking.reserved"]
        assert len(story.runs) == 2
        await booking.ended()
        of_first = await story_of(finder, Question(time_slot_id=UUID(first["id"])))
        assert at(first) in of_first.conclusion
        assert at(second) in (await story_of(finder)).conclusion


async def delete_runs(engine: Client, name: str) -> None:
    """As the retention of the namespace does."""
    run = WorkflowExecution(workflow_id=name)
    request = DeleteWorkflowExecutionRequest(namespace=engine.namespace, workflow_execution=run)
    await engine.workflow_service.delete_workflow_execution(request)

    async def is_gone() -> bool:
        return await describe(engine, name) is None

    await eventually(is_gone, patience=60)


async def test_a_hold_that_lives(client: ApiClient, finder: Finder) -> None:
    held = await reserved(client)
    story = await story_of(finder)
    until = f"until {utc(held['holdExpiresAt'])}"
    assert story.conclusion == f"Held: {at(held)} is Reserved {until}, and waits for the client to mark it Booked."
    ok(await client.book(held["id"]))
    assert "waits for the client to create the meeting" in (await story_of(finder)).conclusion


async def test_released_by_the_client(client: ApiClient, finder: Finder, booking: Booking) -> None:
    held = await reserved(client)
    assert (await client.give_back(held["id"])).status_code == 204
    story = await story_of(finder)
    assert re.fullmatch(
        rf"Released: the client gave the hold of {re.escape(at(held))} back at [\d-]+ [\d:]+Z\.", story.conclusion
    )
    assert kinds(story) == ["booking.reserved", "booking.released"]


async def test_replaced_under_the_same_token(client: ApiClient, finder: Finder) -> None:
    first = await reserved(client)
    second = await reserved(client, number=2)
    story = await story_of(finder)
    assert story.conclusion.startswith(f"Held: {at(second)} is Reserved")
    replaced = (await story_of(finder, Question(time_slot_id=UUID(first["id"])))).conclusion
    assert replaced.startswith(f"Replaced: another time slot under the same token replaced the hold of {at(first)} at ")


async def test_cancelled_by_an_operator(client: ApiClient, booking: Booking, finder: Finder) -> None:
    held = await reserved(client)
    await booking.run.cancel()
    await has_no_row(client, held)
    story = await story_of(finder)
    assert story.conclusion.startswith(f"Cancelled: an operator cancelled the booking of {at(held)} at ")
    assert any(each.kind == "run.cancel-requested" for each in story.entries)


async def test_moved(client: ApiClient, finder: Finder, booking: Booking) -> None:
    meeting = await made(client)
    there = (await client.search(**FREJAS))[3]
    target = {name: there[name] for name in ("startDate", "endDate", "employeeId")}
    moved = ok(await client.post(f"/bookme/meetings/{meeting['id']}/move", target))
    story = await story_of(finder)
    expected = f"Moved: the meeting was moved from {local(meeting['startDate'])} to {at(moved)}, at "
    assert story.conclusion.startswith(expected)
    assert moved["startDate"] != meeting["startDate"]
    assert story.meeting_ids == [UUID(meeting["id"])]
    assert story.customer_ids == ["customer-4711"]
    assert {each.workflow_id for each in story.runs} == {booking.workflow_id, meeting_workflow_id(UUID(meeting["id"]))}
    for asked in (
        Question(meeting_id=UUID(meeting["id"])),
        Question(time_slot_id=UUID(meeting["timeSlotId"])),
        Question(customer_id="customer-4711"),
        Question(employee=FREJA, at=datetime.fromisoformat(meeting["startDate"])),
        Question(employee=FREJA, at=datetime.fromisoformat(moved["startDate"]) + timedelta(minutes=5)),
    ):
        assert (await story_of(finder, asked)).conclusion == story.conclusion, asked


async def test_cancelled_by_staff(client: ApiClient, finder: Finder) -> None:
    meeting = await made(client)
    staff = await client.as_another("back-office", EVERY_SCOPE)
    path = f"/bookme/meetings/{meeting['id']}"
    ok(await client.http.delete(path, params={"reason": "The adviser is ill"}, headers=staff.headers))
    story = await story_of(finder, Question(customer_id="customer-4711"))
    assert story.conclusion.startswith(f"Cancelled: the meeting of {at(meeting)} was cancelled at ")
    assert story.conclusion.endswith('("The adviser is ill").')
    await do(finder.connections.database, """UPDATE booking_event SET facts = facts || '{"cancelledBy": "staff"}'""")
    assert (await story_of(finder)).conclusion.endswith('Z by staff ("The adviser is ill").')
    assert kinds(story)[-2:] == ["meeting.created", "meeting.cancelled"]


async def test_while_the_database_is_down_an_old_hold_is_overdue(
    client: ApiClient, booking: Booking, engine: Client
) -> None:
    held = await reserved(client)
    runs = await read_runs(engine, booking.workflow_id)
    outcome, line = conclude(Case(runs=runs))
    assert (outcome, line.startswith("Held: the time slot is reserved")) == (Outcome.HELD, True)
    deadline = datetime.fromisoformat(held["holdExpiresAt"])
    outcome, line = conclude(Case(runs=runs, now=deadline + timedelta(seconds=1)))
    assert outcome is Outcome.OVERDUE
    assert f"Overdue: the hold ended at {utc(held['holdExpiresAt'])}, and the booking has not ended yet" in line


async def test_planned_and_over(client: ApiClient, finder: Finder, database: Database) -> None:
    meeting = await made(client)
    assert (await story_of(finder)).conclusion == f"Planned: the meeting of {at(meeting)} is planned."
    assert any("has no run at the moment" in note for note in (await story_of(finder)).notes)
    for table in ("meeting", "time_slot"):
        await do(
            database, f"UPDATE {table} SET start_at = start_at - interval '60 d', end_at = end_at - interval '60 d'"
        )
    assert (await story_of(finder)).outcome is Outcome.OVER


async def test_refused(client: ApiClient, finder: Finder, booking: Booking, database: Database) -> None:
    """The run records what was refused; the database does not have a row of it."""
    held = await reserved(client)
    await do(database, "UPDATE time_slot SET version = version + 1")
    await client.book(held["id"])
    story = await story_of(finder)
    (refused,) = (each for each in story.entries if each.source == "refusal")
    assert refused.text.startswith(
        "Request refused: HOLD_RELEASED: The hold on this time slot has ended: it was changed"
    )
    await booking.run.terminate(reason="the test is over")


async def test_a_reservation_that_was_refused_at_once(client: ApiClient, app: FastAPI, finder: Finder) -> None:
    """Of a race that it lost, a booking has a run and no row."""
    held, token = await reserved(client), new_token()
    with pytest.raises(TimeSlotTaken):
        await reserve_through_run(app, reservation(held, token), "an-attempt")
    story = await story_of(finder, Question(token=token, client_id="demo"))
    refused = f"Refused: the time slot could not be reserved, by the run of {at(held)}: TIME_SLOT_TAKEN: "
    assert story.conclusion.startswith(refused)
    with pytest.raises(NothingFound):
        await finder.find(Question(token=token, client_id="another"), 5)


async def test_a_run_that_was_terminated(client: ApiClient, booking: Booking, finder: Finder) -> None:
    held = await reserved(client)
    await booking.run.terminate(reason="by mistake")
    story = await story_of(finder)
    assert re.match(
        r"Terminated: the run of the booking was terminated at [\d-]+ [\d:]+Z by \S+ \(by mistake\)\. ",
        story.conclusion,
    )
    assert f"{at(held)} is Reserved until {utc(held['holdExpiresAt'])}" in story.conclusion
    assert story.runs[0].status == "Terminated"
    ok(await client.book(held["id"]))
    assert (await story_of(finder)).outcome is Outcome.HELD, "another run continues"
    runs = (await story_of(finder)).runs
    assert [each.status for each in runs] == ["Running", "Terminated"]


async def test_busy_time(client: ApiClient, finder: Finder) -> None:
    staff = await client.as_another("staff", EVERY_SCOPE)
    free = (await client.search(**FREJAS))[0]
    body = {name: free[name] for name in ("startDate", "endDate", "employeeId")} | {"status": "Busy"}
    entered = ok(await staff.post("/bookme/time-slots", body))
    story = await story_of(finder, Question(time_slot_id=UUID(entered["id"])))
    assert story.conclusion.startswith("Busy: Freja Lindqvist is Busy from ")
    assert story.conclusion.endswith("entered by staff. It belongs to no booking.")


async def test_several_bookings_of_a_customer(client: ApiClient, finder: Finder, booking: Booking) -> None:
    meetings = [await made(client, f"token-{number}", number) for number in range(4)]
    await do(finder.connections.database, "UPDATE booking_event SET customer_id = 'customer-4711'")
    found = await finder.find(Question(customer_id="customer-4711"), 3)
    assert [story.meeting_ids[0] for story in found.stories] == [UUID(each["id"]) for each in reversed(meetings)][:3]
    assert found.left_out == 1
    of_client = await finder.find(Question(client_id=booking.client_id), 20)
    assert len(of_client.stories) == 4


@pytest.mark.parametrize(
    "asked",
    [
        Question(customer_id="nobody"),
        Question(token="never"),
        Question(meeting_id=UUID(UNKNOWN)),
        Question(time_slot_id=UUID(UNKNOWN)),
        Question(client_id="nobody"),
        Question(employee=FREJA, at=datetime.fromisoformat("2031-01-07T09:00:00+00:00")),
    ],
)
async def test_nothing(finder: Finder, asked: Question) -> None:
    with pytest.raises(NothingFound):
        await finder.find(asked, 5)


async def test_an_employee_that_nobody_or_several_are(finder: Finder) -> None:
    then = datetime.fromisoformat("2031-01-07T09:00:00+00:00")
    with pytest.raises(StackError, match=r"No employee has the id, name, initials, .* 'Nobody'"):
        await finder.find(Question(employee="Nobody", at=then), 5)
    with pytest.raises(StackError, match=r"Several employees fit 'a': .*Use the id\."):
        await finder.find(Question(employee="a", at=then), 5)


async def test_bookings_of_two_clients_with_one_token(client: ApiClient, finder: Finder) -> None:
    other = await client.as_another("other")
    await asyncio.gather(reserved(client), reserved(other, number=3))
    assert len((await finder.find(find_token(), 5)).stories) == 2
    assert (await story_of(finder, find_token(client_id="other"))).client_ids == ["other"]
