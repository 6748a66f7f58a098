"""A meeting that was booked."""

from datetime import datetime
from uuid import UUID

from typing_extensions import Self

from bookme_client import models, operations
from bookme_client._model import wire_name
from bookme_client._sync.http import Http


class Meeting:
    """A meeting. `details` has all its members, as they were in the last answer.

    With `only_if_unchanged`, a change is refused (`MeetingChanged`) if the meeting has changed since that answer.
    """

    def __init__(self, http: Http, details: models.Meeting) -> None:
        self._http = http
        self.details = details
        self.cancelled: models.CancelledMeeting | None = None

    @property
    def id(self) -> UUID:
        return self.details.id

    @property
    def start(self) -> datetime:
        return self.details.start_date

    @property
    def end(self) -> datetime:
        return self.details.end_date

    @property
    def title(self) -> str | None:
        return self.details.title

    def refresh(self) -> Self:
        """Read the meeting again. A cancelled one has `details.status` and says who cancelled it."""
        self.details = (self._http.call(operations.meetings_get(self.id))).value
        return self

    def ics(self, *, title: str | None = None, description: str | None = None, location: str | None = None) -> str:
        """Return the calendar file (RFC 5545). The arguments replace the texts of the meeting in this file only."""
        texts = {"title": title, "description": description, "location": location}
        body = models.MeetingICalRequest.model_validate(
            {name: text for name, text in texts.items() if text is not None}
        )
        return (self._http.call(operations.meetings_generate_ical(self.id, body=body))).value

    def move(
        self,
        start: datetime,
        *,
        end: datetime | None = None,
        employee_id: UUID | str | None = None,
        room_id: UUID | str | None = None,
        only_if_unchanged: bool = False,
    ) -> Self:
        """Move the meeting to another time, which must have a time zone. Employee and room stay unless you name others.

        Raises:
            TimeSlotTaken: somebody else has the time.
            NotOffered: a rule refuses the meeting at this time.

        """
        wanted = {"start_date": start, "end_date": end, "employee_id": employee_id, "room_id": room_id}
        body = models.MoveMeeting.model_validate({name: value for name, value in wanted.items() if value is not None})
        operation = operations.meetings_move(self.id, body, if_match=self._version(only_if_unchanged))
        self.details = (self._http.call(operation)).value
        return self

    def change(self, *, only_if_unchanged: bool = False, **members: object) -> Self:
        """Change members of the meeting: `title`, `description`, `video_link`, `salesforce_id`, `type`, `room_id`,
        `additional_employees`. `None` removes a text or the room.

        Raises:
            TimeSlotTaken: a new room or employee is not free.
            MeetingOver: the meeting has begun, so that only its texts can be changed.

        """
        body = [_replaced(name, value) for name, value in members.items()]
        operation = operations.meetings_patch(self.id, body, if_match=self._version(only_if_unchanged))
        self.details = (self._http.call(operation)).value
        return self

    def cancel(self, reason: str | None = None, *, only_if_unchanged: bool = False) -> models.CancelledMeeting:
        """Cancel the meeting. Its time is free at once."""
        operation = operations.meetings_delete(self.id, reason=reason, if_match=self._version(only_if_unchanged))
        self.cancelled = (self._http.call(operation)).value
        return self.cancelled

    def _version(self, only_if_unchanged: bool) -> str | None:
        return f'"{self.details.sequence}"' if only_if_unchanged else None

    def __repr__(self) -> str:
        return f"<Meeting {self.id} {self.start:%Y-%m-%d %H:%M}>"


def _replaced(name: str, value: object) -> models.PatchOperation:
    return models.PatchOperation(op=models.PatchOp.REPLACE, path=f"/{wire_name(name)}", value=value)
