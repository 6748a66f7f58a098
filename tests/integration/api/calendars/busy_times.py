"""Busy times of one employee, entered, changed and listed over REST."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import httpx
import sqlalchemy as sa
from sqlmodel import col

from domain.time_slots import MEETINGS, TimeSlotStatus
from storage.database import Database
from storage.tables.booking import TimeSlotRow
from tests.integration.api.support import (
    FREJA,
    ok,
)
from tests.support.clients import ApiClient, Json, next_monday

PATH: Final = "/bookme/time-slots"
FREJAS: Final = {"explicitEmployeeIds": FREJA, "lookForwardTime": "P1D", "getBestTimeSlots": "false"}
ENTERED: Final = [status for status in TimeSlotStatus if status not in MEETINGS]


def at(hour: float, hours: float = 1, /, **more: object) -> Json:
    """A time slot of Freja's on the coming Monday (UTC), busy unless said otherwise."""
    start = next_monday() + timedelta(hours=hour)
    dates = {"startDate": start.isoformat(), "endDate": (start + timedelta(hours=hours)).isoformat()}
    return dates | {"status": "Busy", "employeeId": FREJA} | more


def over(slot: Json, /, **more: object) -> Json:
    """A busy time exactly where that time slot is."""
    dates = {name: slot[name] for name in ("startDate", "endDate", "employeeId")}
    return dates | {"status": "Busy"} | more


async def entered(staff: ApiClient, body: Json, **headers: str) -> Json:
    return ok(await staff.post(PATH, body, **headers))


def encoded(body: object) -> bytes:
    """As JSON that escapes what UTF-8 cannot express."""
    return json.dumps(body).encode()


async def patch(client: ApiClient, identity: str, *operations: Json, **query: str) -> httpx.Response:
    headers = client.headers | {"Content-Type": "application/json"}
    path = f"{PATH}/{identity}"
    return await client.http.patch(path, content=encoded(operations), params=query, headers=headers)


async def changed(client: ApiClient, identity: str, **values: object) -> httpx.Response:
    operations = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]
    return await patch(client, identity, *operations)


async def listed(client: ApiClient, **query: str) -> list[Json]:
    answer = await client.get(PATH, **query)
    assert answer.status_code == 200, answer.text
    slots: list[Json] = answer.json()
    return slots


async def version(database: Database, identity: str) -> int:
    async with database.transaction() as session:
        row = await session.get(TimeSlotRow, UUID(identity))
    assert row is not None
    return row.version


async def lapse(database: Database, identity: str) -> None:
    """Let the hold of this time slot run out, with nobody there to remove it."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with database.transaction() as session:
        await session.execute(
            sa.update(TimeSlotRow).where(col(TimeSlotRow.id) == UUID(identity)).values(hold_expires_at=past)
        )
