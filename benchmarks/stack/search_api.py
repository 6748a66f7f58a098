"""The API as `bookme api` serves it, in a separate process, with two more endpoints, to compare a search with."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import httpx
from fastapi import APIRouter, FastAPI, Query, Response
from pydantic import TypeAdapter

from api.auth.scopes import Reader
from api.dependencies import Shared, Transaction
from api.http.route import JsonRoute
from api.resources.search import around, encoded, prepare, search, to_search
from api.schemas.availability.search import AvailableQuery, AvailableTimeslot
from api.serving import served_api
from config.ports import LOOPBACK, free_port
from devstack.processes import Child, Program
from domain.availability import OfferedSlot, offered_slots
from storage.availability.organisation_data import read_organisation_data
from storage.availability.situations import read_availability_data

BASELINE: Final = "/benchmark/read-and-encode"
ENCODING: Final = "/benchmark/encode"
ANSWER: Final = TypeAdapter(list[AvailableTimeslot])
TIMEOUT: Final = 120.0

baseline: Final = APIRouter(route_class=JsonRoute)
answers: Final[dict[str, list[AvailableTimeslot]]] = {}
"""Answers of searches by query, which the baseline encodes."""

pages: Final[dict[str, list[OfferedSlot]]] = {}
"""Time slots of these answers."""


def benchmarked_api() -> FastAPI:
    app = served_api()
    app.include_router(baseline)
    return app


@baseline.get(BASELINE)
async def read_and_encode(
    _: Reader, shared: Shared, session: Transaction, query: Annotated[AvailableQuery, Query()]
) -> list[AvailableTimeslot]:
    """Read the rows that the search reads, and encode the search's answer, which is computed at the first request."""
    asked = query.model_dump_json()
    if asked not in answers:
        async with shared.database.autocommit() as other:
            found = await search(other, shared.availability, query, by_staff=False)
        answers[asked] = ANSWER.validate_json(found.body)
    organisation_data = await read_organisation_data(session)
    window = around(to_search(query, organisation_data.organisation, organisation_data.now, by_staff=False))
    await read_availability_data(session, window, query.explicit_employee_ids or None, organisation_data)
    return answers[asked]


@baseline.get(ENCODING)
async def encode(_: Reader, shared: Shared, query: Annotated[AvailableQuery, Query()]) -> Response:
    """Encode the search's answer as the search does, and do nothing else. It is computed at the first request."""
    asked = query.model_dump_json()
    if asked not in pages:
        async with shared.database.autocommit() as session:
            prepared = await prepare(session, shared.availability, query, by_staff=False)
        pages[asked] = list(islice(offered_slots(*prepared), query.limit))
    return Response(encoded(pages[asked], query.topic), media_type="application/json")


@asynccontextmanager
async def serving(database_url: str, directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run the server during the block, and yield an authorised client."""
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
