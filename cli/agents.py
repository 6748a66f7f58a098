"""Runs the server of tools for `bookme mcp`. Its packages are an extra of the wheel."""
# ruff: noqa: PLC0415 - the packages may be missing

import asyncio
import signal
import sys
from importlib.util import find_spec
from typing import Final

from config.errors import StackError
from config.settings import Settings

PACKAGES: Final = ("mcp", "bookme_client")
HINT: Final = "bookme: waiting for an MCP client on standard input. docs/agents.md shows how to connect one."


def serve(url: str | None, host: str, port: int, *, http: bool) -> None:
    """Serve the tools until the input ends, or until a signal to stop. `url` replaces the address in the settings.

    Raises:
        StackError: packages are missing, or the settings do not allow to serve.

    """
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise StackError(f"`bookme mcp` needs more packages ({', '.join(missing)}): install `bookme[mcp]`.")
    from agents.serving import serve_http, serve_stdio

    settings = Settings()
    if url is not None:
        settings = Settings.model_validate(settings.model_dump() | {"mcp_api_url": url})
    if http:
        serve_http(settings, host, port)
        return
    if sys.stdin.isatty():
        print(HINT, file=sys.stderr)
    # A thread waits for the next line of the input. Python would wait for the thread, so Ctrl-C ends the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(serve_stdio(settings))
