"""One time slot, booked and cancelled over and over: nothing is left behind.

`BOOKME_TEST_REBOOKINGS` says how often.
"""

import os
from functools import partial
from typing import Final

import pytest
from temporalio.client import Client

from config.settings import Settings
from storage.database import Database
from tests.integration.api.support import FREJA, answered, eventually, new_token, rows
from tests.support.clients import ApiClient, Json

TIMES: Final = int(os.environ.get("BOOKME_TEST_REBOOKINGS", "30"))
FREJAS: Final = {"explicitEmployeeIds": FREJA, "meetingTypes": "online"}


async def booked_and_cancelled(client: ApiClient, slot: Json) -> None:
    held = await answered(partial(client.reserve, slot, new_token()))
    booked = await answered(partial(client.book, held["id"]))
    meeting = await answered(partial(client.create_meeting, booked))
    path = f"/bookme/meetings/{meeting['id']}"
    await answered(partial(client.http.delete, path, headers=client.headers))


@pytest.mark.ci
async def test_the_same_time_slot_again_and_again(
    client: ApiClient, database: Database, engine: Client, settings: Settings
) -> None:
    offered = await client.search(**FREJAS)
    for _ in range(TIMES):
        await booked_and_cancelled(client, offered[0])
    assert await client.search(**FREJAS) == offered
    counts = await rows(database)
    assert (counts["time_slot"], counts["meeting"], counts["booking_event"]) == (0, TIMES, 4 * TIMES)

    async def count(query: str) -> int:
        return (await engine.count_workflows(f"TaskQueue = '{settings.task_queue}' AND {query}")).count

    async def every_run_has_ended() -> bool:
        return await count("ExecutionStatus = 'Completed'") == 2 * TIMES

    await eventually(every_run_has_ended, patience=30)
    assert await count("ExecutionStatus != 'Completed'") == 0
