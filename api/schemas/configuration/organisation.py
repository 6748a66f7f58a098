"""Schemas of the organisation's settings: times, limits, closing days, priority levels, allowed options."""

from datetime import time, timedelta
from typing import Annotated, Any, Final, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StrictInt, model_validator

from api.schemas.base import examples
from api.schemas.base.addresses import STORED, MailAddress
from api.schemas.base.common import (
    AnyCase,
    Body,
    Duration,
    Line,
    LocalDate,
    LocalTime,
    Name,
    Span,
    Text,
    Wire,
    any_case,
)
from api.schemas.base.examples import example
from domain.configuration import Capacity
from domain.meetings import MeetingType
from storage.tables.availability import ClosingDayRow
from storage.tables.organisation import OrganisationRow

DAY: Final = timedelta(days=1)
LEAST_INTERVAL: Final = timedelta(minutes=5)
MIDNIGHT: Final = time(0)
ZONES: Final = frozenset(available_timezones())


def since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def _is_zone(value: str) -> str:
    if value not in ZONES:
        message = "is not an IANA time zone; GET /bookme/config/time-zones lists them"
        raise ValueError(message)
    return value


def _divides_a_day(value: timedelta) -> timedelta:
    if value < LEAST_INTERVAL or DAY % value:
        message = "must be at least five minutes, and divide a day without rest"
        raise ValueError(message)
    return value


def at_most(days: int) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value > days * DAY:
            message = f"must not be longer than {days} days"
            raise ValueError(message)
        return value

    return AfterValidator(check)


