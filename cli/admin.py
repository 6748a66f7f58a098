"""The group `bookme admin`: commands for operators. The commands are functions of the modules `cli.admin_*`."""

import typer

from cli import admin_changes, admin_check, admin_find
from cli.admin_options import StackCommand

admin = typer.Typer(name="admin", rich_markup_mode="rich")


@admin.callback(invoke_without_command=True)
def group(context: typer.Context) -> None:
    """Find the cause of a complaint, and put it right. For operators.

    The commands need the settings BOOKME_* and TEMPORAL_* of the API; docs/operations describes them. Beside
    [bold]bookme dev[/], they need no settings.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


for command in (
    admin_find.find,
    admin_find.holds,
    admin_find.open_run,
    admin_check.check,
    *admin_changes.COMMANDS,
):
    admin.command(cls=StackCommand)(command)
