"""Schemas of busy times: time slots that do not belong to a booking."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, model_validator

from api.http.pagination import BY_TIME
from api.schemas.base import examples
from api.schemas.base.common import Body, Instant, Line, Listed, QueryInstant, any_case, readable
from api.schemas.base.examples import example
from api.schemas.base.ids import EmployeeId, OrNone, RoomId
from domain.time_slots import MEETINGS, Interval, TimeSlotStatus
from storage.bookings.busy_times import BusyTimeRecord, TimeSlotFilter
from storage.tables.booking import TimeSlotRow

LONGEST: Final = timedelta(days=366)


def _no_bookings(value: TimeSlotStatus) -> TimeSlotStatus:
    if value in MEETINGS:
        message = f"what is {value} is a booking's, and begins with POST /bookme/time-slots/reserve"
        raise ValueError(message)
    return value


def _to_the_millisecond(value: datetime) -> datetime:
    """Cut a time to milliseconds, as in answers, so that a patch of another field does not change it."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Status = Annotated[TimeSlotStatus, any_case(TimeSlotStatus)]
"""A time slot's status, in any letter case."""

BusyStatus = Annotated[Status, AfterValidator(_no_bookings)]
"""Any status except those of bookings."""

Moment = Annotated[Instant, AfterValidator(_to_the_millisecond)]


class BusySlot(Body):
    """Fields of a busy time of an employee."""

    start_date: Moment = Field(description="Start of the busy time.")
    end_date: Moment = Field(description="End of the busy time, at most 366 days after `startDate`.")
    status: BusyStatus = Field(
        description="Any status except `Reserved` and `Booked`. `ExtraOpen` and `AvailableForWork` add time for "
        "online and telephone meetings. `WorkingFromElsewhere` excludes physical meetings. Every other status "
        "blocks the time."
    )
    employee_id: EmployeeId = Field(description="The employee of the busy time.")
    room_id: OrNone[RoomId] = Field(None, description="A room that is taken at the same time.")
    service_group: Line | None = Field(
        None, description="Free text of the client, stored with the time slot and returned with it."
    )

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if not timedelta(0) < self.end_date - self.start_date <= LONGEST:
            message = "endDate must be after startDate, by at most 366 days"
            raise ValueError(message)
        return self

    def busy_time(self, identity: UUID) -> BusyTimeRecord:
        return BusyTimeRecord(
            id=identity,
            interval=Interval(self.start_date, self.end_date),
            status=self.status,
            employee_id=self.employee_id,
            room_id=self.room_id,
            service_group=self.service_group,
        )


class CreateTimeSlotRequest(BusySlot):
    """A busy time to enter."""

    model_config = example(**examples.INTERVAL, status="Busy", employeeId=examples.EMPLOYEE)

    ignore_time_slot_conflicts: StrictBool = Field(
        default=False, description="true: enter the busy time even if it overlaps bookings. The bookings do not change."
    )


class StoredBusyTime(BusySlot):
    """A stored busy time, to which a patch is applied."""

    id: UUID
    date_created: Instant
    date_modified: Instant

    @classmethod
    def stored(cls, slot: TimeSlotRow) -> Self:
        return cls(
            id=slot.id,
            start_date=slot.start_at,
            end_date=slot.end_at,
            status=TimeSlotStatus(slot.status),
            employee_id=slot.employee_id,
            room_id=slot.room_id,
            service_group=slot.service_group,
            date_created=slot.created_at,
            date_modified=slot.modified_at,
        )


class TimeSlotsQuery(Body):
    """Filters and page of the list of time slots."""

    employee_ids: Listed[EmployeeId] = Field(
        default=[], description="Only time slots of these employees. An empty list means no filter."
    )
    room_ids: Listed[RoomId] = Field(
        default=[], description="Only time slots in these rooms. An empty list means no filter."
    )
    statuses: Listed[Status] = Field(
        default=[], description="Only time slots with one of these statuses. An empty list means no filter."
    )
    from_: QueryInstant | None = Field(None, alias="from", description="Only time slots that end after this time.")
    to: QueryInstant | None = Field(None, description="Only time slots that start before this time.")
    limit: int = Field(100, ge=1, le=500, description="Maximum number of time slots in one answer.")
    cursor: Annotated[str, Field(max_length=200), readable(BY_TIME.read)] | None = Field(
        None, description="The cursor from the `Link` header of the previous page."
    )

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            message = "to must be after from"
            raise ValueError(message)
        return self

    def filter(self) -> TimeSlotFilter:
        return TimeSlotFilter(
            employees=self.employee_ids,
            rooms=self.room_ids,
            statuses=self.statuses,
            start=self.from_,
            end=self.to,
            after=BY_TIME.read(self.cursor) if self.cursor else None,
        )
