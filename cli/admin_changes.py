"""Commands of `bookme admin` that change something, and the log of these changes."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `--help` answers at once.

import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from cli.admin_options import checked_reason, run
from config.errors import StackError

if TYPE_CHECKING:
    from admin.changes import Change, Changed, LoggedAction, Operation
    from admin.connections import Connections
    from config.settings import Settings

TRY_AGAIN: Final = 75
"""Exit status of a command whose outcome is not known. A repeat is safe (`EX_TEMPFAIL` of sysexits.h)."""

NOTHING_CHANGED: Final = "Nothing was changed."


ReasonOption = Annotated[
    str,
    typer.Option(
        callback=checked_reason,
        help="Why, in one line without personal data. The log keeps it. Events to clients name it if a booking ends.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON document, for scripts.")]
TokenOption = Annotated[str | None, typer.Option(help="Reservation token of the booking: the client's name for it.")]
TimeSlotOption = Annotated[UUID | None, typer.Option(help="Id of the time slot.")]
ClientOption = Annotated[str | None, typer.Option(help="Client of the token, if several clients use the same token.")]


def release(
    *,
    reason: ReasonOption,
    token: TokenOption = None,
    time_slot: TimeSlotOption = None,
    client: ClientOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Release the time slot of a booking that has no meeting yet. The time is free at once.

    The booking ends through its workflow. Its client gets the event `booking.released` with your reason.

    Example: [bold]bookme admin release --token order-1234 --reason "customer called, wrong day"[/]
    """
    _require_one({"--token": token, "--time-slot": time_slot})

    async def look(operation: "Operation") -> "Change":
        from admin import booking_changes

        found = time_slot or await booking_changes.find_time_slot(operation, token or "", client)
        return await booking_changes.release(operation, found)

    _run(look, reason, yes=yes, as_json=as_json)


