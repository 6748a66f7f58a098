"""Options that several commands have."""

from typing import Any

import typer


def port_option(what: str) -> Any:  # noqa: ANN401 - typer's own
    return typer.Option(min=1, max=65535, help=f"Port of the {what}.")


def count_option(what: str) -> Any:  # noqa: ANN401 - typer's own
    return typer.Option(min=1, max=64, help=f"Processes that {what}.")
