"""Definitions that all tables share. All instants are `timestamptz`; intervals are half-open `[start_at, end_at)`.

The callers of this package never send rows to clients or to Temporal: both have their own message types. A `SQLModel`
table does not validate its values, so callers must validate input before.
"""

import sqlalchemy as sa
from sqlmodel import SQLModel

NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_is_unique",
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
}
SQLModel.metadata.naming_convention = NAMING

INSTANT = sa.DateTime(timezone=True)
