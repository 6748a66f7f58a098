import httpx
import pytest

from config.settings import Settings
from storage.database import Database
from tests.integration.admin.changes.support import Shell
from tests.support.clients import ApiClient


@pytest.fixture
def shell(settings: Settings, database: Database) -> Shell:
    """The shell of an operator."""
    return Shell(settings, database)


@pytest.fixture
async def client(http: httpx.AsyncClient, worker: None) -> ApiClient:
    """A client with the name that the commands show, and a worker that serves it."""
    return await ApiClient.authorised(http, "demo")
