"""A real Prometheus on loopback (Debian's package `prometheus`), with the rules of deploy/prometheus."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from config.ports import LOOPBACK, free_port
from tests.monitoring.names import RULES

PROGRAM: Final = shutil.which("prometheus")


class Prometheus:
    """A running server that scrapes every second."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def is_ready(self) -> bool:
        try:
            return (await self._http.get("/-/ready")).is_success
        except httpx.TransportError:
            return False

    async def series(self, query: str) -> list[dict[str, Any]]:
        """The result of an instant query."""
        answer = await self._http.get("/api/v1/query", params={"query": query})
        assert answer.status_code == 200, f"{query}\n{answer.text}"
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    async def failed_rules(self) -> list[str]:
        """The rules that could not be evaluated, with the cause, and those that were not evaluated yet."""
        groups = (await self._http.get("/api/v1/rules")).json()["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert rules
        return [f"{rule['name']}: {rule.get('lastError', rule['health'])}" for rule in rules if rule["health"] != "ok"]


@asynccontextmanager
async def prometheus(directory: Path, targets: Sequence[str]) -> AsyncIterator[Prometheus]:
    """Run the server with its data in `directory`. `targets` are `host:port`."""
    assert PROGRAM is not None, "install Debian's package `prometheus`"
    address = f"{LOOPBACK}:{free_port()}"
    scrape = {"job_name": "bookme", "static_configs": [{"targets": list(targets)}]}
    often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration = directory / "prometheus.yml"
    configuration.write_text(yaml.safe_dump({"global": often, "rule_files": [str(RULES)], "scrape_configs": [scrape]}))
    options = (
        f"--config.file={configuration}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={address}",
    )
    with (directory / "prometheus.log").open("wb") as log:
        server = await asyncio.create_subprocess_exec(PROGRAM, *options, stdout=log, stderr=log)
        try:
            async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False, timeout=10) as http:
                yield Prometheus(http)
        finally:
            server.kill()
            await server.wait()
