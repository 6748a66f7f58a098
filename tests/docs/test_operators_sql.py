"""The statements that the operations guide gives do what it says of them."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.database import Database

PAGES = sorted((Path(__file__).parents[2] / "docs/operations").glob("*.md"))
BLOCKS = {
    heading.splitlines()[0]: block
    for page in PAGES
    for heading in re.split(r"^##+ ", page.read_text(), flags=re.MULTILINE)
    for block in re.findall(r"^```sql\n(.*?)^```", heading, re.MULTILINE | re.DOTALL)
}


async def do(database: Database, block: str) -> None:
    async with database.transaction() as session:
        for statement in filter(str.strip, block.split(";")):
            await session.execute(sa.text(statement))


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
async def test_every_statement_can_be_made(database: Database, block: str) -> None:
    await do(database, block)
