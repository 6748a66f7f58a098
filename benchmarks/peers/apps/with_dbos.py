"""Bookings with DBOS: one workflow for each, which waits for the client's messages and ends when none comes in time.

An HTTP request starts the workflow or sends it a message, and waits for the event that answers. Steps that change
the database are transactions of a DBOS data source. The waits of the workflow are durable.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
import uvicorn
from dbos import DBOS, AsyncSQLAlchemyDatasource, DBOSConfig, SetWorkflowID
from fastapi import FastAPI, HTTPException

from benchmarks.peers.apps.database import POOL, database_url, port, tell_receiver, ttl
from config.ports import LOOPBACK

ANSWER_WITHIN = 5.0
RESERVE = "SELECT reserve(:hold, :resource, :hour, :ttl, true)"
BOOK = "SELECT book(:hold, :ttl, true)"
MEET = "SELECT meet(:hold, true)"
RELEASE = "SELECT release(:hold, :was)"


@DBOS.workflow()
async def booking(hold: str, resource: int, hour: int) -> None:
    deadline = await in_transaction("reserve", RESERVE, hold=hold, resource=resource, hour=hour, ttl=ttl())
    await DBOS.set_event_async("reserve", {"id": hold, "deadline": deadline} if deadline else "taken")
    if not deadline:
        return
    if not await DBOS.recv_async("book", timeout_seconds=ttl()):
        await expire(hold, "held")
        return
    deadline = await in_transaction("book", BOOK, hold=hold, ttl=ttl())
    await DBOS.set_event_async("book", {"id": hold, "deadline": deadline})
    if not await DBOS.recv_async("meet", timeout_seconds=ttl()):
        await expire(hold, "booked")
        return
    meeting = await in_transaction("meet", MEET, hold=hold)
    await DBOS.set_event_async("meet", {"id": meeting})
    await tell(str(meeting))


async def expire(hold: str, was: str) -> None:
    await in_transaction("release", RELEASE, hold=hold, was=was)
    for event in ("book", "meet")[was == "booked" :]:
        await DBOS.set_event_async(event, "expired")


@DBOS.step(retries_allowed=True, max_attempts=10)
async def tell(meeting: str) -> None:
    await asyncio.to_thread(tell_receiver, meeting)


async def in_transaction(name: str, statement: str, **values: object) -> str | None:
    """Run the statement in a transaction that also records that this step of the workflow is done."""

    async def run() -> str | None:
        found = await source().sql_session().scalar(sa.text(statement), values)
        return str(found) if found else None

    found: str | None = await source().run_tx_step_async({"name": name}, run)
    return found


def source() -> AsyncSQLAlchemyDatasource:
    found: AsyncSQLAlchemyDatasource = app.state.source
    return found


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.source = await AsyncSQLAlchemyDatasource.create(database_url(), {"pool_size": POOL, "max_overflow": 0})
    config: DBOSConfig = {
        "name": "peer",
        "system_database_url": database_url(),
        "application_version": "1",
        "log_level": "WARNING",
    }
    DBOS(config=config)
    DBOS.launch()
    yield
    DBOS.destroy()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> None:
    pass


@app.post("/Booking/{hold}/reserve")
async def reserve(hold: str, wanted: dict[str, int]) -> Any:  # noqa: ANN401 - JSON
    with SetWorkflowID(hold):
        await DBOS.start_workflow_async(booking, hold, wanted["resource"], wanted["hour"])
    return await answer(hold, "reserve")


@app.post("/Booking/{hold}/book")
async def book(hold: str) -> Any:  # noqa: ANN401 - JSON
    await DBOS.send_async(hold, "please", "book", idempotency_key=f"{hold}-book")
    return await answer(hold, "book")


@app.post("/Booking/{hold}/meet")
async def meet(hold: str) -> Any:  # noqa: ANN401 - JSON
    await DBOS.send_async(hold, "please", "meet", idempotency_key=f"{hold}-meet")
    return await answer(hold, "meet")


async def answer(hold: str, event: str) -> Any:  # noqa: ANN401 - JSON
    found = await DBOS.get_event_async(hold, event, timeout_seconds=ANSWER_WITHIN)
    if found is None:
        raise HTTPException(503, "not yet", {"Retry-After": "1"})
    if isinstance(found, str):
        raise HTTPException(409, found)
    return found


if __name__ == "__main__":
    uvicorn.run(app, host=LOOPBACK, port=port(), log_level="warning", access_log=False)
