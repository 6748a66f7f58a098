"""The index of searches follows the clock of a sandbox: forward, back and after a reset."""

from fastapi import FastAPI

from storage.availability.index import read_view
from storage.database import Database
from tests.integration.api.sandbox.support import CLOCK, advance, met
from tests.integration.api.support import ok
from tests.integration.storage.index_views import check
from tests.support.clients import ApiClient


async def test_searches_follow_the_clock(client: ApiClient, app: FastAPI, database: Database) -> None:
    index = app.state.resources.availability

    async def is_exact() -> None:
        view = await index.current()
        async with database.snapshot() as session:
            await check(session, view)
            await check(session, await read_view(session, view))

    async def is_offered() -> bool:
        its = {"explicitEmployeeIds": free["employeeId"], "startDate": free["startDate"]}
        return free in await client.search(**its, lookForwardTime="PT1H")

    free = (await client.search(lookForwardTime="P14D"))[0]
    await met(client, (await client.search(lookForwardTime="P14D"))[-1])
    ok(await client.reserve(free))
    await is_exact()
    assert not await is_offered()
    await advance(client, "PT10M")
    await is_exact()
    for by in ("P1D", "P8D", "P60D"):
        now = (await advance(client, by))["now"]
        await is_exact()
        ok(await client.reserve((await client.search(startDate=now, lookForwardTime="P14D"))[0]))
        await is_exact()
    ok(await client.http.delete(CLOCK, headers=client.headers))
    await is_exact()
    assert await is_offered()
    ok(await client.reserve(free))
    assert not await is_offered()
    ok(await client.post("/sandbox/reset", {}))
    await is_exact()
    assert await is_offered()
