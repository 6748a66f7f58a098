"""`bookme deploy`: which release of the workers gets new bookings."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme --help` answers at once.

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from config.settings import Settings

if TYPE_CHECKING:
    from workers.deployments import Deployment, Version

app = typer.Typer(rich_markup_mode="rich")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

COLUMNS: Final = ("release", "status", "new bookings", "open bookings", "workers")


@app.callback(invoke_without_command=True)
def deploy(context: typer.Context) -> None:
    """Show the releases of the workers, and decide which of them gets new bookings.

    A release is the BOOKME_BUILD_ID of its workers. A booking stays on the release that it began on.
    docs/operations/releases.md has the steps.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show each release: whether it gets new bookings, how many it still has to end, and its workers.

    When a release is [bold]drained[/], its workers may be stopped.

    Example: [bold]bookme deploy status --json[/]
    """
    _show(asyncio.run(_status()), as_json=as_json)


@app.command()
def promote(
    build_id: Annotated[str, typer.Argument(metavar="RELEASE", help="BOOKME_BUILD_ID of the release's workers.")],
    *,
    ramp: Annotated[float, typer.Option(min=1, max=100, help="Share of new bookings that it gets, in percent.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Give new bookings to a release whose workers run. Bookings under way stay on their release.

    Examples: [bold]bookme deploy promote 0.3.0 --ramp 10[/] · [bold]bookme deploy promote 0.3.0[/]
    """
    _show(asyncio.run(_promote(build_id, ramp)), as_json=as_json)


@app.command()
def rollback(*, as_json: AsJson = False) -> None:
    """Give new bookings to the release that was current before, or end a ramp. The workers of both must still run.

    Example: [bold]bookme deploy rollback[/]
    """
    done, deployment = asyncio.run(_roll_back())
    if not as_json:
        print(done)
    _show(deployment, as_json=as_json)


async def _status() -> "Deployment":
    from config.temporal import connect
    from workers.deployments import read_deployment

    settings = Settings()
    return await read_deployment(await connect(settings), settings)


async def _promote(build_id: str, ramp: float) -> "Deployment":
    from config.temporal import connect
    from workers import deployments

    settings = Settings()
    client = await connect(settings)
    await deployments.promote(client, settings, build_id, ramp)
    return await deployments.read_deployment(client, settings)


async def _roll_back() -> "tuple[str, Deployment]":
    from config.temporal import connect
    from workers import deployments

    settings = Settings()
    client = await connect(settings)
    done = await deployments.roll_back(client, settings)
    return done, await deployments.read_deployment(client, settings)


def _show(deployment: "Deployment", *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(as_dict(deployment), indent=2))
        return
    rows = [COLUMNS, *(_row(each) for each in deployment.versions)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for each in deployment.versions:
        if each.bookings and each.lacks_workers:
            print(f"\n{each.build_id} has open bookings and lacks workers: start its workers until it is drained.")


def as_dict(deployment: "Deployment") -> dict[str, Any]:
    """Return the deployment as it is printed with `--json`."""
    versions = [
        asdict(each) | {"was_current_at": each.was_current_at and each.was_current_at.isoformat()}
        for each in deployment.versions
    ]
    current = deployment.current
    return {"deployment": deployment.name, "current": current and current.build_id, "versions": versions}


def _row(version: "Version") -> tuple[str, ...]:
    workers = ", ".join(f"{queue} {count}" for queue, count in version.workers.items())
    return (version.build_id, version.status, f"{version.share:g} %", str(version.bookings), workers)
