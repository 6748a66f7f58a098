"""`bookme mcp` as a process, against the API behind a real server, and clients of it with the SDK."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from config.ports import LOOPBACK, free_port
from tests.python_client.conftest import port, proxy, settings, url  # noqa: F401 - fixtures
from tests.support.clients import SECRET, next_monday

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = ("-m", "cli", "mcp")
CUSTOMER: Final = "customer-4711"
Json = dict[str, Any]


@dataclass
class Model:
    """A scripted model: calls tools, as a model does that has read their results."""

    client: Client

    async def call(self, tool: str, **arguments: object) -> CallToolResult:
        return await self.client.call_tool(tool, arguments)

    async def result(self, tool: str, **arguments: object) -> Json:
        answer = await self.call(tool, **arguments)
        assert not answer.is_error, words(answer)
        found: Json = answer.structured_content or {}
        return found

    async def refusal(self, tool: str, **arguments: object) -> str:
        answer = await self.call(tool, **arguments)
        assert answer.is_error, answer
        return words(answer)

    async def offers(self, meeting_type: str = "online") -> list[Json]:
        """The arguments of `hold_time_slot` for the first free time slots of the coming week, without the customer."""
        topics = await self.result("find_topics")
        about = {
            "topic_id": topics["topics"][0]["topic_id"],
            "customer_type_id": topics["customer_types"][0]["customer_type_id"],
            "meeting_type": meeting_type,
        }
        found = await self.result("find_time_slots", **about, earliest=next_monday().isoformat(), days=5)
        return [about | {"start": each["start"], "employee_id": each["employee_id"]} for each in found["time_slots"]]

    async def held(self, customer_id: str = CUSTOMER) -> Json:
        held = await self.result("hold_time_slot", **(await self.offers())[0], customer_id=customer_id)
        hold: Json = held["hold"]
        return hold

    async def booked(self, customer_id: str = CUSTOMER) -> Json:
        hold = await self.held(customer_id)
        done = await self.result("confirm", hold_id=hold["hold_id"], customer_id=customer_id, user_agreed=True)
        meeting: Json = done["meeting"]
        return meeting


def words(answer: CallToolResult) -> str:
    return " ".join(each.text for each in answer.content if isinstance(each, TextContent))


@asynccontextmanager
async def by_stdio(**environment: str) -> AsyncIterator[Model]:
    parameters = StdioServerParameters(command=sys.executable, args=list(COMMAND), env=environment, cwd=ROOT)
    async with Client(parameters) as client:
        yield Model(client)


@dataclass(frozen=True)
class HttpServer:
    """`bookme mcp --http` in a process of its own. `issuer` gives tokens for it."""

    url: str
    issuer: str
    client_id: str = "demo"

    async def token(self, client_id: str | None = None, scope: str = "bookme.read bookme.book") -> str:
        form = {"grant_type": "client_credentials", "client_id": client_id or self.client_id, "scope": scope}
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.issuer}/oauth2/token", data=form | {"client_secret": SECRET})
        return str(answer.raise_for_status().json()["access_token"])

    @asynccontextmanager
    async def model(
        self,
        client_id: str | None = None,
        scope: str = "bookme.read bookme.book",
        *,
        mode: str = "auto",
        asked: ElicitationFnT | None = None,
        through: str | None = None,
    ) -> AsyncIterator[Model]:
        """Connect a model. `through` is the address of a proxy."""
        headers = {"Authorization": f"Bearer {await self.token(client_id, scope)}"}
        async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as http:
            transport = streamable_http_client(through or self.url, http_client=http)
            async with Client(transport, mode=mode, elicitation_callback=asked) as client:
                yield Model(client)


@pytest.fixture(scope="session")
async def mcp_process(port: int, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HttpServer]:  # noqa: F811 - a fixture
    """The process. It needs the API only when it is called, so one process serves all tests."""
    chosen, api = free_port(), f"http://{LOOPBACK}:{port}"
    log = tmp_path_factory.mktemp("mcp") / "mcp.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *COMMAND, "--http", "--port", str(chosen), "--url", api, cwd=ROOT, stderr=errors
        )
    address = f"http://{LOOPBACK}:{chosen}"
    async with asyncio.timeout(60):
        while not await is_live(f"{address}/health/live"):
            assert process.returncode is None, log.read_text()
            await asyncio.sleep(0.05)
    yield HttpServer(f"{address}/mcp", api)
    process.terminate()
    assert await process.wait() in {0, -15}
    assert "Traceback" not in log.read_text()


async def is_live(address: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return (await http.get(address)).is_success
        except httpx.TransportError:
            return False


@pytest.fixture
async def mcp_http(mcp_process: HttpServer, url: str, worker: None) -> HttpServer:  # noqa: F811 - a fixture
    """The server by HTTP, with the API and a worker.

    Each test is a client of its own. The tools of one client give the same time slot the same booking token, so the
    run of another test's hold would get the request, and has no worker any more.
    """
    return replace(mcp_process, client_id=f"assistant-{uuid4()}")
