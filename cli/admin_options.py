"""Options, connections and errors that the commands of `bookme admin` share."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme --help` answers at once.

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic import SecretStr
from typer.core import TyperCommand, TyperOption

from config.errors import StackError
from config.settings import Settings

if TYPE_CHECKING:
    from admin.connections import Connections

Answer = TypeVar("Answer")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts.")]

NOTHING_FOUND: Final = 1
"""Exit status of a command that finds nothing."""

MAX_REASON: Final = 200

HAS_STACK: Final = find_spec("devstack") is not None
"""True if this machine can run `bookme dev`. The production wheel cannot."""

DATA_DIR: Final[ContextVar[Path | None]] = ContextVar("data_dir", default=None)
"""The directory that `--data-dir` of the present command names, or None."""

NAMES_OF_SERVERS: Final = "BOOKME_DATABASE_URL and TEMPORAL_ADDRESS name the servers" + (
    ", or --data-dir the directory of a running `bookme dev`." if HAS_STACK else "."
)


def identity(text: str) -> UUID:
    """Parse an id."""
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an id such as 3d86d6cf-713c-5c73-ab68-af7e04eb4bee") from None


def moment(text: str) -> datetime:
    """Parse a time. Without an offset, it is in the organisation's time zone."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'{text!r} is not a time such as "2026-11-30 10:00" or 2026-11-30T09:00Z') from None


def period(text: str) -> datetime | timedelta:
    """Parse a time, or an ISO 8601 duration that ends now."""
    from pydantic import TypeAdapter, ValidationError

    if not text.startswith("P"):
        return moment(text)
    try:
        return TypeAdapter(timedelta).validate_python(text)
    except ValidationError:
        raise typer.BadParameter(f"{text!r} is not a duration such as P7D or PT2H, and not a time") from None


def checked_reason(reason: str | None) -> str | None:
    """Return the operator's reason without spaces around it. None, for an option that was not used, stays None."""
    if reason is None:
        return None
    if not reason.strip() or len(reason) > MAX_REASON or not reason.isprintable():
        raise typer.BadParameter(f"write one line of at most {MAX_REASON} characters")
    return reason.strip()


def _choose_stack(context: typer.Context, _: object, given: str | None) -> None:
    """Set `DATA_DIR` until the command has ended."""
    before = DATA_DIR.set(Path(given) if given else None)
    context.call_on_close(lambda: DATA_DIR.reset(before))


class StackCommand(TyperCommand):
    """A command that can use the servers of a `bookme dev`: its option `--data-dir` names the stack."""

    def __init__(self, *arguments: Any, params: list[Any] | None = None, **options: Any) -> None:  # noqa: ANN401 - typer's own
        data_dir = TyperOption(
            param_decls=["--data-dir"],
            metavar="DIRECTORY",
            help="Directory of a running `bookme dev`. Default: .bookme, if BOOKME_DATABASE_URL is not set.",
            callback=_choose_stack,
            expose_value=False,
        )
        has_option = [data_dir] if HAS_STACK else []
        super().__init__(*arguments, params=[*(params or ()), *has_option], **options)


def run(work: "Callable[[Connections, Settings], Awaitable[Answer]]") -> Answer:
    """Run the command with its connections, which are closed afterwards.

    Raises:
        StackError: a server cannot be used. If nothing names the servers, the message says what can.

    """
    from admin.connections import connections
    from admin.story.question import NoServer
    from config.temporal import EngineUnavailable
    from storage.database import StorageUnavailable

    settings, environment = servers()
    are_named = environment is not None or "database_url" in settings.model_fields_set

    async def running() -> Answer:
        async with connections(settings, environment) as opened:
            return await work(opened, settings)

    try:
        return asyncio.run(running())
    except (EngineUnavailable, NoServer, StorageUnavailable) as error:
        raise StackError(str(error) if are_named else f"{error} {NAMES_OF_SERVERS}") from error


def servers() -> tuple[Settings, Mapping[str, str] | None]:
    """Return the settings, and Temporal's variables if they are not those of this process.

    The servers are those of the `bookme dev` that `--data-dir` names. Without this option and without
    `BOOKME_DATABASE_URL`, they are those of the `bookme dev` in `.bookme`, if one runs there.

    Raises:
        StackError: no `bookme dev` runs in the directory that `--data-dir` names.

    """
    settings, given = Settings(), DATA_DIR.get()
    if not HAS_STACK or (given is None and "database_url" in settings.model_fields_set):
        return settings, None
    from devstack.directory import DataDirectory

    directory = DataDirectory(given or Path(".bookme"))
    running = directory.running()
    if running is None:
        if given is not None:
            raise StackError(f"No `bookme dev` runs in {directory.path}. {NAMES_OF_SERVERS}")
        return settings, None
    found = {"database_url": SecretStr(running.database_url), "temporal_ui_url": running.ui_url}
    return settings.model_copy(update=found), {"TEMPORAL_ADDRESS": running.temporal_address}


def nothing(message: str) -> NoReturn:
    """End the command because it has found nothing."""
    print(f"bookme: {message}", file=sys.stderr)
    raise typer.Exit(NOTHING_FOUND)
