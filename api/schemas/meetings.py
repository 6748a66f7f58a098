"""Schemas of meetings."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from api.schemas.base import examples
from api.schemas.base.common import AnyCase, Body, Instant, Line, Name, Text, Wire, one_name
from api.schemas.base.examples import example
from api.schemas.base.ids import CustomerTypeId, EmployeeId, OrNone, RoomId, TimeSlotId, TopicId
from api.schemas.teams import Team, check_team
from domain.meetings import BookedBy, MeetingState, MeetingType
from domain.messages.booking import CancelledBy, MeetingContent, MeetingCreated
from domain.messages.meeting import MeetingSnapshot
from storage.tables.booking import MeetingRow

SYNONYMS: Final = {
    "themeId": "topicId",
    "theme": "topicId",
    "topic": "topicId",
    "customerCategoryId": "customerTypeId",
}


WHO: Final = (
    "Party that cancelled the meeting: `client` (the client that owns it), `staff` (another client, with the scope "
    "`bookme.staff`), `operator` (an operator of BookMe) or `system` (BookMe, after a failure). Absent if not known."
)
"""Description of `cancelledBy`."""

CONTENT: Final[JsonDict] = {
    "bookedBy": "customer",
    "customerTypeId": examples.CUSTOMER_TYPE,
    "timeSlotId": examples.TIME_SLOT,
    "type": "online",
    "topicId": examples.TOPIC,
    "employeeId": examples.EMPLOYEE,
    "customerId": "customer-4711",
    "additionalEmployees": [examples.COLLEAGUE],
    "title": "Our first home",
}


class Meeting(Wire):
    """A meeting between a customer and an employee."""

    model_config = example(
        id=examples.MEETING, status="Planned", **CONTENT, **examples.INTERVAL, **examples.STAMPS, sequence=0
    )

    id: UUID = Field(description="The meeting's id.")
    status: MeetingState = Field(MeetingState.PLANNED, description="`Cancelled` if the meeting does not take place.")
    time_slot_id: UUID | None = Field(
        None, description="The time slot of the meeting. A cancelled meeting has none: its time is free."
    )
    start_date: Instant = Field(description="Start of the meeting.")
    end_date: Instant = Field(description="End of the meeting.")
    type: MeetingType = Field(description="How the customer and the employee meet.")
    topic_id: UUID = Field(description="Topic of the meeting.")
    customer_type_id: UUID = Field(description="Type of the customer.")
    employee_id: UUID = Field(description="The employee who meets the customer.")
    customer_id: str = Field(description="The client's own name for the customer.")
    booked_by: BookedBy = Field(description="Who booked the meeting.")
    room_id: UUID | None = Field(None, description="Room of the meeting, if it has one.")
    title: str | None = Field(None, description="Title of the meeting.")
    description: str | None = Field(None, description="Description of the meeting.")
    video_link: str | None = Field(None, description="Address of an online meeting.")
    additional_employees: tuple[UUID, ...] = Field((), description="The other employees who take part.")
    salesforce_id: str | None = Field(None, description="Id of the meeting in Salesforce.")
    sequence: int = Field(
        0, description="Version of the meeting: the number of its changes. The `ETag` names the same version."
    )
    date_created: Instant = Field(description="When the meeting was created.")
    date_modified: Instant = Field(description="When the meeting was last changed or cancelled.")
    date_cancelled: Instant | None = Field(None, description="When the meeting was cancelled.")
    cancelled_by: CancelledBy | None = Field(None, description=WHO)
    reason: str | None = Field(None, description="Reason of the cancellation, if there is one.")

    @property
    def etag(self) -> str:
        """The strong entity tag of this version (RFC 9110 section 8.8.3)."""
        return f'"{self.sequence}"'

    @classmethod
    def of_snapshot(cls, meeting: MeetingCreated | MeetingSnapshot) -> Self:
        """Return the answer for the snapshot of a planned meeting, as a workflow returns it."""
        return cls(
            start_date=meeting.start,
            end_date=meeting.end,
            **meeting.content.model_dump(exclude={"room_id"}),
            **meeting.model_dump(include=set(cls.model_fields)),
        )

    @classmethod
    def of_row(cls, meeting: MeetingRow) -> Self:
        """Return the answer for the row of a meeting, cancelled or not."""
        return cls(
            status=MeetingState.PLANNED if meeting.cancelled_at is None else MeetingState.CANCELLED,
            start_date=meeting.start_at,
            end_date=meeting.end_at,
            date_created=meeting.created_at,
            date_modified=meeting.modified_at,
            date_cancelled=meeting.cancelled_at,
            reason=meeting.cancel_reason,
            **meeting.model_dump(include=set(cls.model_fields)),
        )


class CreateMeetingRequest(Body):
    """A meeting to create in a time slot that is `Booked`."""

    model_config = example(**CONTENT)

    booked_by: Annotated[BookedBy, AnyCase] = Field(description="Who books the meeting, in any letter case.")
    customer_type_id: CustomerTypeId = Field(description="Type of the customer. Also accepted as `customerCategoryId`.")
    time_slot_id: TimeSlotId = Field(description="The time slot of the meeting. It must be `Booked`.")
    type: Annotated[MeetingType, AnyCase] = Field(
        description="How the customer and the employee meet, in any letter case."
    )
    topic_id: TopicId = Field(description="Topic of the meeting. Also accepted as `themeId`.")
    employee_id: EmployeeId = Field(description="The employee of the time slot.")
    customer_id: Name = Field(description="The client's own name for the customer.")
    room_id: OrNone[RoomId] = Field(
        None,
        description="Room of the meeting. Without it, the meeting has the room of the time slot. If the time slot "
        "has no room, BookMe holds this room now.",
    )
    title: Line | None = Field(
        None, description="Title of the meeting. Without it, the title is the name of the topic."
    )
    description: Text | None = Field(None, description="Description of the meeting.")
    additional_employees: Team | None = Field(
        None,
        description="The other employees who take part. Without the list, all employees who are held with the "
        "time slot take part. BookMe now holds the employees in the list who are not held yet, all of them or "
        "none. BookMe releases held employees who are not in the list.",
    )
    salesforce_id: Line | None = Field(None, description="Id of the meeting in Salesforce.")

    @model_validator(mode="before")
    @classmethod
    def _both_vocabularies(cls, data: Any) -> Any:  # noqa: ANN401 - whatever a client sends
        return one_name(data, SYNONYMS)

    @model_validator(mode="after")
    def _is_a_team(self) -> Self:
        check_team(self.employee_id, self.additional_employees)
        return self

    def content(self) -> MeetingContent:
        return MeetingContent(
            additional_employees=tuple(self.additional_employees or ()),
            keeps_team=self.additional_employees is None,
            **self.model_dump(exclude={"time_slot_id", "additional_employees"}),
        )


class CancelledMeeting(Wire):
    """A cancelled meeting. Its time slot is free."""

    model_config = example(
        id=examples.MEETING,
        dateCancelled=examples.CHANGED,
        cancelledBy="client",
        reason="The customer is ill",
        sequence=1,
    )

    id: UUID = Field(description="The meeting's id.")
    date_cancelled: Instant = Field(description="When the meeting was cancelled.")
    cancelled_by: CancelledBy | None = Field(None, description=WHO)
    reason: str | None = Field(None, description="Reason of the cancellation, if there is one.")
    sequence: int = Field(description="Number of changes of the meeting, including the cancellation.")


class MeetingICalRequest(Body):
    """Texts that replace those of the meeting in its calendar file."""

    model_config = example(title="Our first home", location="Room Øresund, second floor")

    title: Line | None = Field(None, description="Replaces the meeting's title.")
    description: Text | None = Field(None, description="Replaces the meeting's description.")
    location: Line | None = Field(None, description="Replaces the room's name and place.")
