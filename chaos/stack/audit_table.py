"""The audit table: triggers that record every change of a time slot, meeting or event in the same transaction.

The triggers know nothing of the product's code, so they cannot share its mistakes.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from chaos.record import RowChange

AUDIT_TABLE: Final = """
CREATE TABLE chaos_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    transaction bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    "table" text NOT NULL,
    operation text NOT NULL,
    "row" jsonb NOT NULL
);
CREATE FUNCTION chaos_record_change() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO chaos_change ("table", operation, "row")
    VALUES (TG_TABLE_NAME, TG_OP, to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END));
    RETURN NULL;
END $$;
CREATE TRIGGER chaos AFTER INSERT OR UPDATE OR DELETE ON time_slot
    FOR EACH ROW EXECUTE FUNCTION chaos_record_change();
CREATE TRIGGER chaos AFTER INSERT OR UPDATE OR DELETE ON meeting
    FOR EACH ROW EXECUTE FUNCTION chaos_record_change();
CREATE TRIGGER chaos AFTER INSERT OR DELETE ON booking_event
    FOR EACH ROW EXECUTE FUNCTION chaos_record_change();
"""


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def install(url: str) -> None:
    async with connect(url) as connection:
        await connection.execute(AUDIT_TABLE)


async def read_changes(url: str) -> list[RowChange]:
    """Return every recorded change, in order."""
    async with connect(url) as connection:
        rows = await connection.fetch("SELECT * FROM chaos_change ORDER BY id")
    return [_change(dict(row)) for row in rows]


async def positions(url: str) -> tuple[int, ...]:
    """Return the ids of the events, in the order of the published log."""
    async with connect(url) as connection:
        rows = await connection.fetch("SELECT id FROM booking_event ORDER BY position NULLS LAST, id")
    return tuple(row["id"] for row in rows)


def _change(row: dict[str, Any]) -> RowChange:
    return RowChange.model_validate({**row, "row": json.loads(row["row"])})
