"""Commands of the one-machine stack. They are not in the production wheel, because `devstack` is not."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme token` answers at once.

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.options import count_option, port_option
from config.ports import LOOPBACK
from config.settings import Settings

if TYPE_CHECKING:
    from devstack.demo import BookedMeeting

API_URL: Final = f"http://{LOOPBACK}:8000"
UI_URL: Final = f"http://{LOOPBACK}:8233"

DataDir = Annotated[Path, typer.Option(help="Directory for the data of the stack.")]


def dev(  # noqa: PLR0913 - one parameter for each option
    *,
    api_port: Annotated[int, port_option("API")] = 8000,
    temporal_port: Annotated[int, port_option("Temporal server")] = 7233,
    ui_port: Annotated[int, port_option("Temporal UI")] = 8233,
    data_dir: DataDir = Path(".bookme"),
    api_workers: Annotated[int, count_option("serve the API")] = 1,
    workers: Annotated[int, count_option("run the bookings")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the data of earlier runs first.")] = False,
    sandbox: Annotated[
        bool, typer.Option(help="Give new data a clock that clients can move (docs/sandbox.md).")
    ] = True,
) -> None:
    """Start everything on this machine: PostgreSQL, Temporal with its UI, worker, API, token issuer, demo data.

    The stack listens on loopback only, keeps its data, restarts processes that end, and stops on Ctrl-C.

    Examples: [bold]bookme dev[/] · [bold]bookme dev --api-port 9000 --data-dir /tmp/try --fresh[/]
    """
    from devstack.foreground import serve
    from devstack.stack import Options

    options = Options(
        data_dir=data_dir, api_port=api_port, temporal_port=temporal_port, ui_port=ui_port,
        api_workers=api_workers, workers=workers, fresh=fresh, sandbox=sandbox,
    )  # fmt: skip
    serve(options)


def demo(
    *,
    url: Annotated[str | None, typer.Option(help="Address of the API. Default: the stack in --data-dir.")] = None,
    ui_url: Annotated[str | None, typer.Option(help="Address of the Temporal UI.")] = None,
    data_dir: DataDir = Path(".bookme"),
    ics: Annotated[Path | None, typer.Option(help="File to save the calendar file to.")] = None,
) -> None:
    """Book one meeting end to end against the running stack, and show each request and answer.

    Examples: [bold]bookme demo[/] · [bold]bookme demo --ics meeting.ics[/]
    """
    from rich.console import Console

    from devstack import demo as journey
    from devstack.directory import DataDirectory
    from devstack.tokens import fetch_token

    running = DataDirectory(data_dir).running()
    url = url or (running.api_url if running else API_URL)
    ui_url = ui_url or (running.ui_url if running else UI_URL)
    secret = running.client_secret if running else _secret(None)
    console = Console(highlight=False, soft_wrap=True)
    booked = journey.book(url, fetch_token(url, journey.CLIENT, secret, None), console)
    _show_booked(booked, ui_url, ics)


def _show_booked(booked: "BookedMeeting", ui_url: str, ics: Path | None) -> None:
    if ics:
        ics.write_text(booked.calendar_file, newline="")
    print(f"\n{ics or booked.calendar_file.strip()}\n\nIts workflow: {booked.link(ui_url)}")


def seed() -> None:
    """Add the demo data that is missing: a made-up bank with locations, employees, rooms and topics. Safe to repeat."""
    from devstack.seeding import seed as add_demo_data

    print(f"database: {asyncio.run(add_demo_data(Settings()))}")


def token(
    *,
    client: Annotated[str, typer.Option(help="Client id of the token. Any name works.")] = "demo",
    scope: Annotated[str | None, typer.Option(help="Scopes, separated by spaces. Default: read and book.")] = None,
    url: Annotated[str, typer.Option(help="Address of the API.")] = API_URL,
    secret: Annotated[str | None, typer.Option(help="Development secret. Default: that of the settings.")] = None,
) -> None:
    """Print an access token of the development issuer, and nothing else.

    Example: [bold]curl -H "Authorization: Bearer $(bookme token)" http://127.0.0.1:8000/config/rooms[/]
    """
    from devstack.tokens import fetch_token

    print(fetch_token(url, client, _secret(secret), scope))


def _secret(given: str | None) -> str:
    return given or Settings().dev_issuer_secret.get_secret_value()
