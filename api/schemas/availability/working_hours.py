"""Schemas of the working hours of one day."""

from collections.abc import Sequence
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import examples
from api.schemas.base.common import EARLIEST, LATEST, Body, Instant, Listed, LocalDate, Wire, must
from api.schemas.base.examples import example
from api.schemas.base.ids import EmployeeId
from domain.availability import AvailabilityData, working_hours
from domain.configuration import Employee, WorkingSpan
from domain.local_time import DAY, start_of_day
from domain.meetings import MeetingType
from domain.time_slots import Interval
from storage.tables.organisation import LocationRow

InReach: Final = must(lambda day: EARLIEST.date() < day < LATEST.date() - DAY, "must be in the years 2000 to 2199")
"""Excludes the first and the last day too: in some time zones, they have instants of other years."""


class WorkingHoursQuery(Body):
    """The day and the employees whose working hours to list."""

    on: Annotated[LocalDate, InReach] | None = Field(
        None, alias="date", description="The date in the organisation's time zone. The default is today."
    )
    employee_ids: Listed[EmployeeId] = Field(
        default=[], description="Only these employees. An empty list means all employees."
    )


class WorkingHours(Wire):
    """A part of a day in which an employee works without a break at one location."""

    start_date: Instant = Field(description="Start of the working time.")
    end_date: Instant = Field(description="End of the working time.")
    location: str = Field(description="The id of the location.")
    meeting_types: list[MeetingType] = Field(description="Types of meetings that the employee takes then.")

    @classmethod
    def of(cls, hours: Interval, span: WorkingSpan) -> Self:
        return cls(
            start_date=hours.start,
            end_date=hours.end,
            location=span.location,
            meeting_types=sorted(span.meeting_types),
        )


class EmployeeHours(Wire):
    """The working hours of one employee on the day."""

    employee_id: UUID = Field(description="The employee.")
    working_hours: list[WorkingHours] = Field(description="Sorted by start. Empty on a day off.")


class NamedLocation(Wire):
    """A location of the organisation."""

    id: str = Field(description="The id of the location.")
    display_name: str = Field(description="The name of the location.")


class WorkingDay(Wire):
    """One local day of the organisation, and the working hours of its employees."""

    model_config = example(
        date=str(examples.MONDAY),
        timeZone="Europe/Copenhagen",
        startDate=f"{examples.MONDAY - DAY}T23:00:00.000Z",
        endDate=f"{examples.MONDAY}T23:00:00.000Z",
        isClosed=False,
        locations=[{"id": "copenhagen-city", "displayName": "København City"}],
        employees=[
            {
                "employeeId": examples.EMPLOYEE,
                "workingHours": [
                    {
                        "startDate": f"{examples.MONDAY}T08:00:00.000Z",
                        "endDate": f"{examples.MONDAY}T15:00:00.000Z",
                        "location": "copenhagen-city",
                        "meetingTypes": ["online", "physical", "telephone"],
                    }
                ],
            }
        ],
    )

    date: LocalDate = Field(description="The date in the organisation's time zone.")
    time_zone: str = Field(description="IANA time zone of the organisation.")
    start_date: Instant = Field(description="Start of the local day.")
    end_date: Instant = Field(description="End of the local day. A day has 23 to 25 hours.")
    is_closed: bool = Field(description="Whether the day is a closing day. Nobody has working hours then.")
    locations: list[NamedLocation] = Field(description="The locations of the organisation, by name.")
    employees: list[EmployeeHours] = Field(description="The employees, by id, also those with a day off.")

    @classmethod
    def of(cls, day: LocalDate, data: AvailabilityData, locations: Sequence[LocationRow]) -> Self:
        """Return the day for the employees of `data`."""
        organisation = data.organisation
        return cls(
            date=day,
            time_zone=str(organisation.time_zone),
            start_date=start_of_day(organisation.time_zone, day),
            end_date=start_of_day(organisation.time_zone, day + DAY),
            is_closed=day in organisation.closing_days,
            locations=[NamedLocation(id=each.id, display_name=each.display_name) for each in locations],
            employees=[_hours_of(each, day, data) for each in data.employees],
        )


def _hours_of(employee: Employee, day: LocalDate, data: AvailabilityData) -> EmployeeHours:
    hours = working_hours(employee, data.organisation, day)
    return EmployeeHours(employee_id=employee.id, working_hours=[WorkingHours.of(*each) for each in hours])
