"""Counts of three bookings: one that becomes a meeting, one that is given back, and one whose hold expires."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import uuid4

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from benchmarks.results.statements import Executed
from benchmarks.stack.in_process import API_ROLE, WORKER_ROLE, Servers
from benchmarks.workload.http_client import Answer, Service
from benchmarks.workload.journeys import RESERVE, BookingJourneys, reservation
from devstack.processes import until
from domain.messages.booking import BookingKey
from workflows.common.runs import workflow_id

AHEAD: Final = timedelta(days=14)
"""Time before the meeting, long enough for a meeting's run to have no work yet."""
HOLD: Final = timedelta(seconds=1)
PATIENCE: Final = 60.0
CLIENT_ID: Final = "benchmark"
MARKED: Final = [{"op": "replace", "path": "/status", "value": "Booked"}]

SDK_NOTES: Final = "data"
"""Key of the marker of a local activity under which the SDK stores times and attempts. The result has another key."""

Counts = defaultdict[str, dict[str, int]]
"""Counts by step and by what is counted."""


@dataclass(slots=True)
class Life:
    """Counts of one life of each kind, and the statements of each step."""

    counts: Counts = field(default_factory=lambda: defaultdict(dict))
    statements: dict[str, Executed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Booker:
    """Books one time slot of one employee after another, so that all lives are alike."""

    servers: Servers
    journeys: BookingJourneys
    slots: Iterator[dict[str, Any]]

    @classmethod
    @asynccontextmanager
    async def working(cls, servers: Servers) -> AsyncIterator[tuple[Self, Service]]:
        """Run API and worker twice: with long holds for the booker, and with short holds for the yielded service."""
        usual, short = servers.settings("usual"), servers.settings("short", HOLD)
        async with AsyncExitStack() as stack:
            for settings in (usual, short):
                await stack.enter_async_context(servers.worker(settings))
            service, expiring = [await stack.enter_async_context(servers.api(each)) for each in (usual, short)]
            journeys = await BookingJourneys.prepared(service)
            yield cls(servers, journeys, alike(list(journeys.slots))), expiring

    async def live(self, expiring: Service) -> Life:
        life = Life()
        await self._become_a_meeting(life)
        await self._give_back(life)
        await self._expire(life, expiring)
        return life

    async def _become_a_meeting(self, life: Life) -> None:
        service = self.journeys.service
        run, slot = await self._reserve(life, "reserve", service)
        async with self._counted(life, "book", run) as answered:
            marked = await service.ask("PATCH", f"/bookme/time-slots/{slot['id']}", MARKED)
            answered(marked)
        content = self.journeys.content | {"timeSlotId": slot["id"], "employeeId": slot["employeeId"]}
        async with self._counted(life, "create meeting", run) as answered:
            created = await service.ask("POST", "/bookme/meetings", content)
            answered(created)
        await _store(life, "booking with a meeting", run)
        async with self._counted(life, "calendar file", run) as answered:
            answered(await service.ask("POST", f"/bookme/meetings/{created.json()['id']}/ical", {}))

    async def _give_back(self, life: Life) -> None:
        service = self.journeys.service
        run, slot = await self._reserve(Life(), "reserve", service)
        async with self._counted(life, "release", run):
            (await service.send("DELETE", f"/bookme/time-slots/{slot['id']}")).checked()
            await run.result()
        await _store(life, "booking given back", run)

    async def _expire(self, life: Life, expiring: Service) -> None:
        token = uuid4().hex
        run = self._run(token)
        async with self._counted(life, "reserve and expire", run):
            (await expiring.ask("POST", RESERVE, reservation(next(self.slots), token))).checked()
            ending = await run.result()
        if ending["status"] != "Expired":
            raise RuntimeError(f"A hold that nobody confirmed ended as {ending['status']}.")
        await _store(life, "expired booking", run)

    async def _reserve(self, life: Life, step: str, service: Service) -> tuple[WorkflowHandle[Any, Any], Any]:
        token = uuid4().hex
        run = self._run(token)
        async with self._counted(life, step, run) as answered:
            held = await service.ask("POST", RESERVE, reservation(next(self.slots), token))
            answered(held)
        return run, held.json()

    def _run(self, token: str) -> WorkflowHandle[Any, Any]:
        return self.servers.client.get_workflow_handle(workflow_id(BookingKey(client_id=CLIENT_ID, token=token)))

    @asynccontextmanager
    async def _counted(self, life: Life, step: str, run: WorkflowHandle[Any, Any]) -> AsyncIterator[Any]:
        """Count the statements of the block, until the run has nothing left to do. Also the bytes of an answer."""
        counter, counts = self.servers.counter, life.counts[step]

        def answered(answer: Answer) -> None:
            counts["bytes of the answer"] = len(answer.checked().body)

        await counter.reset()
        yield answered
        await until(lambda: _is_quiet(run), PATIENCE)
        executed = life.statements[step] = await counter.executed()
        for who, role in (("API", API_ROLE), ("worker", WORKER_ROLE)):
            counts[f"{who}: statements"] = executed.statements(role)
            counts[f"{who}: transactions"] = executed.transactions(role)


def alike(slots: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the time slots of one employee, from two weeks ahead on."""
    start = (datetime.now(UTC) + AHEAD).isoformat()
    employee = min(each["employeeId"] for each in slots)
    return iter([each for each in slots if each["employeeId"] == employee and each["startDate"] > start])


async def _is_quiet(run: WorkflowHandle[Any, Any]) -> bool:
    """Return whether the run only waits for a request, a signal or a timer."""
    described = (await run.describe()).raw_description
    return not (described.HasField("pending_workflow_task") or described.pending_activities)


async def _store(life: Life, what: str, run: WorkflowHandle[Any, Any]) -> None:
    """Count what a run that has ended left in the engine."""
    described, history = await run.describe(), await run.fetch_history()
    info = described.raw_description.workflow_execution_info
    completed = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    life.counts[what] = {
        "history events": len(history.events),
        "payload bytes": sum(payload_bytes(event) for event in history.events),
        "state transitions": info.state_transition_count,
        "workflow tasks": sum(event.event_type == completed for event in history.events),
    }


def payload_bytes(message: Message) -> int:
    """Return the bytes of all payloads in the message: arguments, results and search attributes.

    The whole history also has names of machines, process ids and times, whose length varies. So do the SDK's own notes
    in markers, which are left out.
    """
    if isinstance(message, Payload):
        return len(message.data)
    return sum(payload_bytes(each) for each in _children(message))


def _children(message: Message) -> Iterator[Message]:
    """Yield the messages that are fields of the message, also those in lists and maps."""
    for _, value in message.ListFields():
        if isinstance(value, Message):
            yield value
        elif not isinstance(value, (str, bytes, int, float)):
            values = [value[key] for key in value if key != SDK_NOTES] if hasattr(value, "values") else value
            yield from (each for each in values if isinstance(each, Message))
