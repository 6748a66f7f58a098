"""The command `bookme admin check`."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme --help` answers at once.

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.admin_options import AsJson, checked_reason, run
from config.settings import Settings

if TYPE_CHECKING:
    from admin.check.checks import Repairs
    from admin.connections import Connections
    from admin.documents import CheckReport, Finding

SOMETHING_FOUND: Final = 1
SHOWN_EVERY: Final = 1000
"""Examined rows and runs between two lines of progress."""


def check(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Put right what can be put right.")] = False,
    reason: Annotated[
        str | None,
        typer.Option(callback=checked_reason, help="With --repair: why, for the log. Default: what was found."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the database with Temporal: what does not fit together, and what to do about it.

    The command finds servers that cannot be used, missing workers, relay and
    schedules, holds without a run, runs without a hold, steps and workflow tasks
    that fail, near meetings without a run, runs of cancelled meetings, attendee
    slots out of step, and deliveries and mails that nobody sends. The root cause
    comes first. What depends on it is not checked.

    With [bold]--repair[/], it starts, signals and cancels runs, as BookMe itself does.
    [bold]bookme admin log[/] shows each repair with who and why.

    Examples: [bold]bookme admin check[/] · [bold]bookme admin check --repair --reason "after the restore"[/] ·
    [bold]bookme admin check --json[/]

    The exit status is 1 if something is found and not repaired, or could not be checked.
    """
    from admin.check.checks import check_all
    from admin.check.common import Checking

    if reason is not None and not repair:
        raise typer.BadParameter("--reason needs --repair")

    async def work(opened: "Connections", settings: Settings) -> "CheckReport":
        repairs = await _repairs(opened, settings, reason) if repair else None
        checking = Checking(opened, settings, Progress())
        return await check_all(checking, repairs=repairs, on_finding=_ignore if as_json else _show)

    report = run(work)
    print(report.model_dump_json(by_alias=True, indent=2)) if as_json else _show_summary(report)
    if report.not_checked or any(each.repaired is None for each in report.findings):
        raise typer.Exit(SOMETHING_FOUND)


async def _repairs(opened: "Connections", settings: Settings, reason: str | None) -> "Repairs":
    from admin.changes import Operation
    from admin.check.checks import Repairs
    from admin.operators import find_actor

    return Repairs(Operation(settings, opened.database, opened.client, await find_actor(settings)), reason)


class Progress:
    """Prints how much was examined to standard error, every `SHOWN_EVERY` rows and runs."""

    def __init__(self) -> None:
        self._shown = 0

    def __call__(self, examined: Counter[str]) -> None:
        if examined.total() >= self._shown + SHOWN_EVERY:
            self._shown = examined.total()
            print(f"examined so far: {', '.join(f'{n} {what}' for what, n in examined.items())}", file=sys.stderr)


def _show_summary(report: "CheckReport") -> None:
    """Print what was not checked, for each cause, and the counts."""
    for cause in dict.fromkeys(each.because for each in report.not_checked):
        names = ", ".join(each.check for each in report.not_checked if each.because == cause)
        print(f"not checked, because {cause}: {names}")
    counts = ", ".join(f"{count} {what}" for what, count in report.examined.items()) or "nothing"
    number = len(report.findings)
    print(f"{number or 'no'} finding{'' if number == 1 else 's'}. Examined: {counts}.")


def _ignore(_: "Finding") -> None:
    """Print nothing: the report follows as a whole."""


def _show(finding: "Finding") -> None:
    print(f"{finding.kind}: {finding.text}")
    if finding.repaired is not None:
        print(f"  repaired: {finding.repaired}")
    elif finding.repair_failed is not None:
        print(f"  not repaired: {finding.repair_failed}")
    else:
        print(f"  {finding.advice}")
    if finding.url:
        print(f"  {finding.url}")
    sys.stdout.flush()
