"""A worker refuses a database of the wrong kind. So do the API and `bookme migrate` (tests/integration/storage)."""

import asyncio
import os
import sys

import pytest
from temporalio.client import Client

from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from tests.integration.api.sandbox.conftest import Urls


@pytest.mark.ci
@pytest.mark.parametrize("is_wanted", [True, False], ids=["sandbox", "production"])
async def test_a_worker_refuses_the_wrong_database(
    engine: Client,
    postgres: EmbeddedPostgres,
    seeded: Database,
    database: Database,
    sandbox_urls: Urls,
    *,
    is_wanted: bool,
) -> None:
    its = {
        "BOOKME_DATABASE_URL": postgres.running_url if is_wanted else sandbox_urls.running,
        "BOOKME_SANDBOX": str(is_wanted).lower(),
        "TEMPORAL_ADDRESS": engine.service_client.config.target_host,
    }
    command = (sys.executable, "-m", "cli", "worker")
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | its, stderr=asyncio.subprocess.PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    said = "was not made as a sandbox" if is_wanted else "Set BOOKME_SANDBOX=true"
    assert process.returncode == 1
    assert said in errors.decode().splitlines()[-1]
    assert "Traceback" not in errors.decode()
