"""The `bookme` command."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme token` answers at once.

import asyncio
import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bookme.settings import Settings
from bookme.stack.one_line import OneLineErrors
from bookme.stack.ports import LOOPBACK

if TYPE_CHECKING:
    from bookme.demo import Booked

API_URL: Final = f"http://{LOOPBACK}:8000"
UI_URL: Final = f"http://{LOOPBACK}:8233"
EXAMPLE_ISSUER: Final = "https://issuer.example"
"""Stands in the OpenAPI document when no issuer is set."""

app = typer.Typer(
    cls=OneLineErrors,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def bookme(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Books meetings: never twice, and never loses one.

    To try it, [bold]bookme dev[/] starts everything on this machine;
    in a second terminal, [bold]bookme demo[/] books a meeting.

    In production, [bold]bookme migrate[/] once, then as many
    [bold]bookme api[/] and [bold]bookme worker[/] as you need; docs/operations.md has their settings.
    """
    if version:
        print(metadata.version("bookme"))
    elif context.invoked_subcommand is None:
        print(context.get_help())


DataDir = Annotated[Path, typer.Option(help="Where the stack keeps its data.")]


def _port(what: str) -> Any:  # noqa: ANN401 - typer's own
    return typer.Option(min=1, max=65535, help=f"Port of the {what}.")


def _count(what: str) -> Any:  # noqa: ANN401 - typer's own
    return typer.Option(min=1, max=64, help=f"Processes that {what}.")


@app.command()
def dev(
    *,
    api_port: Annotated[int, _port("API")] = 8000,
    temporal_port: Annotated[int, _port("Temporal server")] = 7233,
    ui_port: Annotated[int, _port("Temporal UI")] = 8233,
    data_dir: DataDir = Path(".bookme"),
    api_workers: Annotated[int, _count("serve the API")] = 1,
    workers: Annotated[int, _count("run the bookings")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete what earlier runs stored first.")] = False,
) -> None:
    """Start everything on this machine: PostgreSQL, Temporal with its UI, worker, API, token issuer, demo data.

    It listens on loopback only, keeps its data, starts again what dies, and stops cleanly on Ctrl-C.

    Examples: [bold]bookme dev[/] · [bold]bookme dev --api-port 9000 --data-dir /tmp/try --fresh[/]
    """
    from bookme.stack.foreground import serve
    from bookme.stack.stack import Options

    options = Options(
        data_dir=data_dir, api_port=api_port, temporal_port=temporal_port, ui_port=ui_port,
        api_workers=api_workers, workers=workers, fresh=fresh,
    )  # fmt: skip
    serve(options)


@app.command()
def demo(
    *,
    url: Annotated[str | None, typer.Option(help="Where the API is; else the stack of --data-dir is asked.")] = None,
    ui_url: Annotated[str | None, typer.Option(help="Where the Temporal UI is.")] = None,
    data_dir: DataDir = Path(".bookme"),
    ics: Annotated[Path | None, typer.Option(help="Save the calendar file there.")] = None,
) -> None:
    """Book one meeting end to end against the running stack, and show each request and answer.

    Examples: [bold]bookme demo[/] · [bold]bookme demo --ics meeting.ics[/]
    """
    from rich.console import Console

    from bookme import demo as journey
    from bookme.stack.directory import DataDirectory

    running = DataDirectory(data_dir).running()
    url = url or (running.api_url if running else API_URL)
    ui_url = ui_url or (running.ui_url if running else UI_URL)
    secret = running.client_secret if running else _secret(None)
    console = Console(highlight=False, soft_wrap=True)
    booked = journey.book(url, journey.fetch_token(url, journey.CLIENT, secret, None), console)
    _show_booked(booked, ui_url, ics)


def _show_booked(booked: "Booked", ui_url: str, ics: Path | None) -> None:
    if ics:
        ics.write_text(booked.calendar_file, newline="")
    print(f"\n{ics or booked.calendar_file.strip()}\n\nIts workflow: {booked.link(ui_url)}")


@app.command()
def api(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, _port("API")] = 8000,
    workers: Annotated[int, _count("serve requests")] = 1,
) -> None:
    """Serve the API. Its settings are BOOKME_* and TEMPORAL_* environment variables.

    Example: [bold]BOOKME_DATABASE_URL=postgresql://… bookme api --host 0.0.0.0 --workers 4[/]
    """
    from bookme.serving import serve

    serve(host, port, workers)


@app.command()
def worker() -> None:
    """Run bookings: the worker of the workflows and their activities. Start as many as you need.

    Example: [bold]TEMPORAL_ADDRESS=temporal:7233 BOOKME_DATABASE_URL=postgresql://… bookme worker[/]
    """
    from bookme.memory import settle
    from bookme.stack.foreground import until_interrupted
    from bookme.telemetry import configure_logging
    from workers.main import run

    settings = Settings()
    configure_logging(settings)
    settle()
    asyncio.run(until_interrupted(run(settings)))


@app.command()
def migrate(
    *, wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for servers that are not there yet.")] = 30
) -> None:
    """Bring the database to the newest schema, and Temporal to know our search attributes. Safe to repeat.

    Example: [bold]bookme migrate --wait 120[/]
    """
    from bookme.stack import prepare
    from bookme.telemetry import configure_logging

    settings = Settings()
    configure_logging(settings)
    print(f"database: {asyncio.run(prepare.migrate_database(settings, wait=wait))}")
    print(f"Temporal: {asyncio.run(prepare.prepare_temporal(settings, wait=wait))}")


@app.command()
def seed() -> None:
    """Add the demo data that is missing: a made-up bank with locations, employees, rooms and topics. Safe to repeat."""
    from bookme.stack import prepare

    print(f"database: {asyncio.run(prepare.seed(Settings()))}")


@app.command()
def token(
    *,
    client: Annotated[str, typer.Option(help="Which client to be: any name.")] = "demo",
    scope: Annotated[str | None, typer.Option(help="Scopes, with spaces between; else to read and to book.")] = None,
    url: Annotated[str, typer.Option(help="Where the API is.")] = API_URL,
    secret: Annotated[str | None, typer.Option(help="The development secret, if it was changed.")] = None,
) -> None:
    """Print an access token of the development issuer, and nothing else.

    Example: [bold]curl -H "Authorization: Bearer $(bookme token)" http://127.0.0.1:8000/config/rooms[/]
    """
    from bookme.demo import fetch_token

    print(fetch_token(url, client, _secret(secret), scope))


def _secret(given: str | None) -> str:
    return given or Settings().dev_issuer_secret.get_secret_value()


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the API as JSON.

    Example: [bold]bookme openapi > openapi.json[/]
    """
    from api.app import create_app

    settings = Settings()
    if not settings.dev_issuer and not settings.auth_issuer:
        settings = settings.model_copy(update={"auth_issuer": EXAMPLE_ISSUER})
    print(json.dumps(create_app(settings).openapi(), indent=2, ensure_ascii=False))
