"""kill -9 of a worker while a meeting is changed, moved or cancelled: what was asked happens, once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.e2e.customer import Customer, accepted
from tests.e2e.topology import PATIENCE, Topology
from tests.integration.api.support import settled
from tests.support.clients import ApiClient, Json
from workflows.common.runs import OPEN_MEETINGS_SCHEDULE
from workflows.meeting.messages import MeetingEnding, MeetingStatus

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]

BOOKED: Final = ["booking.reserved", "booking.booked", "meeting.created"]
RETITLED: Final = [{"op": "replace", "path": "/title", "value": "Moved house"}]

NEAR: Final = '["P365D"]'
"""Reminders that make every meeting near."""

Ask = Callable[["Meeting"], Awaitable[httpx.Response]]


class Meeting:
    """One that was booked, and what can be done to it."""

    def __init__(self, client: ApiClient, customer: Customer, there: Json) -> None:
        self.id = str(customer.meeting["id"])
        self.was = customer.meeting
        self.there = there
        self._client = client
        self._path = f"/bookme/meetings/{self.id}"

    @classmethod
    async def booked(cls, client: ApiClient) -> "Meeting":
        customer = await Customer.arrived(client)
        await customer.book()
        query = {"explicitEmployeeIds": customer.slot["employeeId"], "meetingTypes": "online"}
        later = [slot for slot in await client.search(**query) if slot["startDate"] > customer.slot["startDate"]]
        return cls(client, customer, later[0])

    async def change(self) -> httpx.Response:
        return await self._client.http.patch(self._path, json=RETITLED, headers=self._client.headers)

    async def move(self) -> httpx.Response:
        return await self._client.post(f"{self._path}/move", {"startDate": self.there["startDate"]})

    async def cancel(self) -> httpx.Response:
        return await self._client.http.delete(self._path, headers=self._client.headers)


async def struck_while(
    topology: Topology, client: ApiClient, file: Path, step: str, moment: str, ask: Ask
) -> tuple[Meeting, Json]:
    """The worker dies in that moment of the step, and another one takes over; the client asks until it is answered."""
    module = ("tests.e2e.programs.dying_worker", step, moment, "SIGKILL", str(file))
    worker = await topology.start_worker(module=module)
    death = asyncio.create_task(topology.ended(worker))
    meeting = await Meeting.booked(client)
    asking = asyncio.create_task(settled(lambda: ask(meeting)))
    assert await death == -9
    await topology.end_workers()
    await topology.standing_worker()
    return meeting, accepted(await asking)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_change(topology: Topology, client: ApiClient, tmp_path: Path, moment: str) -> None:
    meeting, changed = await struck_while(
        topology, client, tmp_path / "struck", "change_meeting", moment, Meeting.change
    )
    assert (changed["title"], changed["sequence"]) == ("Moved house", 1)
    stored = await topology.stored()
    assert [(str(row["id"]), row["title"], row["sequence"]) for row in stored["meeting"]] == [
        (meeting.id, "Moved house", 1)
    ]
    assert [event["kind"] for event in stored["booking_event"]] == [*BOOKED, "meeting.changed"]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_move(topology: Topology, client: ApiClient, tmp_path: Path, moment: str) -> None:
    meeting, moved = await struck_while(topology, client, tmp_path / "struck", "move_meeting", moment, Meeting.move)
    assert (moved["startDate"], moved["sequence"]) == (meeting.there["startDate"], 1)
    stored = await topology.stored()
    assert [(str(slot["id"]), slot["status"]) for slot in stored["time_slot"]] == [(moved["timeSlotId"], "Booked")]
    assert [(str(row["id"]), row["sequence"]) for row in stored["meeting"]] == [(meeting.id, 1)]
    moving = ["booking.reserved", "booking.booked", "meeting.moved"]
    assert [event["kind"] for event in stored["booking_event"]] == [*BOOKED, *moving]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_cancellation(topology: Topology, client: ApiClient, tmp_path: Path, moment: str) -> None:
    meeting, cancelled = await struck_while(
        topology, client, tmp_path / "struck", "cancel_meeting", moment, Meeting.cancel
    )
    assert cancelled["sequence"] == 1
    stored = await topology.stored()
    assert stored["time_slot"] == []
    assert [event["kind"] for event in stored["booking_event"]] == [*BOOKED, "meeting.cancelled"]
    run = (await topology.engine()).get_workflow_handle(f"meeting-{meeting.id}", result_type=MeetingEnding)
    assert (await run.result()).status is MeetingStatus.CANCELLED


async def test_a_cancellation_whose_report_and_request_were_lost(
    topology: Topology, client: ApiClient, tmp_path: Path
) -> None:
    """The worker dies after its commit, and the engine forgets who has asked: the run learns of it all the same."""
    worker = await topology.start_worker(
        module=("tests.e2e.programs.dying_worker", "cancel_meeting", "after", "SIGKILL", str(tmp_path / "struck"))
    )
    death = asyncio.create_task(topology.ended(worker))
    meeting = await Meeting.booked(client)
    asking = asyncio.create_task(meeting.cancel())
    assert await death == -9
    asking.cancel()
    await topology.end_workers()
    topology.temporal.kill()
    await topology.restart_temporal()
    await topology.standing_worker()
    run = (await topology.engine()).get_workflow_handle(f"meeting-{meeting.id}", result_type=MeetingEnding)
    async with asyncio.timeout(PATIENCE):
        assert (await run.result()).status is MeetingStatus.CANCELLED


async def test_a_meeting_gets_its_run_though_the_worker_dies_as_it_starts_it(
    topology: Topology, client: ApiClient, tmp_path: Path
) -> None:
    """A reminder a year before: there is something to do soon."""
    module = ("tests.e2e.programs.dying_worker", "create_meeting", "after", "SIGKILL", str(tmp_path / "struck"))
    worker = await topology.start_worker(module=module, reminders=NEAR)
    death = asyncio.create_task(topology.ended(worker))
    customer = await Customer.arrived(client)
    booking = asyncio.create_task(customer.book())
    assert await death == -9
    await topology.start_worker(reminders=NEAR)
    await booking
    await topology.until(partial(have_runs, topology, [str(customer.meeting["id"])]))


@pytest.mark.parametrize("moment", ["before", "after"], ids=["started-not-noted", "noted-not-told"])
async def test_a_sweep_opens_the_rest_though_its_worker_dies(
    topology: Topology, client: ApiClient, tmp_path: Path, moment: str
) -> None:
    """At its second transaction, which notes what was started."""
    await topology.start_worker(reminders="[]")
    meetings = [(await Meeting.booked(client)).id for _ in range(3)]
    module = ("tests.e2e.programs.dying_worker", "open_near_meetings", moment, "SIGKILL", str(tmp_path / "struck"), "2")
    worker = await topology.start_worker(module=module, reminders=NEAR)
    await topology.until(topology.no_booking_is_open)
    assert not await have_runs(topology, meetings)
    await (await topology.engine()).get_schedule_handle(OPEN_MEETINGS_SCHEDULE).trigger()
    assert await topology.ended(worker) == -9
    before = await topology.query("SELECT id FROM meeting WHERE run_opened_at IS NOT NULL")
    await topology.start_worker(reminders=NEAR)
    await topology.until(partial(have_runs, topology, meetings))
    await topology.until(partial(are_noted, topology, meetings))
    assert len(before) == (0 if moment == "before" else len(meetings))


async def have_runs(topology: Topology, meetings: Sequence[str]) -> bool:
    """Each of them one."""
    query = " OR ".join(f"WorkflowId = 'meeting-{each}'" for each in meetings)
    return (await (await topology.engine()).count_workflows(query)).count == len(meetings)


async def are_noted(topology: Topology, meetings: Sequence[str]) -> bool:
    noted = await topology.query("SELECT id FROM meeting WHERE run_opened_at IS NOT NULL")
    return {str(row["id"]) for row in noted} == set(meetings)
