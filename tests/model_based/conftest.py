from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from tests.model_based.steps.scene import Scene, scene_of


@pytest.fixture(scope="session")
async def stage(postgres: EmbeddedPostgres, seeded: Database, temporal: WorkflowEnvironment) -> AsyncIterator[Scene]:
    """Made once: it takes as long as a dozen steps."""
    settings = Settings.model_validate({"database_url": postgres.running_url, "task_queue": "proofs"})
    async with scene_of(settings, postgres, seeded, temporal.client) as made:
        yield made


@pytest.fixture
async def scene(stage: Scene, database: Database) -> AsyncIterator[Scene]:
    """With the demo organisation, and no booking."""
    stage.outside.be_as_usual()
    yield stage
    await stage.rows.do("DELETE FROM calendar")
