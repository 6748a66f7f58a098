"""Ids in paths. What is no id names nothing: it is answered like an id that nobody has."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from domain.errors import NotFound

TimeSlotId = Annotated[str, Path(description="The time slot's id.")]
MeetingId = Annotated[str, Path(description="The meeting's id.")]
EmployeeId = Annotated[str, Path(description="The employee's id.")]
RoomId = Annotated[str, Path(description="The room's id.")]


def parse_id(kind: str, text: str) -> UUID:
    """The id in a path.

    Raises:
        NotFound: it is no id.

    """
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(kind, text[:64]) from None
