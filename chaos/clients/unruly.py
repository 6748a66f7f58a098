"""Unruly clients, each in its own process, so that they do not slow down the clients that measure."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from chaos.clients.api_client import ApiClient
from chaos.record import LINES, Json, Writer
from config.errors import StackError
from config.ports import LOOPBACK

PROGRAM: Final = "chaos.clients.misbehaviour"
LONGEST_LINE: Final = 2**20


class Behaviour(StrEnum):
    BURSTS = "bursts"
    DEAF_RECEIVER = "deaf-receiver"
    HOLDS = "holds"
    SEARCHES = "searches"
    BODIES = "bodies"


@dataclass(frozen=True, kw_only=True)
class UnrulyTask:
    """Input of the program `chaos.clients.misbehaviour`. `receiver` is the address of a receiver that never answers."""

    behaviour: str
    client: str
    token: str
    seconds: float
    seed: int
    apis: dict[str, str]
    offers: Sequence[Json]
    receiver: str


class UnrulyClients:
    """Runs unruly clients and records their exchanges. `api_clients` are the same clients by behaviour."""

    def __init__(self, task: UnrulyTask, api_clients: dict[Behaviour, ApiClient], writer: Writer, log: Path) -> None:
        self._task = task
        self._api_clients = api_clients
        self._writer = writer
        self._log = log
        self._times = 0

    async def misbehave(self, behaviour: str, seconds: float) -> None:
        """Run a client of this behaviour for `seconds`. Raises `StackError` if its program fails."""
        self._times += 1
        api_client = self._api_clients[Behaviour(behaviour)]
        mine = {"client": api_client.client, "token": api_client.token, "seed": self._task.seed + self._times}
        task = asdict(self._task) | mine | {"behaviour": behaviour, "seconds": seconds}
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", PROGRAM),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LONGEST_LINE,
            )
        try:
            await self._follow(process, json.dumps(task).encode())
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise StackError(f"the client of {behaviour} ended with status {process.returncode}: see {self._log}")

    async def _follow(self, process: asyncio.subprocess.Process, task: bytes) -> None:
        if process.stdin is None or process.stdout is None:
            raise StackError("an unruly client has no pipes")
        process.stdin.write(task)
        process.stdin.close()
        async for line in process.stdout:
            self._writer.write(LINES.validate_json(line))
        await process.wait()

    async def remove_webhooks(self) -> None:
        """Delete the webhooks whose receiver never answers. Their pending deliveries would wait for days."""
        api_client = self._api_clients[Behaviour.DEAF_RECEIVER]
        while found := await api_client.get("/bookme/webhooks"):
            for each in found:
                await api_client.delete(f"/bookme/webhooks/{each['id']}")


@asynccontextmanager
async def deaf_receiver() -> AsyncIterator[str]:
    """Run a receiver that reads every request and never answers. Yields its address."""
    open_connections: set[asyncio.StreamWriter] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_connections.add(writer)
        try:
            while await reader.read(LONGEST_LINE):
                pass
        except ConnectionError:
            return
        finally:
            open_connections.discard(writer)
            writer.close()

    server = await asyncio.start_server(handle, LOOPBACK, 0)
    try:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/deaf"
    finally:
        server.close()
        for each in open_connections:
            each.transport.abort()
