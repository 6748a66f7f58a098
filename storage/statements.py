"""Helpers for statements that are built once, with parameters. To build a statement takes longer than to run it.

Changes use tables instead of mapped classes, because SQLAlchemy takes twice as long for mapped classes.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlmodel import SQLModel

Row = TypeVar("Row", bound=SQLModel)

AS_STORED: Final = {"populate_existing": True, "synchronize_session": False}
"""Execution options: the values in the database replace the values that a session has read before."""

IDS: Final = sa.ARRAY(sa.Uuid)
"""Type of a list of ids. With an array, one prepared statement serves any number of ids."""

MOST_FORGOTTEN: Final = 100
"""Old rows that one request deletes. Each request adds at most one, so their table does not grow without limit."""


def table_of(mapped: type[SQLModel]) -> sa.Table:
    table: sa.Table = mapped.__table__  # type: ignore[attr-defined]  # SQLAlchemy adds it to the class
    return table


def given(table: sa.Table, names: Iterable[str]) -> Mapping[str, sa.BindParameter[Any]]:
    """Return a parameter for each of these columns, with the column's name. It is optional for nullable columns."""
    columns = [table.c[name] for name in names]
    return {each.name: sa.bindparam(each.name, type_=each.type, required=not each.nullable) for each in columns}


def unseen(name: str, of: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """Return a parameter whose value PostgreSQL does not see while it plans.

    A plan for the value then never seems cheaper than the plan for any value. PostgreSQL keeps the latter for each
    connection. To plan a large statement again takes longer than to execute it.
    """
    # The cast makes `= ANY (…)` compare with the elements of an array, not with the rows of the subquery.
    return sa.cast(sa.select(sa.bindparam(name, type_=of)).scalar_subquery(), of)


def rows(mapped: type[Row], change: sa.Insert | sa.Update | sa.Delete) -> sa.Select[Row]:
    """Turn the change into a statement that returns each changed row, and deleted rows with their last values."""
    changed: Any = sa.select(mapped).from_statement(change.returning(table_of(mapped)))
    answered: sa.Select[Row] = changed.execution_options(**AS_STORED)
    return answered


def forget(key: sa.Column[Any], at: sa.Column[Any], kept_for: timedelta, *only: sa.ColumnElement[bool]) -> sa.Delete:
    """Build the deletion of at most `MOST_FORGOTTEN` rows whose `at` is longer ago than `kept_for`, oldest first.

    Rows that another transaction is deleting are skipped, because a wait for them could deadlock.
    """
    # `now()`, not `clock_timestamp()`: only a value that is constant during the statement can use the index.
    lapsed = sa.select(key).where(at < sa.func.now() - kept_for, *only).order_by(at).limit(MOST_FORGOTTEN)
    return sa.delete(key.table).where(key.in_(lapsed.with_for_update(skip_locked=True)))
