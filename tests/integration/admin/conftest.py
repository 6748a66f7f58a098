import pytest
from temporalio.client import Client

from admin.connections import Connections
from admin.story.find import Finder
from storage.database import Database
from tests.integration.admin.support import UI


@pytest.fixture
def finder(database: Database, engine: Client) -> Finder:
    return Finder(Connections(database, engine), UI)
