"""Schemas of the compact results of a search: ranges of starts, and counts of days."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import examples
from api.schemas.base.common import Instant, LocalDate, Span, Wire
from api.schemas.base.examples import example
from domain.availability import CountedDay
from domain.meetings import MeetingType

StartRange = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Numbers of the first and of the last start of a range."""


class OfferedMeeting(Wire):
    """A kind of meeting that is offered: its type, its room and its service group."""

    meeting_type: MeetingType = Field(description="Type of the meeting.")
    room_id: UUID | None = Field(None, description="The free room. Absent if the meeting needs no room.")
    service_group: UUID | None = Field(
        None,
        description="The service group through which the employees take the meeting. Send it back when you reserve.",
    )


class CompactOffer(Wire):
    """Starts at which employees can have each of these meetings."""

    meetings: list[OfferedMeeting] = Field(description="Each of these meetings is offered at each of the starts.")
    starts: dict[str, list[StartRange]] = Field(
        description="By the place of the employee in `employees`, from 0: ranges of start numbers, each with its first "
        "and its last number. Every number of a range is a time slot."
    )


class CompactDay(Wire):
    """Time slots of one local day. Start number n is n times `slotInterval` after `firstStart`.

    If the clocks change between two starts of a day, the day is in the list more than once, each time with its own
    `firstStart`.
    """

    date: LocalDate = Field(description="The date in the organisation's time zone.")
    first_start: Instant = Field(description="Start number 0: the first one that is offered.")
    offers: list[CompactOffer] = Field(description="Time slots of this day.")


class CompactAvailability(Wire):
    """The time slots of a search as ranges of starts. They are the same as those of `/bookme/time-slots/available`."""

    model_config = example(
        timeZone="Europe/Copenhagen",
        meetingDuration="01:00:00",
        slotInterval="00:30:00",
        employees=[examples.EMPLOYEE, examples.COLLEAGUE],
        days=[
            {
                "date": str(examples.MONDAY),
                "firstStart": f"{examples.MONDAY}T08:00:00.000Z",
                "offers": [
                    {
                        "meetings": [{"meetingType": "online"}, {"meetingType": "physical", "roomId": examples.ROOM}],
                        "starts": {"0": [[0, 5], [9, 11]], "1": [[2, 2]]},
                    }
                ],
            }
        ],
    )

    time_zone: str = Field(description="IANA time zone of the organisation.")
    meeting_duration: Span = Field(description="Duration of each time slot.")
    slot_interval: Span = Field(description="Time between two start numbers.")
    employees: list[UUID] = Field(description="Employees to whom `starts` refers by their place in this list.")
    days: list[CompactDay] = Field(description="Days on which something is offered, sorted by time.")


class DayCount(Wire):
    """Number of start times on one local day at which a meeting is offered."""

    date: LocalDate = Field(description="The date in the organisation's time zone.")
    time_slots: int = Field(description="Start times at which a meeting of any type is offered.")
    by_type: dict[MeetingType, int] = Field(description="Start times at which a meeting of this type is offered.")

    @classmethod
    def of(cls, day: CountedDay) -> Self:
        return cls(date=day.on, time_slots=day.total, by_type=dict(day.of_type))


class DayCounts(Wire):
    """The result of a search as counts of each local day, for a view of a month."""

    model_config = example(
        timeZone="Europe/Copenhagen",
        meetingDuration="01:00:00",
        days=[{"date": str(examples.MONDAY), "timeSlots": 14, "byType": {"online": 14, "physical": 6}}],
    )

    time_zone: str = Field(description="IANA time zone of the organisation.")
    meeting_duration: Span = Field(description="Duration of the counted time slots.")
    days: list[DayCount] = Field(
        description="Days of the search that can have time slots, sorted, also those without any."
    )
