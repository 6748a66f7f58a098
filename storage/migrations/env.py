"""Entry point of Alembic. Runs the migrations on the connection that `storage.migrate` passes."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables.operations  # noqa: F401 - fills the metadata: it imports all other tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
