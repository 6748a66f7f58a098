"""The commands `find`, `holds` and `open-run` of `bookme admin`, which change nothing."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme --help` answers at once.

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from cli.admin_options import AsJson, identity, moment, nothing, period, run
from config.settings import Settings

if TYPE_CHECKING:
    from admin.connections import Connections
    from admin.documents import Found, Holds, Links
    from admin.story.question import Question

Client = Annotated[str | None, typer.Option(help="Client id.", metavar="ID")]
Token = Annotated[str | None, typer.Option("--token", help="Token of the booking.", metavar="TEXT")]
Meeting = Annotated[UUID | None, typer.Option(parser=identity, help="Id of the meeting.", metavar="ID")]
TimeSlot = Annotated[UUID | None, typer.Option(parser=identity, help="Id of the time slot.", metavar="ID")]
SEVERAL: Final = "Use exactly one of --customer, --token, --meeting, --time-slot, --employee with --at, and --client."


def find(  # noqa: PLR0913 - one option for each way to name a booking
    *,
    customer: Annotated[str | None, typer.Option(help="The client's id of the customer.", metavar="ID")] = None,
    token: Token = None,
    client: Annotated[
        str | None, typer.Option(help="Client id: all its bookings, or with --token.", metavar="ID")
    ] = None,
    meeting: Meeting = None,
    time_slot: TimeSlot = None,
    employee: Annotated[
        str | None, typer.Option(help="With --at: name, initials, staff number or id.", metavar="NAME")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(parser=moment, help="Time; without offset: the organisation's.", metavar="TIME")
    ] = None,
    since: Annotated[str, typer.Option(help="With --client: a time, or a period until now.", metavar="P7D")] = "P1D",
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=500, help="Most bookings to show, the newest. Default: 5, with --client 20."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of a booking, and why: the conclusion, the timeline, and the runs.

    Examples: [bold]bookme admin find --customer 4711[/] · [bold]bookme admin find --token order-7 --client webshop[/] ·
    [bold]bookme admin find --employee "Freja Lindqvist" --at "2026-11-30 10:00"[/] ·
    [bold]bookme admin find --client webshop --since P7D[/]

    The exit status is 1 if nothing is found.
    """
    from admin.story.question import Question

    named = (customer, token, meeting, time_slot, employee, client if token is None else None)
    if sum(each is not None for each in named) != 1 or (employee is None) is not (at is None):
        raise typer.BadParameter(SEVERAL)
    asked = Question(customer, token, meeting, time_slot, employee, client, at, period(since))
    found = _found(asked, limit or (20 if asked.is_of_client else 5))
    if as_json:
        print(found.model_dump_json(by_alias=True, indent=2))
    else:
        from cli.admin_output import print_found

        print_found(found, is_brief=asked.is_of_client)


def _found(asked: "Question", limit: int) -> "Found":
    from admin.story.find import Finder, NothingFound
    from admin.ui_links import ui_url_of

    async def work(opened: "Connections", settings: Settings) -> "Found":
        return await Finder(opened, ui_url_of(settings)).find(asked, limit)

    try:
        return run(work)
    except NothingFound:
        hint = "Check the spelling; ids and tokens are case-sensitive."
        if asked.employee is not None:
            hint = "A time slot that is gone is found by its exact start."
        nothing(f"No booking fits this. {hint}")


def holds(
    *,
    client: Client = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only holds whose deadline has passed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most holds to show.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """List the time slots that are held now, those that end first at the top.

    An overdue hold blocks nobody. It is removed within seconds, unless nothing runs that removes it.

    Examples: [bold]bookme admin holds[/] · [bold]bookme admin holds --client webshop --overdue --json[/]
    """
    from admin.holds import list_holds
    from admin.ui_links import ui_url_of

    async def work(opened: "Connections", settings: Settings) -> "Holds":
        return await list_holds(opened, ui_url_of(settings), client_id=client, is_overdue=overdue, limit=limit)

    found = run(work)
    if as_json:
        print(found.model_dump_json(by_alias=True, indent=2))
        return
    from cli.admin_output import print_holds

    print_holds(found)


def open_run(
    *,
    token: Token = None,
    client: Annotated[
        str | None, typer.Option(help="Client id: its deliveries, or with --token.", metavar="ID")
    ] = None,
    meeting: Meeting = None,
    time_slot: TimeSlot = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the page in a browser too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the address of a run in the Temporal UI.

    Examples: [bold]bookme admin open-run --token order-7[/] · [bold]bookme admin open-run --client webshop --browser[/]

    The exit status is 1 if there is no such run.
    """
    from admin.run_links import NoRun, run_links
    from admin.story.question import Question
    from admin.ui_links import ui_url_of

    named = (token, meeting, time_slot, client if token is None else None)
    if sum(each is not None for each in named) != 1:
        raise typer.BadParameter("Use exactly one of --token, --meeting, --time-slot, and --client.")
    asked = Question(token=token, meeting_id=meeting, time_slot_id=time_slot, client_id=client)

    async def work(opened: "Connections", settings: Settings) -> "Links":
        return await run_links(opened, ui_url_of(settings), asked)

    try:
        found = run(work)
    except NoRun as error:
        nothing(str(error))
    print(found.model_dump_json(by_alias=True, indent=2) if as_json else "\n".join(each.url for each in found.runs))
    if browser:
        for each in found.runs:
            typer.launch(each.url)
