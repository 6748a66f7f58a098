"""Our OpenAPI document is clean to its linters, and TypeScript clients that are generated from it book a meeting."""

from typing import Any

import httpx
import pytest

from api.app import create_app
from config.settings import Settings
from tests.generated_clients.tools import NodeTools, environment, installed
from tests.support.clients import ApiClient

pytestmark = [
    pytest.mark.ci,
    pytest.mark.timeout(600),  # the first run downloads the packages
    pytest.mark.xdist_group("node"),  # one directory is used by one process at a time
]


@pytest.fixture(scope="module")
async def tools(pytestconfig: pytest.Config) -> NodeTools:
    return await installed(pytestconfig)


@pytest.mark.parametrize(
    ("settings", "rules"),
    [({"dev_issuer": True}, "spectral.yaml"), ({"auth_issuer": "https://issuer.example"}, "spectral-openid.yaml")],
    ids=["development", "production"],
)
async def test_the_document_is_clean(tools: NodeTools, settings: dict[str, Any], rules: str) -> None:
    tools.write("openapi.json", create_app(Settings(**settings)).openapi())
    await tools.run("@redocly/cli", "redocly", "lint", "openapi.json")
    options = ("openapi.json", "--ruleset", rules, "--fail-severity", "hint")
    await tools.run("@stoplight/spectral-cli", "spectral", "lint", *options)


async def test_the_clients_compile_and_book_a_meeting(
    tools: NodeTools, url: str, http: httpx.AsyncClient, client: ApiClient
) -> None:
    tools.write("openapi.json", (await http.get("/openapi.json")).json())
    await tools.run("openapi-typescript", "openapi-typescript", "openapi.json", "-o", "src/generated/schema.d.ts")
    await tools.run("@hey-api/openapi-ts", "openapi-ts", "-i", "openapi.json", "-o", "src/generated/hey")
    await tools.run("typescript", "tsc", "--project", ".")
    for journey in ("journey-fetch", "journey-hey"):
        await tools.node(f"built/{journey}.js", **environment(url, client))
