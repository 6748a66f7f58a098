"""Ids in paths. What is no id names nothing: it is answered like an id that nobody has."""

import re
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path

from domain.errors import NotFound

LOCATION_ID: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"

TimeSlotId = Annotated[str, Path(description="The time slot's id.")]
MeetingId = Annotated[str, Path(description="The meeting's id.")]
EmployeeId = Annotated[str, Path(description="The employee's id.")]
RoomId = Annotated[str, Path(description="The room's id.")]
ClosingDate = Annotated[str, Path(description="The local date, as 2026-12-24.")]
LocationId = Annotated[str, Path(description="The location's id.")]
CompetenceGroupId = Annotated[str, Path(description="The competence group's id.")]
CalendarId = Annotated[str, Path(description="The calendar's id.")]
FeedId = Annotated[str, Path(description="The feed's id.")]
WebhookId = Annotated[str, Path(description="The webhook's id.")]
DeliveryId = Annotated[str, Path(description="The delivery's id.")]
ServiceGroupId = Annotated[str, Path(description="The service group's id.")]
TopicId = Annotated[str, Path(description="The topic's id.")]
CustomerTypeId = Annotated[str, Path(description="The customer type's id.")]


def parse_id(kind: str, text: str) -> UUID:
    """The id in a path.

    Raises:
        NotFound: it is no id.

    """
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(kind, text[:64]) from None


def parse_location(text: str) -> str:
    """The id of a location in a path.

    Raises:
        NotFound: no location could have it.

    """
    if not re.fullmatch(LOCATION_ID, text):
        raise NotFound("location", text[:64])
    return text
