"""The customer of a time slot and of an event, indexes by customer, and the log of operators' actions.

Each statement is a transaction of its own, so that no lock is kept during the next statement. After a failure, the
migration runs again from its first statement.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = (
    "booking_event_by_customer ON booking_event (customer_id, id) WHERE customer_id IS NOT NULL",
    "meeting_by_customer ON meeting (customer_id)",
)

LOG = """
    CREATE TABLE IF NOT EXISTS operator_action (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        action varchar NOT NULL,
        subject varchar NOT NULL,
        reason varchar NOT NULL,
        outcome varchar NOT NULL
    )
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        try:
            _change_tables()
            _build_indexes()
        finally:
            op.execute("RESET lock_timeout")
            op.execute("RESET statement_timeout")


def _change_tables() -> None:
    # Writers queue behind a change of the table that waits for a long transaction.
    op.execute("SET lock_timeout = '2s'")
    for table in ("time_slot", "booking_event"):
        if not _has_customer(table):
            op.execute(f"ALTER TABLE {table} ADD COLUMN customer_id varchar")
    op.execute(LOG)
    op.execute("CREATE INDEX IF NOT EXISTS operator_action_by_subject ON operator_action (subject, id)")


def _build_indexes() -> None:
    # The build blocks no writer, so it may take its time.
    op.execute("SET lock_timeout = 0")
    op.execute("SET statement_timeout = 0")
    for index in INDEXES:
        # A build that failed leaves an index that is not valid.
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.split()[0]}")
        op.execute(f"CREATE INDEX CONCURRENTLY {index}")


def _has_customer(table: str) -> bool:
    return "customer_id" in {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
