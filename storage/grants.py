"""Grants to the running role, as which the API and the workers log in. They need only the rows of BookMe's tables.

The tables belong to another role, which runs the migrations. So the running role cannot drop a constraint or a table,
truncate a table, create objects or change the recorded revision.
"""

from typing import Final

import sqlalchemy as sa
from sqlmodel import SQLModel

import storage.tables.operations  # noqa: F401 - fills the metadata: it imports all other tables
from storage.sandbox import schema as sandbox

APPEND_ONLY: Final = frozenset({"operator_action"})
"""Tables whose rows the running role can insert and read, but neither change nor delete."""

ROLE: Final = sa.text("""
    SELECT rolsuper AS is_superuser,
           pg_has_role(oid, current_user, 'MEMBER') AS is_owner,
           has_schema_privilege(oid, current_schema(), 'CREATE') AS may_create
    FROM pg_roles WHERE rolname = :role
""")


class UnfitRunningRole(Exception):
    """The running role does not exist, or has more rights than it should have."""


def grant_rows(connection: sa.Connection, role: str) -> None:
    """Let the role read and write the rows of every table, and nothing else. Call the function after each migration.

    The rows of the tables in `APPEND_ONLY` can only be read and inserted.

    Raises:
        UnfitRunningRole: there is no such role, or the role may change the schema through other rights.

    """
    _find(connection, role)
    for statement in _statements(connection, role):
        connection.execute(sa.text(statement))
    _require_fit(connection, role)


def _statements(connection: sa.Connection, role: str) -> list[str]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    database, schema = connection.execute(sa.text("SELECT current_database(), current_schema()")).one()
    names = [table.name for table in SQLModel.metadata.sorted_tables]
    tables = ", ".join(map(quote, names))
    changeable = ", ".join(quote(name) for name in names if name not in APPEND_ONLY)
    runner = quote(role)
    return [
        f"REVOKE TEMPORARY ON DATABASE {quote(database)} FROM PUBLIC",
        f"REVOKE CREATE ON SCHEMA {quote(schema)} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {quote(schema)} TO {runner}",
        f"REVOKE ALL ON {tables}, alembic_version FROM {runner}",
        f"GRANT SELECT, INSERT ON {tables} TO {runner}",
        f"GRANT UPDATE, DELETE ON {changeable} TO {runner}",
        f"GRANT SELECT ON alembic_version TO {runner}",
        *(sandbox.grants(runner) if connection.scalar(sa.text(sandbox.WAS_MADE_AS_ONE)) else ()),
    ]


def _require_fit(connection: sa.Connection, role: str) -> None:
    found = _find(connection, role)
    if found.is_superuser or found.is_owner:
        kind = "a superuser" if found.is_superuser else "a member of the role that owns the tables"
        raise UnfitRunningRole(f"The running role {role} is {kind}: name another role in BOOKME_DATABASE_URL.")
    if found.may_create:
        raise UnfitRunningRole(
            f"The running role {role} may create tables: run REVOKE CREATE ON SCHEMA public FROM PUBLIC as a superuser."
        )


def _find(connection: sa.Connection, role: str) -> sa.Row[tuple[bool, bool, bool]]:
    found = connection.execute(ROLE, {"role": role}).one_or_none()
    if found is None:
        raise UnfitRunningRole(f"There is no role {role}: create it, or correct BOOKME_DATABASE_URL.")
    return found
