"""Wire schemas of what is done to a meeting after it was created: changing it by a patch, and moving it."""

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from activities.meeting_messages import MeetingTerms
from activities.messages import WantedTimeSlot
from api.patching import PatchOperation
from api.schemas import examples
from api.schemas.addresses import STORED, WebLink
from api.schemas.common import AnyCase, Body, Instant, Line, Listed, Text
from api.schemas.examples import example
from api.schemas.ids import EmployeeId, OrNone, RoomId, TimeSlotId
from api.schemas.meetings import SYNONYMS, Meeting
from api.schemas.teams import check_team, named_once
from api.schemas.time_slots import LONGEST
from domain.errors import NotChangeable
from domain.meetings import MeetingType
from storage.meetings import Booked

MOVE_IT: Final = "Move the meeting: POST /bookme/meetings/{id}/move, or reserve another time slot for it."
FIXED: Final = {
    "start_date": MOVE_IT,
    "end_date": MOVE_IT,
    "employee_id": MOVE_IT,
    **dict.fromkeys(("topic_id", "customer_type_id", "customer_id", "booked_by"), "Cancel it and book another one."),
    **dict.fromkeys(("id", "sequence", "date_created", "date_modified"), "It is not the client's to say."),
}
"""What stays as it is, and what to do instead."""


class ChangeableMeeting(Body):
    """A meeting as a patch finds it. The contract's clients send strings, so a list may come as one: `a,b`."""

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
    additional_employees: Annotated[Listed[EmployeeId], AfterValidator(named_once)] = Field(default=[], max_length=50)
    salesforce_id: Line | None = None
    sequence: int
    date_created: str
    date_modified: str

    @model_validator(mode="after")
    def _is_a_team(self) -> Self:
        check_team(self.employee_id, self.additional_employees)
        return self

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        return cls.model_validate(meeting.model_dump(mode="json", by_alias=True), context=STORED)

    def terms(self, before: "ChangeableMeeting") -> MeetingTerms:
        """What is to be changed.

        Raises:
            NotChangeable: something else would be.

        """
        for name, instead in FIXED.items():
            if getattr(self, name) != getattr(before, name):
                raise NotChangeable(str(type(self).model_fields[name].alias), instead)
        return MeetingTerms.model_validate(self.model_dump(include=set(MeetingTerms.model_fields)))


def in_our_words(patch: list[PatchOperation]) -> list[PatchOperation]:
    """The patch with the names that the answers have."""
    return [each.model_copy(update={"path": _in_our_words(each.path)}) for each in patch]


def _in_our_words(path: str) -> str:
    name = path.removeprefix("/")
    return f"/{SYNONYMS[name]}" if name in SYNONYMS else path


class MoveMeeting(Body):
    """Where to move a meeting. What is not said stays as it is."""

    model_config = example(startDate=examples.START)

    start_date: Instant = Field(description="When it is to start.")
    end_date: Instant | None = Field(None, description="When it is to end; it stays as long as it is.")
    employee_id: OrNone[EmployeeId] = Field(None, description="Whom the customer is to meet.")
    room_id: OrNone[RoomId] = Field(None, description="The room; null for none.")
    service_group: Line | None = Field(None, description="The service group that the time slot was offered through.")

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if self.end_date is not None and not timedelta(0) < self.end_date - self.start_date <= LONGEST:
            message = "endDate must be after startDate, by at most 24 hours"
            raise ValueError(message)
        return self

    def wanted(self, booked: Booked, *, by_staff: bool) -> WantedTimeSlot:
        """Staff may go past what the meeting says: its type, topic and customer type are not asked of them."""
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
