"""How statements are built once, with parameters: to build one anew each time takes longer than to run it.

Changes are made of tables instead of mapped classes: SQLAlchemy takes twice as long for those.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlmodel import SQLModel

Row = TypeVar("Row", bound=SQLModel)

AS_STORED: Final = {"populate_existing": True, "synchronize_session": False}
"""What the database says counts, not what a session has seen of the row before."""

IDS: Final = sa.ARRAY(sa.Uuid)
"""Arrays, so that a statement is the same for any number of them, and is prepared once."""


def table_of(mapped: type[SQLModel]) -> sa.Table:
    table: sa.Table = mapped.__table__  # type: ignore[attr-defined]  # SQLAlchemy adds it to the class
    return table


def given(table: sa.Table, names: Iterable[str]) -> Mapping[str, sa.BindParameter[Any]]:
    """Values of these columns that are parameters of the same names; one that may be null need not be said."""
    columns = [table.c[name] for name in names]
    return {each.name: sa.bindparam(each.name, type_=each.type, required=not each.nullable) for each in columns}


def rows(mapped: type[Row], change: sa.Insert | sa.Update | sa.Delete) -> sa.Select[Row]:
    """The change of its table, as a statement that answers each row as it is now, or was last."""
    changed: Any = sa.select(mapped).from_statement(change.returning(table_of(mapped)))
    answered: sa.Select[Row] = changed.execution_options(**AS_STORED)
    return answered
