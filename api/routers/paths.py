"""Path parameters with ids. `api.schemas.base.ids` parses them."""

from typing import Annotated

from fastapi import Path

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
