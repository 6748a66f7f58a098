"""One life of each kind: a booking over HTTP, from the reservation to its meeting, and three updates of a bare run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import perf_counter
from typing import Any, Final, Protocol, Self
from uuid import uuid4

import httpx
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from benchmarks.bare import TASK_QUEUE, UPDATES, BareWorkflow

SECRET: Final = "bookme-development"
WEEKS: Final = 24
"""How far ahead is booked; the demo organisation takes bookings half a year ahead."""

Json = dict[str, Any]


class Life(Protocol):
    async def live(self) -> list[float]:
        """Seconds of each of its three steps."""
        ...


@dataclass(frozen=True, slots=True)
class Bare:
    """Straight to the engine."""

    client: Client

    async def live(self) -> list[float]:
        identity = f"bare-{uuid4()}"
        start = WithStartWorkflowOperation(
            BareWorkflow.run,
            id=identity,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=timedelta(seconds=2),
        )
        run = self.client.get_workflow_handle(identity)
        times = [perf_counter()]
        await self.client.execute_update_with_start_workflow(BareWorkflow.step, start_workflow_operation=start)
        times.append(perf_counter())
        for _ in range(UPDATES - 1):
            await run.execute_update(BareWorkflow.step)
            times.append(perf_counter())
        return _steps(times)


@dataclass(frozen=True, slots=True)
class Booked:
    """Over HTTP. Each life takes a time slot that no other one wants."""

    http: httpx.AsyncClient
    slots: Iterator[Json]
    content: Json

    @classmethod
    async def prepared(cls, http: httpx.AsyncClient) -> Self:
        """With every free hour of every employee."""
        topics = await _get(http, "/bookme/meeting-topics", isCustomer="true")
        customer_types = await _get(http, "/config/customer-types")
        content = {
            "bookedBy": "customer",
            "type": "online",
            "customerId": "customer-4711",
            "topicId": topics[0]["id"],
            "customerTypeId": customer_types[0]["id"],
        }
        return cls(http, iter(await free_hours(http)), content)

    async def live(self) -> list[float]:
        wanted = next(self.slots)
        times = [perf_counter()]
        body = {"timeSlot": wanted | {"status": "Reserved"}, "token": uuid4().hex}
        held = await self._ask("POST", "/bookme/time-slots/reserve", body)
        times.append(perf_counter())
        marked = [{"op": "replace", "path": "/status", "value": "Booked"}]
        await self._ask("PATCH", f"/bookme/time-slots/{held['id']}", marked)
        times.append(perf_counter())
        named = {"timeSlotId": held["id"], "employeeId": held["employeeId"]}
        await self._ask("POST", "/bookme/meetings", self.content | named)
        times.append(perf_counter())
        return _steps(times)

    async def _ask(self, method: str, path: str, body: object) -> Json:
        answer = await self.http.request(method, path, json=body)
        answer.raise_for_status()
        content: Json = answer.json()
        return content


async def authorise(http: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": "benchmark", "client_secret": SECRET}
    answer = await http.post("/oauth2/token", data=form)
    answer.raise_for_status()
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


async def free_hours(http: httpx.AsyncClient) -> list[Json]:
    """Of all employees, none of which overlaps another one of the same employee."""
    monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday += timedelta(days=7 - monday.weekday())
    found: dict[tuple[str, str], Json] = {}
    for week in range(WEEKS):
        start = (monday + timedelta(weeks=week)).isoformat()
        for slot in await _get(http, "/bookme/time-slots/available", startDate=start, **OPEN):
            if slot["startDate"][14:16] == "00":
                found[slot["employeeId"], slot["startDate"]] = slot
    return [{name: slot[name] for name in ("startDate", "endDate", "employeeId")} for slot in found.values()]


OPEN: Final = {
    "requireEmployeeParticipation": "false",
    "getBestTimeSlots": "false",
    "meetingTypes": "online",
    "lookForwardTime": "P7D",
}


async def _get(http: httpx.AsyncClient, path: str, **query: str) -> list[Json]:
    answer = await http.get(path, params=query)
    answer.raise_for_status()
    found: list[Json] = answer.json()
    return found


def _steps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]
