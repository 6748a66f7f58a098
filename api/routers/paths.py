"""Path parameters with ids. `api.schemas.base.ids` parses them."""

from typing import Annotated

from fastapi import Path

TimeSlotId = Annotated[str, Path(description="The time slot's id.")]
MeetingId = Annotated[str, Path(description="The meeting's id.")]
EmployeeId = Annotated[str, Path(description="The employee's id.")]
RoomId = Annotated[str, Path(description="The room's id.")]
ClosingDate = Annotated[str, Path(description="The local date, such as 2026-12-24.")]
CalendarId = Annotated[str, Path(description="The calendar's id.")]
WebhookId = Annotated[str, Path(description="The webhook's id.")]
DeliveryId = Annotated[str, Path(description="The delivery's id.")]
