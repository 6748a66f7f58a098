"""Add the demo data to a database."""

import sqlalchemy as sa

from config.settings import Settings
from devstack import demo_data
from storage.database import Database
from storage.tables.organisation import OrganisationRow


async def seed(settings: Settings, *, only_when_empty: bool = False) -> str:
    """Add the demo data that is missing. Return what was done, in words."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction() as session:
            if only_when_empty and await session.scalar(sa.select(sa.exists().select_from(OrganisationRow))):
                return "kept its data"
            await demo_data.seed(session)
            return "has the demo data"
    finally:
        await database.close()
