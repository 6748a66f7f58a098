"""Releases of the workers at a real Temporal: which one gets new bookings, and what `bookme deploy` refuses."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import pytest
from pydantic import ValidationError
from temporalio.client import Client
from typer.testing import CliRunner

from cli.main import app
from config.errors import StackError
from config.settings import Settings
from devstack.processes import until
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from storage.database import Database
from workers.deliveries import make_delivery_worker
from workers.deployments import Deployment, Version, promote, read_deployment, roll_back
from workers.main import SANDBOX, make_worker
from workers.versions import deployment_config, ensure_current_version

pytestmark = pytest.mark.ci

PATIENCE = 60.0
PAUSE = 0.5
OLD, NEW = "1.0.0", "1.1.0-rc.1"

Release = Callable[..., AbstractAsyncContextManager[Settings]]


@pytest.fixture
def release(engine: Client, settings: Settings, database: Database, all_steps: tuple[object, ...]) -> Release:
    """The workers of a release, with both task queues unless `deliveries` is false."""

    @asynccontextmanager
    async def working(build_id: str, *, deliveries: bool = True) -> AsyncIterator[Settings]:
        its = settings.model_copy(update={"build_id": build_id})
        async with AsyncExitStack() as stack:
            version = deployment_config(its)
            await stack.enter_async_context(make_worker(engine, its.task_queue, *all_steps, version=version))
            if deliveries:
                outside = await stack.enter_async_context(outbound_client(private_too=True))
                worker = make_delivery_worker(engine, its, database, WebhookRequests(outside), SANDBOX)
                await stack.enter_async_context(worker)
            await ensure_current_version(engine, its)
            await until_version(engine, its, lambda version: version.lacks_workers == [] or not deliveries)
            yield its

    return working


async def until_version(engine: Client, settings: Settings, condition: Callable[[Version], bool]) -> None:
    async def holds() -> bool:
        with contextlib.suppress(StackError):
            version = (await read_deployment(engine, settings)).version(settings.build_id or "")
            if version is not None and condition(version):
                return True
        # Temporal limits the rate of requests about one deployment.
        await asyncio.sleep(PAUSE)
        return False

    await until(holds, PATIENCE)


def shares(deployment: Deployment) -> dict[str, tuple[str, float]]:
    return {each.build_id: (each.status, each.share) for each in deployment.versions}


async def test_without_a_version_there_is_nothing_to_promote(engine: Client, settings: Settings, worker: None) -> None:
    await ensure_current_version(engine, settings)
    with pytest.raises(StackError, match=f"No worker with a version has polled the task queue {settings.task_queue}"):
        await read_deployment(engine, settings)


async def test_the_first_release_promotes_itself_and_no_other_does(engine: Client, release: Release) -> None:
    async with release(OLD) as settings, release(NEW):
        deployment = await read_deployment(engine, settings)
        assert shares(deployment) == {NEW: ("inactive", 0), OLD: ("current", 100)}
        assert deployment.current
        assert deployment.current.workers == {settings.task_queue: 1, settings.delivery_task_queue: 1}
        with pytest.raises(StackError, match="nothing to return to"):
            await roll_back(engine, settings)


async def test_a_promotion_and_its_return(engine: Client, release: Release) -> None:
    async with release(OLD) as settings, release(NEW):
        await promote(engine, settings, NEW)
        assert shares(await read_deployment(engine, settings)) == {NEW: ("current", 100), OLD: ("draining", 0)}
        assert await roll_back(engine, settings) == f"{OLD} gets all new bookings again"
        assert shares(await read_deployment(engine, settings)) == {NEW: ("draining", 0), OLD: ("current", 100)}
        assert await roll_back(engine, settings) == f"{NEW} gets all new bookings again"


async def test_a_share_of_the_bookings_and_its_end(engine: Client, release: Release) -> None:
    async with release(OLD) as settings, release(NEW):
        await promote(engine, settings, NEW, 10)
        assert shares(await read_deployment(engine, settings)) == {NEW: ("ramping", 10), OLD: ("current", 90)}
        assert await roll_back(engine, settings) == f"{NEW} gets no new bookings any more"
        assert shares(await read_deployment(engine, settings)) == {NEW: ("draining", 0), OLD: ("current", 100)}


async def test_a_release_without_workers_for_all_work_is_not_promoted(engine: Client, release: Release) -> None:
    async with release(OLD) as settings, release(NEW, deliveries=False):
        queue = re.escape(settings.delivery_task_queue)
        with pytest.raises(StackError, match=rf"No worker of {NEW} polls {queue}: start one"):
            await promote(engine, settings, NEW)
        with pytest.raises(StackError, match=r"No worker has the version 3: start one with BOOKME_BUILD_ID=3"):
            await promote(engine, settings, "3")
        assert (await read_deployment(engine, settings)).current


async def test_the_commands_show_a_table_and_name_what_is_wrong(
    engine: Client, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with release(OLD) as settings, release(NEW):
        monkeypatch.setenv("TEMPORAL_ADDRESS", engine.service_client.config.target_host)
        monkeypatch.setenv("BOOKME_TASK_QUEUE", settings.task_queue)
        shown = await asyncio.to_thread(CliRunner().invoke, app, ["deploy", "promote", NEW])
        assert [re.split(r"  +", line)[:4] for line in shown.stdout.splitlines()] == [
            ["release", "status", "new bookings", "open bookings"],
            [NEW, "current", "100 %", "0"],
            [OLD, "draining", "0 %", "0"],
        ]
        refused = await asyncio.to_thread(CliRunner().invoke, app, ["deploy", "promote", "3"])
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr == (
            f"bookme: No worker has the version 3: start one with BOOKME_BUILD_ID=3. There are: {NEW}, {OLD}.\n"
        )


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"build_id": "0.3.0 beta"}, "pattern"),
        ({"build_id": "0.3.0", "task_queue": "bookings.eu"}, "needs a BOOKME_TASK_QUEUE without"),
    ],
)
def test_a_name_that_temporal_would_refuse_is_refused_at_the_start(values: dict[str, str], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Settings.model_validate(values)
