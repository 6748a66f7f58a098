"""The API as `bookme api` serves it, in a process of its own, with one more endpoint: the baseline of a search."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import httpx
from fastapi import APIRouter, FastAPI, Query

from api.auth import Reader
from api.route import JsonRoute
from api.schemas.time_slots import AvailableQuery, AvailableTimeslot
from api.search import around, search, to_search
from api.state import Transaction
from bookme.serving import served_api
from bookme.stack.ports import LOOPBACK, free_port
from bookme.stack.processes import Child, Program
from storage.premises import read_premises
from storage.situations import read_situation

BASELINE: Final = "/benchmark/read-and-encode"
TIMEOUT: Final = 120.0

baseline: Final = APIRouter(route_class=JsonRoute)
answers: Final[dict[str, list[AvailableTimeslot]]] = {}
"""What the searches answered that were asked for a baseline."""


def benchmarked_api() -> FastAPI:
    app = served_api()
    app.include_router(baseline)
    return app


@baseline.get(BASELINE)
async def read_and_encode(
    _: Reader, session: Transaction, query: Annotated[AvailableQuery, Query()]
) -> list[AvailableTimeslot]:
    """Reads the rows that this search reads, and encodes the page that it answers, which is found the first time."""
    asked = query.model_dump_json()
    if asked not in answers:
        answers[asked] = (await search(session, query, by_staff=False)).time_slots
    premises = await read_premises(session)
    window = around(to_search(query, premises.organisation, premises.now, by_staff=False))
    await read_situation(session, window, query.explicit_employee_ids or None, premises)
    return answers[asked]


@asynccontextmanager
async def serving(database_url: str, directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may read, of a server that lives as long as the block."""
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False) as client:
        child = Child(_program(client, port, database_url, directory))
        await child.start()
        try:
            client.headers["Authorization"] = f"Bearer {await _token(client)}"
            yield client
        finally:
            await child.stop()


def _program(client: httpx.AsyncClient, port: int, database_url: str, directory: Path) -> Program:
    async def answers(_pid: int) -> bool:
        try:
            return (await client.get("/health/live")).is_success
        except httpx.TransportError:
            return False

    return Program(
        name="API",
        command=(
            *(sys.executable, "-m", "uvicorn", f"{__name__}:{benchmarked_api.__name__}", "--factory"),
            *("--port", str(port), "--no-access-log", "--log-level", "warning"),
        ),
        log=directory / "api.log",
        environment=os.environ
        | {
            "BOOKME_DATABASE_URL": database_url,
            "BOOKME_DEV_ISSUER": "true",
            "BOOKME_DEV_ISSUER_KEY": str(directory / "issuer.pem"),
        },
        ready=answers,
    )


async def _token(client: httpx.AsyncClient) -> str:
    form = {"grant_type": "client_credentials", "client_id": "benchmark", "client_secret": "bookme-development"}
    return str((await client.post("/oauth2/token", data=form)).json()["access_token"])
