"""The group `bookme admin`: commands for operators. The commands are functions of the modules `cli.admin_*`."""

import typer

from cli import admin_check, admin_find

admin = typer.Typer(name="admin", rich_markup_mode="rich")


@admin.callback(invoke_without_command=True)
def group(context: typer.Context) -> None:
    """Find the cause of a complaint, and put it right. For operators.

    The commands need the settings BOOKME_* and TEMPORAL_* of the API; docs/operations.md describes them.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


admin.command()(admin_find.find)
admin.command()(admin_find.holds)
admin.command()(admin_find.open_run)
admin.command()(admin_check.check)
