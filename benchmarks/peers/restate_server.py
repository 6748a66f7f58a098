"""The binary of the Restate server, which npm brings."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from config.errors import StackError
from config.ports import LOOPBACK

VERSION: Final = "1.7.12"
PACKAGE: Final = f"@restatedev/restate-server@{VERSION}"
BINARY: Final = "BOOKME_RESTATE_SERVER"
"""Environment variable with the path of an installed server, which is used in place of the package."""

MISSING: Final = f"""\
The Restate server is not here, and npm, which brings it, is not on the PATH. Choose one of these:
- install Node.js (https://nodejs.org), which has npm, and run this again: {PACKAGE} is fetched once;
- install `restate-server` in another way (https://docs.restate.dev/installation), and set {BINARY} to its path;
- leave Restate out: --only bookme,plain,dbos"""


def binary() -> str:
    """Return the path of the server's binary. Fetches the npm package into the cache directory if it is not there.

    Raises:
        StackError: there is no npm, or npm fails.

    """
    if given := os.environ.get(BINARY):
        return given
    directory = cache_directory() / f"restate-server-{VERSION}"
    return _binary_in(directory) or _fetched(directory)


def is_here() -> bool:
    """Return whether the server can be started without a download."""
    return BINARY in os.environ or bool(_binary_in(cache_directory() / f"restate-server-{VERSION}"))


def cache_directory() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bookme-benchmarks"


def _binary_in(directory: Path) -> str | None:
    found = directory.glob("node_modules/@restatedev/restate-server-*/bin/restate-server")
    return next((str(each) for each in found), None)


def _fetched(directory: Path) -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise StackError(MISSING)
    directory.mkdir(parents=True, exist_ok=True)
    # Without scripts: the package's only script counts installations.
    options = ("--prefix", str(directory), "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error")
    done = subprocess.run([npm, "install", *options, PACKAGE], capture_output=True, text=True, check=False)
    found = _binary_in(directory)
    if done.returncode or found is None:
        raise StackError(f"npm could not install {PACKAGE}: {done.stderr.strip()}\n\n{MISSING}")
    return found


def settings(ingress: int, admin: int) -> dict[str, str]:
    """Return the environment of a server with these ports. Everything else is as the server comes."""
    return {
        "RESTATE_INGRESS__BIND_ADDRESS": f"{LOOPBACK}:{ingress}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"{LOOPBACK}:{admin}",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "RESTATE_LOG_FILTER": "warn",
    }


def command(directory: Path, node: int) -> tuple[str, ...]:
    """Return the command line of a server with its data in `directory` and its port between nodes `node`."""
    options = ("--no-logo", "--listen-mode", "tcp", "--bind-address", f"{LOOPBACK}:{node}", "--node-name", "one")
    return (binary(), *options, "--base-dir", str(directory))
