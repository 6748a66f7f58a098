"""Changes of the schema for use in migrations, which do not block the service, however many rows a table has.

A migration that uses one of them does nothing else: it is no transaction, and is repeated after a failure.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

TIMEOUTS = ("lock_timeout", "statement_timeout")


def create_index(
    name: str, table: str, columns: Sequence[str], *, where: str | None = None, using: str = "btree"
) -> None:
    """Create an index while the table is written. An unfinished index of an earlier try is created anew."""
    only = None if where is None else sa.text(where)
    with _no_transaction():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            name, table, columns, postgresql_concurrently=True, postgresql_where=only, postgresql_using=using
        )


def change_in_batches(statement: str) -> None:
    """Run the statement, each time as a transaction of its own, until it changes no row.

    The statement itself chooses the rows of a batch: those that it has not changed, at most some thousand.
    """
    with _no_transaction():
        while op.get_bind().execute(sa.text(statement)).rowcount:
            pass


@contextmanager
def _no_transaction() -> Iterator[None]:
    """Commit what the migration did so far, and run each statement of the block on its own, without time limits."""
    with op.get_context().autocommit_block():
        for timeout in TIMEOUTS:
            op.execute(f"SET {timeout} = 0")
        try:
            yield
        finally:
            for timeout in TIMEOUTS:
                op.execute(f"RESET {timeout}")
