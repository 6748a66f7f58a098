"""Alembic's entry: runs the migrations on the connection that `storage.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

from storage import availability_tables, booking_tables, notification_tables, organisation_tables  # noqa: F401 - they fill the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
