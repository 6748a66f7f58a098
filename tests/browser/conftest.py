"""A sandbox that serves the pages of `examples/booking-page` as `bookme dev` does, and Chromium."""

import os
import shutil

import pytest

from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from devstack.stack import PAGES
from tests.browser.pages import page_tools
from tests.generated_clients.tools import NodeTools
from tests.integration.api.sandbox.conftest import Urls, create_database, database, sandbox, worker

__all__ = ["database", "sandbox", "worker"]


@pytest.fixture(scope="session")
async def sandbox_urls(postgres: EmbeddedPostgres) -> Urls:
    return await create_database(postgres, "pages")


@pytest.fixture
def settings(settings: Settings, sandbox_urls: Urls) -> Settings:
    its = {"database_url": sandbox_urls.running, "sandbox": True, "dev_issuer": True, "demo_pages": PAGES}
    return Settings.model_validate(settings.model_dump() | its)


@pytest.fixture(scope="module")
async def tools(pytestconfig: pytest.Config) -> NodeTools:
    return await page_tools(pytestconfig)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium."""
    if path := shutil.which("chromium"):
        return path
    message = "Chromium is missing: install Debian's package `chromium`"
    if "CI" in os.environ:
        pytest.fail(message)
    pytest.skip(message)
