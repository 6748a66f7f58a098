"""The `bookme` command."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme token` answers at once.

import asyncio
import json
from datetime import timedelta
from importlib import metadata
from importlib.util import find_spec
from typing import Annotated, Final

import typer

from cli import deploy
from cli.admin import admin
from cli.one_line import OneLineErrors
from cli.options import count_option, port_option
from config.ports import LOOPBACK
from config.settings import Settings

EXAMPLE_ISSUER: Final = "https://issuer.example"
"""Issuer in the OpenAPI document when no issuer is set."""

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
    """Book meetings. BookMe never books a time twice, and never loses a booking.

    To try it, [bold]bookme dev[/] starts everything on this machine;
    in a second terminal, [bold]bookme demo[/] books a meeting.

    In production, [bold]bookme migrate[/] once, then as many
    [bold]bookme api[/] and [bold]bookme worker[/] as you need; docs/operations has their settings.
    [bold]bookme codec[/] lets operators read what is encrypted in Temporal.
    """
    if version:
        print(metadata.version("bookme"))
    elif context.invoked_subcommand is None:
        print(context.get_help())


IS_FOR_DEVELOPMENT: Final = find_spec("devstack") is not None
"""True if the commands of the one-machine stack are available. The production wheel does not contain them."""

if IS_FOR_DEVELOPMENT:
    from cli import development

    app.command()(development.dev)
    app.command()(development.demo)


@app.command()
def api(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, port_option("API")] = 8000,
    workers: Annotated[int, count_option("serve requests")] = 1,
) -> None:
    """Serve the API. Its settings are BOOKME_* and TEMPORAL_* environment variables.

    Example: [bold]BOOKME_DATABASE_URL=postgresql://… bookme api --host 0.0.0.0 --workers 4[/]
    """
    from api.serving import serve

    serve(host, port, workers)


@app.command()
def codec(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, port_option("codec server")] = 8081,
) -> None:
    """Decrypt the data in Temporal for operators: serve the codec server of the Temporal UI and command line.

    It needs BOOKME_PAYLOAD_KEY, BOOKME_AUTH_ISSUER and BOOKME_TEMPORAL_UI_URL, and neither the database nor Temporal.
    Operators need an access token with the scope bookme.codec; docs/operations/access.md shows how the UI gets one.

    Example: [bold]BOOKME_TEMPORAL_UI_URL=https://temporal.example bookme codec --host 0.0.0.0[/]
    """
    from api.serving import serve_codec

    serve_codec(host, port)


@app.command()
def mcp(
    *,
    url: Annotated[
        str | None, typer.Option(help="Address of the API. Default: BOOKME_MCP_API_URL, then BOOKME_PUBLIC_URL.")
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Serve many clients by HTTP, each with its own token.")] = False,
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = LOOPBACK,
    port: Annotated[int, port_option("MCP server (with --http)")] = 8082,
) -> None:
    """Give language models tools that book meetings: a server of the Model Context Protocol (MCP).

    An assistant starts it and speaks with it on standard input and output. Against [bold]bookme dev[/] it needs no
    settings; else BOOKME_MCP_CLIENT_ID, BOOKME_MCP_CLIENT_SECRET and BOOKME_AUTH_ISSUER. With [bold]--http[/], each
    client sends its own access token. docs/agents.md shows how to connect an assistant, and what the tools do.

    Examples: [bold]claude mcp add bookme -- bookme mcp[/] · [bold]bookme mcp --http[/]
    """
    from cli import agents

    agents.serve(url, host, port, http=http)


@app.command()
def worker() -> None:
    """Run a worker for the workflows and activities of bookings. Start as many as you need.

    Example: [bold]TEMPORAL_ADDRESS=temporal:7233 BOOKME_DATABASE_URL=postgresql://… bookme worker[/]
    """
    from config.memory import freeze_gc, pause_gc

    pause_gc()
    import uvloop

    from config.foreground import until_interrupted
    from config.telemetry import configure_logging
    from workers.main import run

    settings = Settings()
    configure_logging(settings)
    freeze_gc()
    uvloop.run(until_interrupted(run(settings)))


@app.command()
def migrate(
    *,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until the servers can be reached.")] = 30,
    longest_lock: Annotated[
        float,
        typer.Option(min=1, help="Seconds for which a migration may hold locks, else it is undone."),
    ] = 5,
) -> None:
    """Migrate the database to the newest schema, and register the search attributes in Temporal. Safe to repeat.

    API and workers may run meanwhile, also those of the release before.

    Example: [bold]bookme migrate --wait 120[/]
    """
    from config.telemetry import configure_logging
    from workers import prepare

    settings = Settings()
    configure_logging(settings)
    limit = timedelta(seconds=longest_lock)
    print(f"database: {asyncio.run(prepare.migrate_database(settings, wait=wait, longest_lock=limit))}")
    print(f"Temporal: {asyncio.run(prepare.prepare_temporal(settings, wait=wait))}")


app.add_typer(admin, name="admin")
app.add_typer(deploy.app, name="deploy")

if IS_FOR_DEVELOPMENT:
    app.command()(development.seed)
    app.command()(development.token)


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