def cancel_meeting(
    meeting: Annotated[UUID, typer.Argument(help="Id of the meeting.")],
    *,
    reason: ReasonOption,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Cancel a meeting that has not begun. Its time is free at once, and all participants are informed.

    The meeting's workflow cancels it. Its client gets the event `meeting.cancelled` with your reason, and the
    participants get mails with your reason.

    Example: [bold]bookme admin cancel-meeting 3f0d8f8e-2a35-4d7c-8f43-b1c6c8f4a2d7 --reason "branch is closed"[/]
    """

    async def look(operation: "Operation") -> "Change":
        from admin import booking_changes

        return await booking_changes.cancel_meeting(operation, meeting)

    _run(look, reason, yes=yes, as_json=as_json)


def resend_mail(
    meeting: Annotated[UUID, typer.Argument(help="Id of the meeting.")],
    *,
    reason: ReasonOption,
    recipient: Annotated[
        UUID | None, typer.Option(help="Id of an employee or a room: only the mail to it, even if it was sent.")
    ] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send the failed mails about a meeting's present version again. Correct the cause of the failure first.

    The meeting's workflow sends the mails. When all were sent, it clears NeedsOperator.

    Example: [bold]bookme admin resend-mail 3f0d8f8e-2a35-4d7c-8f43-b1c6c8f4a2d7 --reason "address corrected"[/]
    """

    async def look(operation: "Operation") -> "Change":
        from admin import notification_changes

        return await notification_changes.resend_mail(operation, meeting, recipient)

    _run(look, reason, yes=yes, as_json=as_json)


def redeliver(
    *,
    reason: ReasonOption,
    delivery: Annotated[UUID | None, typer.Option(help="Id of one delivery, failed or pending.")] = None,
    webhook: Annotated[UUID | None, typer.Option(help="Id of a webhook: all its failed deliveries.")] = None,
    client: Annotated[str | None, typer.Option(help="A client: all failed deliveries of its webhooks.")] = None,
    even_delivered: Annotated[
        bool, typer.Option("--even-delivered", help="With --delivery: also if the event was delivered.")
    ] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Deliver events to webhooks again, now. A pause of the webhooks ends.

    A receiver recognises an event that it knows by its header webhook-id.

    Example: [bold]bookme admin redeliver --client webshop --reason "receiver repaired"[/]
    """
    _require_one({"--delivery": delivery, "--webhook": webhook, "--client": client})

    async def look(operation: "Operation") -> "Change":
        from admin import notification_changes as changes

        if delivery is not None:
            return await changes.redeliver_one(operation, delivery, even_delivered=even_delivered)
        if webhook is not None:
            return await changes.redeliver_failed_of_webhook(operation, webhook)
        return await changes.redeliver_failed_of_client(operation, client or "")

    _run(look, reason, yes=yes, as_json=as_json)


def acknowledge(
    meeting: Annotated[UUID | None, typer.Argument(help="Id of a meeting whose run needs an operator.")] = None,
    *,
    reason: ReasonOption,
    token: TokenOption = None,
    time_slot: TimeSlotOption = None,
    client: ClientOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Tell BookMe that you have dealt with a problem outside BookMe.

    With a meeting: clear NeedsOperator of its run, for example because you have informed the participants yourself.

    With a token or a time slot: end the run of a booking that cannot undo its steps, after you have undone them in the
    database by hand. The command refuses while the run does other work, or while the time slot still exists.

    Example: [bold]bookme admin acknowledge 3f0d8f8e-2a35-4d7c-8f43-b1c6c8f4a2d7 --reason "told them by phone"[/]
    """
    _require_one({"a meeting": meeting, "--token": token, "--time-slot": time_slot})

    async def look(operation: "Operation") -> "Change":
        from admin import booking_changes

        if meeting is not None:
            return await booking_changes.acknowledge_meeting(operation, meeting)
        found = time_slot or await booking_changes.find_time_slot(operation, token or "", client)
        return await booking_changes.acknowledge_booking(operation, found)

    _run(look, reason, yes=yes, as_json=as_json)


def erase(
    *,
    customer: Annotated[str, typer.Option(help="Id of the customer, as clients name it.")],
    reason: ReasonOption,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Erase all personal data of a customer: in every table, and the histories of its runs in Temporal.

    The bookings stay, without a customer and without texts. Cancel coming meetings of the customer before. Backups, and
    mails that were sent, are not part of this.

    Example: [bold]bookme admin erase --customer 4711 --reason "request of 28 November"[/]
    """

    async def look(operation: "Operation") -> "Change":
        from admin.erasure import erase

        return await erase(operation, customer)

    _run(look, reason, yes=yes, as_json=as_json)


def purge(*, reason: ReasonOption, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Delete now what is older than the retention settings (BOOKME_KEEP_…). It also happens once a day.

    RetentionWorkflow deletes in the background. Its run in the Temporal UI shows the progress.

    Example: [bold]bookme admin purge --reason "disk nearly full"[/]
    """

    async def look(operation: "Operation") -> "Change":
        from admin.retention import purge

        return await purge(operation)

    _run(look, reason, yes=yes, as_json=as_json)


def log(
    *,
    subject: Annotated[str | None, typer.Option(help="Only actions on this id, of a meeting for example.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only actions of this operator.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Number of entries.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show who changed what with these commands, when and why. The newest entry comes first.

    Example: [bold]bookme admin log --subject 3f0d8f8e-2a35-4d7c-8f43-b1c6c8f4a2d7[/]
    """
    from admin.changes import read_log

    async def read(opened: "Connections", _: "Settings") -> "list[LoggedAction]":
        return await read_log(opened.database, subject=subject, actor=actor, limit=limit + 1)

    entries = run(read)
    if as_json:
        shown = [each.model_dump(mode="json", by_alias=True) for each in entries[:limit]]
        print(json.dumps(shown, ensure_ascii=False))
    for each in () if as_json else entries[:limit]:
        when = f"{each.at:%Y-%m-%d %H:%M:%S}Z"
        print(f"{when}  {each.actor}  {each.action}  {each.subject}  {each.outcome}: {each.reason}")
    if len(entries) > limit:
        print("Older entries are not shown: --limit shows more of them.", file=sys.stderr)


COMMANDS: Final = (release, cancel_meeting, resend_mail, redeliver, acknowledge, erase, purge, log)


def _require_one(given: dict[str, object]) -> None:
    if sum(value is not None for value in given.values()) != 1:
        raise typer.BadParameter(f"give exactly one of {', '.join(given)}")


def _run(look: Callable[["Operation"], Awaitable["Change"]], reason: str, *, yes: bool, as_json: bool) -> None:
    """Look at the present state, ask before something final, carry out the change, and print its result."""
    from admin.changes import TryAgain

    async def change(opened: "Connections", settings: "Settings") -> "Changed":
        return await _change(opened, settings, look, reason, yes=yes)

    try:
        done = run(change)
    except TryAgain as error:
        print(f"bookme: {error}", file=sys.stderr)
        raise typer.Exit(TRY_AGAIN) from error
    if as_json:
        print(json.dumps(done.model_dump(mode="json", by_alias=True), ensure_ascii=False))
    else:
        print(done.text)


async def _change(
    opened: "Connections",
    settings: "Settings",
    look: Callable[["Operation"], Awaitable["Change"]],
    reason: str,
    *,
    yes: bool,
) -> "Changed":
    from admin.changes import Operation, carry_out
    from admin.operators import find_actor
    from domain.errors import BookMeError

    operation = Operation(settings, opened.database, opened.client, await find_actor(settings))
    try:
        change = await look(operation)
        if change.is_final and change.already is None and not yes:
            _confirm(change.text)
        return await carry_out(operation, change, reason)
    except BookMeError as refused:
        raise StackError(f"{refused.message} {NOTHING_CHANGED}") from refused


def _confirm(text: str) -> None:
    """Ask the operator on standard error. Raise `StackError` if the operator declines, or cannot be asked."""
    try:
        agrees = typer.confirm(f"{text[0].upper()}{text[1:]}?", err=True)
    except typer.Abort as error:
        raise StackError(f"{NOTHING_CHANGED} To do it without a question, add --yes.") from error
    if not agrees:
        raise StackError(NOTHING_CHANGED)
