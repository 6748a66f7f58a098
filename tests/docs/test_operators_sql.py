"""The statements that the operations guide gives do what it says of them."""

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from storage.database import Database

OPERATIONS = (Path(__file__).parents[2] / "docs/operations.md").read_text()
BLOCKS = {
    heading.splitlines()[0]: block
    for heading in re.split(r"^##+ ", OPERATIONS, flags=re.MULTILINE)
    for block in re.findall(r"^```sql\n(.*?)^```", heading, re.MULTILINE | re.DOTALL)
}


async def do(database: Database, block: str) -> None:
    async with database.transaction() as session:
        for statement in filter(str.strip, block.split(";")):
            await session.execute(sa.text(statement))


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
async def test_every_statement_can_be_made(database: Database, block: str) -> None:
    await do(database, block)


async def test_what_is_of_no_use_any_more_goes_and_the_rest_stays(database: Database) -> None:
    kept = {
        await deliver(database, "Delivered", days=80),
        await deliver(database, "Pending", days=100),
    }
    for status in ("Delivered", "Failed"):
        await deliver(database, status, days=100)
    await do(database, BLOCKS["Data growth"])
    async with database.transaction() as session:
        assert set(await session.scalars(sa.text("SELECT id FROM webhook_delivery"))) == kept
        assert await session.scalar(sa.text("SELECT count(*) FROM booking_event")) == 4


async def deliver(database: Database, status: str, days: int) -> UUID:
    """One event for one webhook, so long ago."""
    which = uuid4()
    async with database.transaction() as session:
        for statement in DELIVERY.split(";"):
            await session.execute(sa.text(statement), {"id": which, "status": status, "days": days})
    return which


DELIVERY = """
INSERT INTO webhook (id, client_id, url, event_types, every_client, secret, former_secrets, created_at, modified_at)
VALUES (:id, 'client', '', '{}', true, '', '[]', now(), now());
INSERT INTO booking_event (at, kind, client_id, reservation_token, time_slot_id, booking_key, facts)
VALUES (now(), 'booking.reserved', 'client', '', :id, :id, '{}');
INSERT INTO webhook_delivery (id, webhook_id, event_id, position, booking_key, status, attempts, retries, created_at)
SELECT :id, :id, id, 1, :id, :status, 1, 0, now() - make_interval(days => :days)
FROM booking_event WHERE time_slot_id = :id
"""
