"""Console output of `bookme dev`: the programs that start, the ready stack, and the next commands to try."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Final

from rich.console import Console
from rich.markup import escape

from devstack.directory import Running

CLIENT: Final = "demo"
READY: Final = """
[bold green]BookMe is ready[/]

  Booking page   {api_url}/demo
  Staff board    {api_url}/demo/board
  API            {api_url}
  Documentation  {docs_url}
  Temporal UI    {ui_url}{codec_line}{sandbox_line}
  Client         id [bold]{client}[/], secret [bold]{client_secret}[/]   (any client id works: this is for development)

Send a request:
  curl -s '{api_url}/bookme/meeting-topics?isCustomer=true' -H "Authorization: Bearer $({bookme} token{url_option})"

Book a meeting from end to end:
  {bookme} demo{directory_option}

Ctrl-C stops everything. The bookings stay in [bold]{directory}[/].
"""

SANDBOX_LINE: Final = """
  Test clock     {}/sandbox/clock   (moves the time: docs/sandbox.md)"""
CODEC_LINE: Final = """
  Codec server   {}   (decrypts for the UI, without a token: this is for development)"""


class ConsoleReporter:
    """Prints one line per completed step. On a terminal, also shows the steps that are running."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._doing: list[str] = []
        self._status = self._console.status("")

    def say(self, text: str) -> None:
        self._console.print(f"[yellow]•[/] {escape(text)}")

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Show the step as long as the block lasts. If the block succeeds, print the step with its duration.

        The block calls the yielded function with each text that is to be printed with the step.
        """
        results: list[str] = []
        started = time.monotonic()
        self._show([*self._doing, name])
        try:
            yield results.append
        finally:
            self._show([other for other in self._doing if other != name])
        seconds = f"{time.monotonic() - started:.1f} s"
        self._console.print(f"[green]✓[/] {name:<11} {escape(', '.join(results))}  [dim]{seconds}[/]")

    def ready(self, running: Running, directory: str) -> None:
        bookme = "uv run bookme" if "UV" in os.environ else "bookme"
        facts = vars(running) | {"bookme": bookme, "client": CLIENT, "directory": directory}
        facts["url_option"] = "" if running.api_url.endswith(":8000") else f" --url {running.api_url}"
        facts["codec_line"] = CODEC_LINE.format(running.codec_url) if running.codec_url else ""
        facts["sandbox_line"] = SANDBOX_LINE.format(running.api_url) if running.is_sandbox else ""
        facts["directory_option"] = "" if directory == ".bookme" else f" --data-dir '{directory}'"
        self._console.print(READY.format(**facts))

    def _show(self, doing: list[str]) -> None:
        self._doing = doing
        if not self._console.is_terminal:
            return
        if not doing:
            self._status.stop()
            return
        self._status.update(f"starting {', '.join(doing)} …")
        self._status.start()
