"""The log of changes that the index of a search reads, and the triggers that write it. See decision 0051.

The log gets a row for each transaction and owner: the employee or room whose time changed, or one of two constants.
`CONFIGURATION` stands for a change of the configuration. `REMOVED` says that rows of the log are gone, up to the
transaction `removed_to`.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CONFIGURATION: Final = "00000000-0000-0000-0000-000000000000"
REMOVED: Final = "00000000-0000-0000-0000-000000000001"

CONFIGURATION_TABLES: Final = (
    *("organisation", "location", "room", "employee", "workday", "employee_topic", "employee_customer_type"),
    *("closing_day", "competence_group", "competence_group_topic", "competence_group_customer_type"),
    *("competence_group_member", "service_group", "service_group_topic", "service_group_customer_type"),
    *("service_group_customer_location", "service_group_location", "service_group_member"),
)
KEPT: Final = 50_000
"""Transactions whose changes are kept. An index that is older is built anew."""

EVERY: Final = 512
"""Older rows are deleted by each transaction whose number is a multiple of this."""

LAST: Final = 2**63 - 1
HEAD: Final = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
"""The function writes as the owner of the tables, so that also an older release, without rights on them, can write."""


def functions(schema: str) -> list[str]:
    """Return the statements that create the functions of the triggers. The caller quotes `schema`."""
    changes = f"{schema}.availability_change"

    def owners(rows: str) -> str:
        return f"SELECT employee_id AS owner_id FROM {rows} UNION SELECT room_id FROM {rows}"  # noqa: S608 - only constants of this module are put in

    def note(rows: str) -> str:
        return f"""
            INSERT INTO {changes} (xid, owner_id)
            SELECT pg_current_xact_id()::text::bigint, owner_id FROM ({rows}) AS changed WHERE owner_id IS NOT NULL
            ON CONFLICT DO NOTHING;
        """  # noqa: S608 - only constants of this module are put in

    def note_removed(removed_to: str) -> str:
        return f"""
            INSERT INTO {changes} (xid, owner_id, removed_to)
            SELECT pg_current_xact_id()::text::bigint, '{REMOVED}', removed_to
            FROM ({removed_to}) AS gone (removed_to) WHERE removed_to IS NOT NULL
            ON CONFLICT (xid, owner_id)
            DO UPDATE SET removed_to = greatest(availability_change.removed_to, excluded.removed_to);
        """  # noqa: S608 - only constants of this module are put in

    return [
        f"""
        CREATE FUNCTION {schema}.note_time_change() RETURNS trigger {HEAD} AS $$
        DECLARE
            oldest bigint;
        BEGIN
            IF TG_OP = 'INSERT' THEN {note(owners("added"))}
            ELSIF TG_OP = 'DELETE' THEN {note(owners("gone"))}
            ELSE {note(owners("added") + " UNION " + owners("gone"))}
            END IF;
            IF pg_current_xact_id_if_assigned()::text::bigint % {EVERY} = 0 THEN
                oldest := pg_snapshot_xmin(pg_current_snapshot())::text::bigint - {KEPT};
                DELETE FROM {changes} WHERE (xid, owner_id) IN (
                    SELECT xid, owner_id FROM {changes} WHERE xid < oldest
                    ORDER BY xid LIMIT 10000 FOR UPDATE SKIP LOCKED
                );
            END IF;
            RETURN NULL;
        END $$
        """,  # noqa: S608 - only constants of this module are put in
        f"""
        CREATE FUNCTION {schema}.note_configuration_change() RETURNS trigger {HEAD} AS $$
        BEGIN
            {note(f"SELECT '{CONFIGURATION}'::uuid AS owner_id")}
            RETURN NULL;
        END $$
        """,
        f"""
        CREATE FUNCTION {schema}.note_removed_changes() RETURNS trigger {HEAD} AS $$
        BEGIN
            IF TG_OP = 'TRUNCATE' THEN {note_removed(f"SELECT {LAST}::bigint")}
            ELSE {note_removed("SELECT max(xid) FROM gone")}
            END IF;
            RETURN NULL;
        END $$
        """,  # noqa: S608 - only constants of this module are put in
    ]


def triggers(schema: str) -> list[str]:
    """Return the statements that create the triggers. They also fire during a restore."""
    each = "FOR EACH STATEMENT EXECUTE FUNCTION"
    new, old = "REFERENCING NEW TABLE AS added", "REFERENCING OLD TABLE AS gone"
    both, removed = f"{new} OLD TABLE AS gone", f"{schema}.note_removed_changes()"
    any_change = "INSERT OR UPDATE OR DELETE OR TRUNCATE"
    time = f"{schema}.note_time_change()"
    made = {
        ("note_insert", "time_slot"): f"AFTER INSERT ON {schema}.time_slot {new} {each} {time}",
        ("note_update", "time_slot"): f"AFTER UPDATE ON {schema}.time_slot {both} {each} {time}",
        ("note_delete", "time_slot"): f"AFTER DELETE ON {schema}.time_slot {old} {each} {time}",
        ("note_truncate", "time_slot"): f"AFTER TRUNCATE ON {schema}.time_slot {each} {removed}",
        ("note_delete", "availability_change"): f"AFTER DELETE ON {schema}.availability_change {old} {each} {removed}",
        ("note_truncate", "availability_change"): f"AFTER TRUNCATE ON {schema}.availability_change {each} {removed}",
    } | {
        (
            "note_change",
            table,
        ): f"AFTER {any_change} ON {schema}.{table} {each} {schema}.note_configuration_change()"
        for table in CONFIGURATION_TABLES
    }
    return [
        statement
        for (name, table), rest in made.items()
        for statement in (
            f"CREATE TRIGGER {name} {rest}",
            f"ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {name}",
        )
    ]


def upgrade() -> None:
    op.create_table(
        "availability_change",
        sa.Column("xid", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("owner_id", sa.Uuid, primary_key=True),
        sa.Column("removed_to", sa.BigInteger),
    )
    name = str(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    schema = op.get_bind().dialect.identifier_preparer.quote_identifier(name)
    for statement in (*functions(schema), *triggers(schema)):
        op.execute(sa.text(statement.replace(":", r"\:")))
