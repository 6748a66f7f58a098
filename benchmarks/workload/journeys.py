"""The two kinds of journeys: a booking over HTTP (reserve, book, create the meeting), or three bare updates."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import perf_counter
from typing import Any, Final, Protocol, Self
from urllib.parse import urlencode
from uuid import uuid4

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from benchmarks.stack.bare_engine import TASK_QUEUE, UPDATES, BareWorkflow
from benchmarks.workload.http_client import Service

SECRET: Final = "bookme-development"
FORM: Final = "application/x-www-form-urlencoded"
RESERVE: Final = "/bookme/time-slots/reserve"
PATIENCE: Final = 60.0
WEEKS: Final = 24
"""Weeks of time slots to book. The demo organisation takes bookings half a year ahead."""

Json = dict[str, Any]


class Journey(Protocol):
    again: int
    """Requests that were sent again after a 429 or 503 with Retry-After."""

    async def run(self) -> list[float]:
        """Do one journey, and return the seconds of each of its three steps."""
        ...


@dataclass(slots=True)
class BareJourneys:
    """Lives in the bare engine, without the API."""

    client: Client
    again: int = 0

    async def run(self) -> list[float]:
        run = self.client.get_workflow_handle(f"bare-{uuid4()}")
        times = [perf_counter()]
        await self.update(run.id)
        times.append(perf_counter())
        for _ in range(UPDATES - 1):
            await run.execute_update(BareWorkflow.step)
            times.append(perf_counter())
        return _steps(times)

    async def update(self, run: str) -> None:
        """Send the first update, which starts the workflow."""
        start = WithStartWorkflowOperation(
            BareWorkflow.run,
            id=run,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=timedelta(seconds=2),
        )
        await self.client.execute_update_with_start_workflow(BareWorkflow.step, start_workflow_operation=start)


@dataclass(slots=True)
class BookingJourneys:
    """Bookings over HTTP. Each journey takes another time slot."""

    service: Service
    slots: Iterator[Json]
    content: Json
    again: int = 0

    @classmethod
    async def prepared(cls, service: Service) -> Self:
        """Prepare bookings with every free hour of every employee who takes the meetings' topic."""
        topics = await _get(service, "/bookme/meeting-topics", isCustomer="true")
        customer_types = await _get(service, "/config/customer-types")
        content = {
            "bookedBy": "customer",
            "type": "online",
            "customerId": "customer-4711",
            "topicId": topics[0]["id"],
            "customerTypeId": customer_types[0]["id"],
        }
        wanted = {"topic": content["topicId"], "customerTypeId": content["customerTypeId"]}
        return cls(service, iter(await free_hours(service, **wanted)), content)

    async def run(self) -> list[float]:
        times = [perf_counter()]
        held = await self._ask("POST", RESERVE, reservation(self.next_slot(), uuid4().hex))
        times.append(perf_counter())
        marked = [{"op": "replace", "path": "/status", "value": "Booked"}]
        await self._ask("PATCH", f"/bookme/time-slots/{held['id']}", marked)
        times.append(perf_counter())
        named = {"timeSlotId": held["id"], "employeeId": held["employeeId"]}
        await self._ask("POST", "/bookme/meetings", self.content | named)
        times.append(perf_counter())
        return _steps(times)

    def next_slot(self) -> Json:
        """Return the next time slot. Raises `NoFreeSlotLeft` if there is none left."""
        try:
            return next(self.slots)
        except StopIteration:
            raise NoFreeSlotLeft("Every free hour has been booked: measure less at a time.") from None

    async def _ask(self, method: str, path: str, body: object) -> Json:
        """Send a request, and repeat it after a 429 or 503. The wait is part of the step's time."""
        began = perf_counter()
        while (answer := await self.service.ask(method, path, body)).wait and perf_counter() - began < PATIENCE:
            self.again += 1
            await asyncio.sleep(answer.wait)
        found: Json = answer.checked().json()
        return found


class NoFreeSlotLeft(Exception):
    """All free time slots have been booked."""


def reservation(slot: Json, token: str) -> Json:
    return {"timeSlot": slot | {"status": "Reserved"}, "token": token}


async def authorise(service: Service, client_id: str = "benchmark") -> None:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET}
    answer = await service.send("POST", "/oauth2/token", urlencode(form).encode(), FORM)
    service.token = answer.checked().json()["access_token"]


async def free_hours(service: Service, **wanted: str) -> list[Json]:
    """Return the free full hours of all employees that the search offers. They do not overlap for one employee."""
    monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday += timedelta(days=7 - monday.weekday())
    found: dict[tuple[str, str], Json] = {}
    for week in range(WEEKS):
        start = (monday + timedelta(weeks=week)).isoformat()
        for slot in await _get(service, "/bookme/time-slots/available", startDate=start, **OPEN, **wanted):
            if slot["startDate"][14:16] == "00":
                found[slot["employeeId"], slot["startDate"]] = slot
    return [{name: slot[name] for name in ("startDate", "endDate", "employeeId")} for slot in found.values()]


OPEN: Final = {
    "requireEmployeeParticipation": "false",
    "getBestTimeSlots": "false",
    "meetingTypes": "online",
    "lookForwardTime": "P7D",
}


async def _get(service: Service, path: str, **query: str) -> list[Json]:
    found: list[Json] = (await service.get(path, query)).checked().json()
    return found


def _steps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]