class OrganizationSettings(Body):
    """Settings that apply to every search. Times of day are local to `timeZone`."""

    model_config = example(
        name="Nordhavn Bank",
        email="booking@nordhavn.example.com",
        timeZone="Europe/Copenhagen",
        openingTime="08:00:00",
        closingTime="18:00:00",
        maxMeetingTimePerDay="04:00:00",
        maxTimeFromBookingToMeeting="30.00:00:00",
        bufferBetweenMeetings="00:15:00",
        workingTimeBuffer="02:00:00",
        slotInterval="00:30:00",
        defaultDuration="01:00:00",
        defaultLookForwardTime="7.00:00:00",
        maxLookForwardTime="31.00:00:00",
    )

    name: Name = Field(description="The organisation's name.")
    email: MailAddress = Field(description="Mail address of the organisation, the sender of invitations.")
    time_zone: Annotated[str, AfterValidator(_is_zone)] = Field(description="IANA time zone of the organisation.")
    opening_time: LocalTime | None = Field(
        None, description="Meetings start at this time or later. Null means midnight at the start of the day."
    )
    closing_time: LocalTime | None = Field(
        None, description="Meetings end at this time or earlier. Null means midnight at the end of the day."
    )
    max_meeting_time_per_day: Span | None = Field(
        None, description="Daily cap of the meeting time of one employee. Null means that the organisation sets no cap."
    )
    max_time_from_booking_to_meeting: Annotated[Span, at_most(3650)] = Field(
        timedelta(days=180), description="Longest time from a booking to the start of its meeting."
    )
    buffer_between_meetings: Annotated[Span, at_most(1)] = Field(
        timedelta(0), description="Time that stays free before and after each meeting of an employee."
    )
    working_time_buffer: Annotated[Span, at_most(31)] = Field(
        timedelta(0), description="Minimum notice that customers give, counted in the employee's working time."
    )
    slot_interval: Annotated[Span, AfterValidator(_divides_a_day)] = Field(
        timedelta(minutes=30), description="Interval between the start times of time slots."
    )
    default_duration: Annotated[Duration, Span, at_most(1)] = Field(
        timedelta(hours=1), description="Duration of a meeting, if the search does not give one."
    )
    default_look_forward_time: Annotated[Duration, Span] = Field(
        timedelta(days=7), description="Period that a search covers, if the search does not give one."
    )
    max_look_forward_time: Annotated[Duration, Span, at_most(366)] = Field(
        timedelta(days=31), description="Longest period that one search can cover."
    )
    calendar_title: Line | None = Field(None, description="Title in the calendar file of a meeting that has no title.")
    calendar_description: Text | None = Field(
        None, description="Description in the calendar file of a meeting that has no description."
    )

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        opens, closes = self.opening_time or MIDNIGHT, self.closing_time or MIDNIGHT
        if opens >= closes != MIDNIGHT:
            message = "closingTime must be after openingTime"
            raise ValueError(message)
        return self

    def contradiction(self) -> str | None:
        """Return which settings contradict each other, or None.

        With contradicting settings no search, or no search with the defaults, finds anything. Only changes are
        checked: contradicting settings that are stored already are shown, so that they can be corrected.
        """
        cap = self.max_meeting_time_per_day
        contradictions = {
            "maxLookForwardTime must not be shorter than defaultLookForwardTime": (
                self.max_look_forward_time < self.default_look_forward_time
            ),
            "maxTimeFromBookingToMeeting must not be shorter than workingTimeBuffer": (
                self.max_time_from_booking_to_meeting < self.working_time_buffer
            ),
            "maxMeetingTimePerDay must not be shorter than defaultDuration": cap is not None
            and cap < self.default_duration,
            "a meeting of defaultDuration, started on the grid of slotInterval, must fit between openingTime and "
            "closingTime": not self._default_meeting_fits(),
        }
        return "; ".join(message for message, is_so in contradictions.items() if is_so) or None

    def _default_meeting_fits(self) -> bool:
        opens, closes = since_midnight(self.opening_time or MIDNIGHT), since_midnight(self.closing_time or MIDNIGHT)
        first = -(-opens // self.slot_interval) * self.slot_interval
        return first + self.default_duration <= (closes or DAY)

    @classmethod
    def stored(cls, row: OrganisationRow) -> Self:
        fields = {field: getattr(row, COLUMNS.get(field, field)) for field in cls.model_fields}
        return cls.model_validate(fields, context=STORED)

    def columns(self) -> dict[str, Any]:
        return {COLUMNS.get(field, field): value for field, value in self.model_dump().items()}


COLUMNS: Final = {
    "opening_time": "opens",
    "closing_time": "closes",
    "default_look_forward_time": "default_look_forward",
    "max_look_forward_time": "max_look_forward",
}
"""Columns of settings whose column has another name."""


class ClosingDay(Body):
    """A day on which the organisation is closed."""

    model_config = example(date="2026-12-24", name="Christmas Eve")

    date: LocalDate = Field(description="Local date of the closing day.")
    name: Line = Field("", description="Why the organisation is closed.")

    @classmethod
    def stored(cls, row: ClosingDayRow) -> Self:
        return cls(date=row.day, name=row.name)


class NationalHolidays(Body):
    """The country and the years whose public holidays become closing days."""

    model_config = example(country="DK", years=[2026, 2027])

    country: str = Field(pattern="^[A-Z]{2}$", description="Country code (ISO 3166-1 alpha-2).")
    subdivision: str | None = Field(None, max_length=10, description="Subdivision of the country (ISO 3166-2).")
    years: list[Annotated[StrictInt, Field(ge=2000, le=2100)]] = Field(
        min_length=1, max_length=10, description="Years of the holidays."
    )


class AdvisorPriorityLevel(Body):
    """A priority level. BookMe chooses its employees before the employees of the next level."""

    model_config = example(capacity="ServiceGroup", label="remote")

    capacity: Annotated[Capacity, any_case(Capacity)] = Field(
        description="Capacity in which the employee takes the meeting."
    )
    label: Line | None = Field(None, description="Limits a `ServiceGroup` level to the groups with this label.")

    @model_validator(mode="after")
    def _only_groups_have_labels(self) -> Self:
        if self.label is not None and self.capacity is not Capacity.SERVICE_GROUP:
            message = "only a ServiceGroup level has a label"
            raise ValueError(message)
        return self


def check_levels(levels: list[AdvisorPriorityLevel]) -> list[AdvisorPriorityLevel]:
    """Return the levels. Raise ValueError if one has no effect, because earlier levels include all its employees."""
    before: set[tuple[Capacity, str | None]] = set()
    anybody = {(Capacity.LOCAL, None), (Capacity.SERVICE_GROUP, None)}
    for each in levels:
        if (each.capacity, each.label) in before:
            message = "a priority level may come only once"
            raise ValueError(message)
        if (each.capacity, None) in before or anybody <= before:
            message = f"a {each.capacity} level after the levels before it would never count"
            raise ValueError(message)
        before.add((each.capacity, each.label))
    return levels


class TimeZone(Wire):
    """An IANA time zone."""

    id: str = Field(description="Name of the time zone.")
    utc_offset: str = Field(description="Present offset of the time zone from UTC, such as `+01:00`.")


class AllowedOptions(Wire):
    """The options with which a topic can be booked, according to the configuration of the employees."""

    model_config = example(topicId=examples.TOPIC, customerTypes=[], meetingTypes=["online"], locations=[])

    topic_id: UUID = Field(description="The topic.")
    customer_types: list[UUID] = Field(
        description="The customer types that the topic is open to. An empty list means all."
    )
    meeting_types: list[Annotated[MeetingType, AnyCase]] = Field(
        description="Meeting types that at least one employee takes for the topic."
    )
    locations: list[str] = Field(
        description="Locations where at least one employee takes physical meetings on the topic."
    )
