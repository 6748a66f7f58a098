"""Workers, the database and the workflow engine go away and come back; nothing is restarted, nothing is lost."""

import asyncio
import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
import pytest
from temporalio.client import Client

from api.app import create_app
from api.http.errors import Unavailable
from api.middleware.admission import Lane, RequestKind
from api.temporal.bookings import new_run
from api.temporal.gateway import TemporalGateway
from config.ports import free_port
from config.settings import Settings
from config.temporal import connect
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Child
from devstack.temporal import DevelopmentServer
from domain.messages.booking import BookingKey, WantedTimeSlot
from tests.integration.api.support import (
    ENDPOINTS,
    ENTER,
    EVERY_SCOPE,
    RESERVE,
    SEARCH,
    Endpoint,
    answered,
    eventually,
    ok,
    problem,
    run_of,
)
from tests.support.clients import ApiClient
from tests.support.stoppable_database import WithStoppableDatabase, set_read_only
from workers.main import make_worker
from workflows.booking.messages import ReserveRequest, TimeSlotOutcome
from workflows.common import search_attributes

pytestmark = pytest.mark.ci

STORED: Final = [each for each in ENDPOINTS if not each.path.endswith("/time-zones")]
"""What needs the database; time zones do not."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"request_timeout": timedelta(seconds=1)})


class TestWithoutAWorker:
    async def test_the_outcome_is_not_known_and_found_by_repeating(
        self, http: httpx.AsyncClient, engine: Client, settings: Settings, all_steps: tuple[object, ...]
    ) -> None:
        client = await ApiClient.authorised(http, "demo", EVERY_SCOPE)
        offered = (await client.search())[0]
        problem(await client.reserve(offered, "no-worker"), 503)
        async with make_worker(engine, settings.task_queue, *all_steps):
            held = await answered(lambda: client.reserve(offered, "no-worker"))
        problem(await client.book(held["id"]), 503)
        async with make_worker(engine, settings.task_queue, *all_steps):
            booked = await answered(lambda: client.book(held["id"]))
        content = await client.meeting(booked)
        problem(await client.post("/bookme/meetings", content), 503)
        async with make_worker(engine, settings.task_queue, *all_steps):
            meeting = await answered(lambda: client.post("/bookme/meetings", content))
            assert (await run_of(engine, "no-worker").result()).meeting_id is not None
        assert [each["id"] for each in (await client.get("/bookme/meetings")).json()] == [meeting["id"]]

    @pytest.mark.ci
    async def test_one_that_was_given_up_is_still_done(
        self, http: httpx.AsyncClient, engine: Client, settings: Settings, all_steps: tuple[object, ...]
    ) -> None:
        """The client gives up waiting, and never asks again: the run that it started holds, and gives back."""
        client = await ApiClient.authorised(http, "demo", EVERY_SCOPE)
        offered = (await client.search())[0]
        problem(await client.reserve(offered, "given-up"), 503)
        problem(await client.reserve(offered, "given-up"), 503)
        async with make_worker(engine, settings.task_queue, *all_steps):

            async def is_held() -> bool:
                return offered not in await client.search()

            await eventually(is_held)
            held = await answered(lambda: client.reserve(offered, "given-up"))
            assert (await client.give_back(held["id"])).status_code == 204

    async def test_giving_back(
        self, http: httpx.AsyncClient, engine: Client, settings: Settings, all_steps: tuple[object, ...]
    ) -> None:
        client = await ApiClient.authorised(http, "demo", EVERY_SCOPE)
        async with make_worker(engine, settings.task_queue, *all_steps):
            offered = (await client.search())[0]
            held = await answered(lambda: client.reserve(offered, "given-back-in-an-outage"))
        problem(await client.give_back(held["id"]), 503)
        async with make_worker(engine, settings.task_queue, *all_steps):

            async def is_given_back() -> bool:
                return (await client.give_back(held["id"])).status_code == 204

            await eventually(is_given_back)


class TestTooManyAtOnce:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"max_in_flight": 2})

    async def test_the_rest_is_refused_at_once(self, http: httpx.AsyncClient) -> None:
        client = await ApiClient.authorised(http, "demo", EVERY_SCOPE)
        slots = await client.search(getBestTimeSlots="false")
        each_employees = list({slot["employeeId"]: slot for slot in slots}.values())
        answers = await asyncio.gather(*(client.reserve(slot) for slot in each_employees[:6]))
        messages = [problem(answer, 503)["message"] for answer in answers]
        assert sum("Too many" in message for message in messages) == len(answers) - 2
        assert ok(await SEARCH.call(client)), "what needs no engine is answered"
        assert "Too many" not in problem(await client.reserve(slots[0]), 503)["message"], "places are given back"


class TestWithoutTheDatabase(WithStoppableDatabase):
    @pytest.mark.ci
    async def test_503_until_it_is_back(
        self, client: ApiClient, own: EmbeddedPostgres, caplog: pytest.LogCaptureFixture
    ) -> None:
        held = await client.reserved()
        unserved = [each for each in STORED if each is not RESERVE]
        everybody = await client.as_another("demo", EVERY_SCOPE)
        await own.stop()
        try:
            answers = [problem(await endpoint.call(everybody), 503) for endpoint in unserved]
            answers.append(problem(await client.book(held["id"]), 503))
            logged = [vars(each)["request"] for each in caplog.records if each.message == "cannot serve now"]
            assert logged == [each["requestId"] for each in answers]
            ready = await client.http.get("/health/ready")
            assert (ready.status_code, ready.json()["status"], ready.json()["engine"]) == (503, "not ready", "up")
            assert ready.json()["database"].startswith("down")
            assert (await client.http.get("/health/live")).status_code == 200
        finally:
            await own.start()
        booked = await answered(lambda: client.book(held["id"]))
        await answered(lambda: client.create_meeting(booked))
        assert (await client.http.get("/health/ready")).json() == {"status": "ready", "database": "up", "engine": "up"}

    @pytest.mark.ci
    async def test_a_read_only_database_is_named_and_answers_503_to_changes(
        self, client: ApiClient, own: EmbeddedPostgres
    ) -> None:
        everybody = await client.as_another("demo", EVERY_SCOPE)
        held = await client.reserved()
        offered = (await client.search())[0]
        await set_read_only(own, "on")
        try:
            ready = await client.http.get("/health/ready")
            assert (ready.status_code, ready.json()["status"], ready.json()["engine"]) == (503, "not ready", "up")
            assert "default_transaction_read_only" in ready.json()["database"]
            problem(await client.reserve(offered), 503)
            problem(await client.book(held["id"]), 503)
            for endpoint in ENDPOINTS:
                answer = await endpoint.call(everybody)
                assert answer.status_code < 500 or problem(answer, 503), str(endpoint)
            problem(await ENTER.call(everybody), 503)
            ok(await SEARCH.call(client))
        finally:
            await set_read_only(own, "off")
        await answered(lambda: client.book(held["id"]))
        assert (await client.http.get("/health/ready")).status_code == 200


class TestWithoutTheEngine:
    """On a Temporal server of its own, which is stopped and started."""

    @pytest.fixture
    async def server(self, postgres: EmbeddedPostgres) -> AsyncIterator[Child]:
        directory = postgres.data_dir.parent / "own-temporal"
        own = DevelopmentServer(data_dir=directory, port=free_port(), search_attributes=search_attributes.ALL)
        child = Child(own.program(directory / "temporal.log"))
        await child.start()
        self.address = own.address
        yield child
        await child.stop()
        shutil.rmtree(directory, ignore_errors=True)

    @pytest.fixture
    async def engine(self, server: Child, settings: Settings) -> Client:
        assert server.pid
        return await connect(settings, environment={"TEMPORAL_ADDRESS": self.address})

    @pytest.mark.ci
    async def test_503_until_it_is_back(self, client: ApiClient, server: Child) -> None:
        offered = (await client.search())[0]
        held = await answered(lambda: client.reserve(offered, "outlives"))
        await server.stop()
        try:
            other = (await client.search())[0]
            problem(await client.reserve(other, "during"), 503)
            problem(await client.book(held["id"]), 503)
            problem(await client.give_back(held["id"]), 503)
            assert ok(await client.reserve(offered, "outlives")) == held, "what the database knows needs no engine"
            ready = await client.http.get("/health/ready")
            assert (ready.status_code, ready.json()["database"]) == (503, "up")
            assert ready.json()["engine"].startswith("down")
        finally:
            await server.start()

        await answered(lambda: client.book(held["id"]))
        await answered(lambda: client.reserve(other, "during"))
        await answered(lambda: client.create_meeting(held))

    async def test_one_that_stands_still_is_no_error_of_ours(self, engine: Client, server: Child) -> None:
        """Whatever is left of the time-out is seen by somebody: asyncio logs as an error what is not, in the end."""
        asked = TemporalGateway(engine, "nobody")
        wanted = WantedTimeSlot(start=datetime(2031, 3, 3, 9, tzinfo=UTC), end=datetime(2031, 3, 3, 10, tzinfo=UTC))
        booking, before = BookingKey(client_id="demo", token="stands still"), unseen_failures()
        assert server.pid
        os.kill(server.pid, signal.SIGSTOP)
        try:
            await unavailable(asked, booking, ReserveRequest(asked="once", wanted=wanted))
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert unseen_failures() <= before


def unseen_failures() -> set[asyncio.Future[object]]:
    futures = (each for each in gc.get_objects() if isinstance(each, asyncio.Future))
    return {each for each in futures if each.done() and each._log_traceback}


async def unavailable(engine: TemporalGateway, booking: BookingKey, request: ReserveRequest) -> None:
    """Keeps nothing of the failure, as `pytest.raises` would."""
    try:
        async with Lane(RequestKind.CHANGE, in_flight=1, at_once=1, seconds=0.2).place("demo"):
            await engine.execute_update(request, "attempt", new_run(booking, request, "attempt"), TimeSlotOutcome)
    except Unavailable:
        return
    pytest.fail("it was answered")


async def test_an_app_that_starts_before_everything_else(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    nowhere = {"database_url": f"postgresql://bookme@127.0.0.1:{free_port()}/bookme"}
    app = create_app(Settings.model_validate(settings.model_dump() | nowhere))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bookme.test") as http:
            client = await ApiClient.authorised(http, "demo", EVERY_SCOPE)
            endpoint: Endpoint
            for endpoint in STORED:
                problem(await endpoint.call(client), 503)
            assert (await http.get("/health/ready")).status_code == 503
            assert (await http.get("/openapi.json")).status_code == 200
