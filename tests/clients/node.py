"""Node.js packages of `clients/`: copies in which their dependencies are installed."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from api.app import create_app
from cli.main import EXAMPLE_ISSUER
from config.settings import Settings
from tests.generated_clients.tools import NODE, NPM, NodeTools

CLIENTS: Final = Path(__file__).parents[2] / "clients"
NOT_COPIED: Final = ("node_modules", "dist", "*.tgz")
INSTALLED: Final = "installed.json"


async def installed(config: pytest.Config, folder: str) -> NodeTools:
    """Return a copy of this folder of `clients` with its packages installed. The next runs use its directory again."""
    return await installed_copy(CLIENTS / folder, config.cache.mkdir(f"clients_{folder}"))


async def installed_copy(source: Path, directory: Path) -> NodeTools:
    """Copy a package to this directory, and install its packages there, unless an earlier run has."""
    tools, mark, lock = NodeTools(directory), directory / INSTALLED, (source / "package-lock.json").read_text()
    if not mark.exists() or mark.read_text() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, directory / name)
        await tools.install_packages()
        mark.write_text(lock)
    copy_sources(source, directory)
    return tools


def copy_sources(source: Path, directory: Path) -> None:
    """Replace everything in the directory but its installed packages."""
    for former in directory.iterdir():
        if former.name not in {"node_modules", INSTALLED}:
            shutil.rmtree(former) if former.is_dir() else former.unlink()
    shutil.copytree(source, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_COPIED))


async def npm(tools: NodeTools, *arguments: str, **environment: str) -> str:
    """Run npm in the directory, and return what it prints. Scripts of the package call `node`: ours."""
    path = f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return await tools.node(str(NPM), "--loglevel=error", *arguments, PATH=path, **environment)


def write_document(tools: NodeTools) -> str:
    """Write the OpenAPI document into the directory, as `bookme openapi` prints it. Return the name of the file."""
    tools.write("openapi.json", create_app(Settings(auth_issuer=EXAMPLE_ISSUER)).openapi())
    return "openapi.json"
