"""Stub of the lead: replace me."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import TimeSlotRow


async def set_additional_employees(
    session: AsyncSession, slot: TimeSlotRow, employees: Iterable[UUID], *, by_staff: bool
) -> list[UUID]:
    raise NotImplementedError
