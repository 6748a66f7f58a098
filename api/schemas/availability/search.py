"""Schemas of the search for free time slots."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, model_validator

from api.resources.search_pages import CURSOR, MOST_TIME_SLOTS
from api.schemas.base import examples
from api.schemas.base.common import AnyCase, Body, Duration, Instant, Listed, QueryInstant, Wire, one_name, readable
from api.schemas.base.examples import example
from api.schemas.base.ids import CustomerTypeId, EmployeeId, LocationId, MeetingId, OrNone, RoomId, TopicId
from domain.meetings import MeetingType


class AvailableTimeslot(Wire):
    """A time slot that can be reserved now. Ids that do not apply are empty strings, as in the contract."""

    model_config = example(
        **examples.INTERVAL,
        meetingType="online",
        roomId="",
        employeeId=examples.EMPLOYEE,
        meetingTopicId=examples.TOPIC,
    )

    start_date: Instant = Field(description="Start of the time slot.")
    end_date: Instant = Field(description="End of the time slot.")
    meeting_type: MeetingType = Field(description="Type of the meeting.")
    room_id: str = Field(description="The free room. Empty if the meeting needs no room.")
    employee_id: UUID = Field(description="The employee who is free.")
    meeting_topic_id: str = Field(description="Topic of the search. Empty if the search had no topic.")
    service_group: str | None = Field(
        None,
        description="The service group through which the employee takes the meeting. Send it back when you reserve.",
    )


SYNONYMS: Final = {"topicId": "topic", "theme": "topic", "themeId": "topic", "customerCategoryId": "customerTypeId"}


class SearchQuery(Body):
    """A search for free time slots."""

    require_employee_participation: bool = Field(
        description="true: all of `explicitEmployeeIds` must be free at the same time. false: one of them is enough."
    )
    explicit_employee_ids: Listed[EmployeeId] = Field(
        default=[], description="Only these employees. An empty list means any employee."
    )
    start_date: QueryInstant | None = Field(
        None, description="Start of the search period. Without it, the search starts now."
    )
    look_forward_time: Duration | None = Field(None, description="Length of the search period, from `startDate`.")
    meeting_duration: Duration | None = Field(
        None,
        description="Duration of the meeting. The default is one hour, unless the organisation configures another one.",
    )
    topic: OrNone[TopicId] = Field(
        None, description="Topic of the meeting. Also accepted as `topicId`, `theme`, `themeId`."
    )
    customer_type_id: OrNone[CustomerTypeId] = Field(
        None, description="Type of the customer. Also accepted as `customerCategoryId`."
    )
    meeting_types: Listed[Annotated[MeetingType, AnyCase]] = Field(
        default=[], description="Types of the meeting. An empty list means any type."
    )
    customer_location: OrNone[LocationId] = Field(
        None, description="Location of the customer. The meeting takes place there, unless `meetingLocation` is given."
    )
    meeting_location: OrNone[LocationId] = Field(
        None, description="Location of the meeting. It takes precedence over `customerLocation`."
    )
    ignore_meeting_ids: Listed[MeetingId] = Field(default=[], description="Search as if these meetings did not exist.")
    require_room: bool = Field(default=False, description="true: offer physical meetings only where a room is free.")
    specific_rooms: Listed[RoomId] = Field(default=[], description="Only meetings in one of these rooms.")
    is_customer_initiated: bool = Field(default=True, description="Whether the rules for customers apply.")
    ignore_minimum_time_before_booking: bool = Field(
        default=False, description="true: search without the minimum notice."
    )
    get_best_time_slots: bool = Field(default=True, description="true: one time slot for each start and meeting type.")
    topic_id: Annotated[OrNone[TopicId], Field(deprecated=True, description="The same as `topic`.")] = None
    theme: Annotated[OrNone[TopicId], Field(deprecated=True, description="The same as `topic`.")] = None
    theme_id: Annotated[OrNone[TopicId], Field(deprecated=True, description="The same as `topic`.")] = None
    customer_category_id: Annotated[
        OrNone[CustomerTypeId], Field(deprecated=True, description="The same as `customerTypeId`.")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _both_vocabularies(cls, data: Any) -> Any:  # noqa: ANN401 - whatever a client sends
        return one_name(data, SYNONYMS)


class AvailableQuery(SearchQuery):
    """A search for free time slots, in pages."""

    limit: int = Field(
        MOST_TIME_SLOTS, ge=1, le=MOST_TIME_SLOTS, description="Maximum number of time slots in one answer."
    )
    cursor: Annotated[str, Field(max_length=400), readable(CURSOR.read)] | None = Field(
        None, description="The cursor from the `Link` header of the previous page."
    )
