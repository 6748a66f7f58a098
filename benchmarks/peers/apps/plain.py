"""Bookings with FastAPI and PostgreSQL alone.

A hold expires by a condition in every statement. A sweeper deletes expired rows. The meeting's receiver is told by a
background task of the process, which ends with the process.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Final

import uvicorn
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from benchmarks.peers.apps.database import UNREACHABLE, Steps, port, tell_receiver
from config.ports import LOOPBACK

SWEEP_EVERY: Final = 1.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.steps = steps = await Steps.connected(has_timers=False)
    sweeper = asyncio.create_task(sweep(steps))
    yield
    sweeper.cancel()


async def sweep(steps: Steps) -> None:
    while True:
        with suppress(*UNREACHABLE):
            await steps.sweep()
        await asyncio.sleep(SWEEP_EVERY)


def steps_of(request: Request) -> Steps:
    steps: Steps = request.app.state.steps
    return steps


TheSteps = Annotated[Steps, Depends(steps_of)]
app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> None:
    pass


@app.post("/Booking/{hold}/reserve")
async def reserve(hold: str, wanted: dict[str, int], steps: TheSteps) -> dict[str, str]:
    deadline = await steps.reserve(hold, wanted["resource"], wanted["hour"])
    if deadline is None:
        raise HTTPException(409, "taken")
    return {"id": hold, "deadline": deadline.isoformat()}


@app.post("/Booking/{hold}/book")
async def book(hold: str, steps: TheSteps) -> dict[str, str]:
    deadline = await steps.book(hold)
    if deadline is None:
        raise HTTPException(409, "expired")
    return {"id": hold, "deadline": deadline.isoformat()}


@app.post("/Booking/{hold}/meet")
async def meet(hold: str, steps: TheSteps, afterwards: BackgroundTasks) -> dict[str, str]:
    meeting = await steps.meet(hold)
    if meeting is None:
        raise HTTPException(409, "expired")
    afterwards.add_task(tell_receiver, str(meeting))
    return {"id": str(meeting)}


async def unreachable(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "The database is not reachable."}, 503, {"Retry-After": "1"})


for error in UNREACHABLE:
    app.add_exception_handler(error, unreachable)

if __name__ == "__main__":
    uvicorn.run(app, host=LOOPBACK, port=port(), log_level="warning", access_log=False)
