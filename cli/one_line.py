"""Errors of commands: one line on standard error, and an exit status."""

import logging
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from typer.core import TyperGroup

from config.errors import StackError

TOLD_IN_A_LINE: Final = {
    "EngineUnavailable",
    "LockHeldTooLong",
    "NotAKey",
    "RPCError",
    "SearchAttributeMismatch",
    "StorageUnavailable",
    "UnfitRunningRole",
    "UnknownRevision",
    "WrongDatabase",
}
"""Names of the errors that are reported in one line. The classes are not imported: that would slow every command."""

FIELD: Final = re.compile(r'field "(\w+)"')
"""Matches the name of the unreadable setting in an error message of pydantic-settings."""


class OneLineErrors(TyperGroup):
    """Reports expected errors in one line on standard error. Only a bug shows a traceback."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - as the base class has it
        try:
            status = super().main(args, *rest, **options | {"standalone_mode": False})
        except typer.TyperException as error:
            _complain(error.format_message())
            status = error.exit_code
        _end(status if isinstance(status, int) else 0, is_process=args is None)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as the base class has it
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            field = FIELD.search(str(error))
            _complain(f'BOOKME_{field[1].upper()}: must be a JSON list, such as ["…"]' if field else str(error))
        except ValidationError as error:
            from api.http.validation_messages import sentence  # noqa: PLC0415 - slow, and only for an error

            for problem in error.errors():
                name = "_".join(str(part) for part in problem["loc"]).upper()
                _complain(f"BOOKME_{name}: {sentence(problem)}" if name else sentence(problem))
        except Exception as error:
            if not isinstance(error, StackError | TimeoutError) and type(error).__name__ not in TOLD_IN_A_LINE:
                raise
            _complain(str(error) or "The command took too long. Try it again.")
        raise typer.Exit(1)


def _end(status: int, *, is_process: bool) -> NoReturn:
    """Exit as `sys.exit` does. With Temporal loaded, skip finalization, which Temporal's threads often crash."""
    if is_process and "temporalio.bridge" in sys.modules:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _complain(message: str) -> None:
    print(f"bookme: {message}", file=sys.stderr)
