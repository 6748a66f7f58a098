"""Schemas to change a meeting by a patch and to move it."""

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from api.http.patching import PatchOperation
from api.schemas.base import examples
from api.schemas.base.addresses import STORED, WebLink
from api.schemas.base.common import AnyCase, Body, Instant, Line, Listed, Text
from api.schemas.base.examples import example
from api.schemas.base.ids import EmployeeId, OrNone, RoomId, TimeSlotId
from api.schemas.meetings import SYNONYMS, Meeting
from api.schemas.teams import NAMED_ONCE, check_team
from domain.meeting_errors import NotChangeable
from domain.meetings import LONGEST_RESERVATION, MeetingType
from domain.messages.booking import WantedTimeSlot
from domain.messages.meeting import MeetingTerms
from storage.meetings.meetings import Booked

MOVE_IT: Final = "Move the meeting: POST /bookme/meetings/{id}/move, or reserve another time slot for it."
FIXED: Final = {
    "start_date": MOVE_IT,
    "end_date": MOVE_IT,
    "employee_id": MOVE_IT,
    **dict.fromkeys(
        ("topic_id", "customer_type_id", "customer_id", "booked_by"), "Cancel the meeting, and book another one."
    ),
    **dict.fromkeys(("id", "sequence", "date_created", "date_modified"), "BookMe sets it."),
    "status": "Cancel the meeting: DELETE /bookme/meetings/{id}.",
}
"""Fields that a patch cannot change, with the advice that the refusal gives."""


class ChangeableMeeting(Body):
    """A meeting to which a patch is applied. As the API contract allows, a list may be sent as one string: `a,b`."""

    id: str
    time_slot_id: TimeSlotId
    start_date: str
    end_date: str
    type: Annotated[MeetingType, AnyCase]
    topic_id: str
    customer_type_id: str
    employee_id: EmployeeId
    customer_id: str
    booked_by: str
    room_id: OrNone[RoomId] = None
    title: Line | None = None
    description: Text | None = None
    video_link: WebLink | None = None
    additional_employees: Annotated[Listed[EmployeeId], NAMED_ONCE] = Field(default=[], max_length=50)
    salesforce_id: Line | None = None
    sequence: int
    date_created: str
    date_modified: str
    status: str

    @model_validator(mode="after")
    def _is_a_team(self) -> Self:
        check_team(self.employee_id, self.additional_employees)
        return self

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        of_cancelled = {"date_cancelled", "cancelled_by", "reason"}
        return cls.model_validate(meeting.model_dump(mode="json", by_alias=True, exclude=of_cancelled), context=STORED)

    def terms(self, before: "ChangeableMeeting") -> MeetingTerms:
        """Return the changeable fields after the patch. `before` is the meeting before it.

        Raises:
            NotChangeable: the patch changes a field of `FIXED`, which says what to use instead.

        """
        for name, instead in FIXED.items():
            if getattr(self, name) != getattr(before, name):
                raise NotChangeable(str(type(self).model_fields[name].alias), instead)
        return MeetingTerms.model_validate(self.model_dump(include=set(MeetingTerms.model_fields)))


def in_our_words(patch: list[PatchOperation]) -> list[PatchOperation]:
    """Return the patch with synonyms in its paths replaced by the published names."""
    return [each.model_copy(update={"path": _in_our_words(each.path)}) for each in patch]


def _in_our_words(path: str) -> str:
    name = path.removeprefix("/")
    return f"/{SYNONYMS[name]}" if name in SYNONYMS else path


class MoveMeeting(Body):
    """The time, employee and room to which a meeting is moved. Omitted fields stay as they are."""

    model_config = example(startDate=examples.START)

    start_date: Instant = Field(description="The new start.")
    end_date: Instant | None = Field(
        None, description="The new end. Without it, the duration of the meeting stays the same."
    )
    employee_id: OrNone[EmployeeId] = Field(None, description="The new employee.")
    room_id: OrNone[RoomId] = Field(None, description="The new room. Null means no room.")
    service_group: Line | None = Field(None, description="The service group through which the time slot was offered.")

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if self.end_date is not None and not timedelta(0) < self.end_date - self.start_date <= LONGEST_RESERVATION:
            message = "endDate must be after startDate, by at most 24 hours"
            raise ValueError(message)
        return self

    def wanted(self, booked: Booked, *, by_staff: bool) -> WantedTimeSlot:
        """Build the time slot that the move reserves.

        For staff, the type, topic and customer type of the meeting are left out, so that no rule checks them.
        """
        meeting, slot = booked
        said = {} if by_staff else {name: getattr(meeting, name) for name in ("topic_id", "customer_type_id")}
        return WantedTimeSlot(
            start=self.start_date,
            end=self.end_date or self.start_date + (slot.end_at - slot.start_at),
            employee_id=self.employee_id or meeting.employee_id,
            room_id=self.room_id if "room_id" in self.model_fields_set else meeting.room_id,
            service_group=self.service_group or slot.service_group,
            existing_meeting_id=meeting.id,
            by_staff=by_staff,
            additional_employees=tuple(meeting.additional_employees),
            meeting_type=None if by_staff else MeetingType(meeting.type),
            **said,
        )
