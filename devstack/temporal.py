"""Temporal's development server as a child process, configured to be durable and fast."""

import os
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey
from temporalio.service import RPCError

from config.errors import StackError
from config.ports import LOOPBACK
from config.temporal import pollers
from devstack.processes import Program

PRAGMAS: Final = ("journal_mode=wal", "synchronous=full")
DYNAMIC_CONFIG: Final = (
    # The default of 20 polls a second makes every task wait up to 50 ms.
    "history.transferProcessorMaxPollRPS=1000",
    "history.timerProcessorMaxPollRPS=1000",
    # Runs of other clients and of other minutes do not wait behind a backlog (`workflows.common.runs`).
    "matching.enableFairness=true",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    "system.forceSearchAttributesCacheRefreshOnRead=false",
    "system.forceNexusEndpointRefreshOnRead=false",
)


@dataclass(frozen=True, kw_only=True)
class DevelopmentServer:
    """A server whose state is one file in `data_dir`. Without `ui_port` the server has no UI.

    With `codec_url`, the UI lets the codec server at this address decrypt the data that it shows.
    The server creates the search attributes together with a new file. With an existing file, they must be registered.
    """

    data_dir: Path
    port: int
    ui_port: int | None = None
    codec_url: str | None = None
    search_attributes: tuple[SearchAttributeKey[Any], ...] = ()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def program(self, log: Path) -> Program:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        return Program(
            name="Temporal",
            command=(binary(), "server", "start-dev", *self._options()),
            log=log,
            environment=without_temporal(),
            ready=self.answers,
        )

    def _options(self) -> list[str]:
        options = ["--db-filename", str(self.data_dir / "temporal.db"), "--ip", LOOPBACK, "--port", str(self.port)]
        options += ["--headless"] if self.ui_port is None else ["--ui-port", str(self.ui_port), "--ui-ip", LOOPBACK]
        options += ["--ui-codec-endpoint", self.codec_url] if self.codec_url else []
        options += [part for pragma in PRAGMAS for part in ("--sqlite-pragma", pragma)]
        options += [part for value in DYNAMIC_CONFIG for part in ("--dynamic-config-value", value)]
        for key in self.search_attributes:
            options += ["--search-attribute", f"{key.name}={_kind(key)}"]
        return [*options, "--ui-disable-news-fetch", "--log-level", "error"]

    async def answers(self, _pid: int) -> bool:
        try:
            client = await Client.connect(self.address)
            return await client.service_client.check_health()
        except (RuntimeError, RPCError):
            return False


async def is_polled_by(client: Client, task_queue: str, pid: int) -> bool:
    """Return whether a worker in the process `pid` polls the task queue. The SDK names a worker `pid@host`."""
    try:
        found = await pollers(client, task_queue)
    except (RPCError, RuntimeError):
        return False
    return any(each.identity.startswith(f"{pid}@") for each in found)


def _kind(key: SearchAttributeKey[Any]) -> str:
    """Return the type in the spelling of the command line: KEYWORD_LIST is KeywordList."""
    return SearchAttributeIndexedValueType(key.indexed_value_type).name.title().replace("_", "")


def binary() -> str:
    """Return the path of the `temporal` command: beside the Python interpreter, else on the `PATH`."""
    beside = Path(sysconfig.get_path("scripts")) / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise StackError("The stack's servers are not installed: run `uv sync --group stack`.")
    return found


def without_temporal() -> dict[str, str]:
    """Return the environment of this process without the variables of another Temporal server."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    # Otherwise a profile in the user's configuration file would apply to the server that is started here.
    return ours | {"TEMPORAL_CONFIG_FILE": os.devnull}
