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
    email: MailAddress = Field(description="Its mail address, from which invitations come.")
    time_zone: Annotated[str, AfterValidator(_is_zone)] = Field(description="Its IANA time zone.")
    opening_time: LocalTime | None = Field(None, description="Meetings start at this time or later; null is midnight.")
    closing_time: LocalTime | None = Field(None, description="Meetings end at this time or earlier; null is midnight.")
    max_meeting_time_per_day: Span | None = Field(None, description="The daily cap of an employee; null is none.")
    max_time_from_booking_to_meeting: Annotated[Span, at_most(3650)] = Field(
        timedelta(days=180), description="How far ahead meetings can be booked."
    )
    buffer_between_meetings: Annotated[Span, at_most(1)] = Field(
        timedelta(0), description="What is kept free before and after an employee's meetings."
    )
    working_time_buffer: Annotated[Span, at_most(31)] = Field(
        timedelta(0), description="The notice that customers give, in the employee's working time."
    )
    slot_interval: Annotated[Span, AfterValidator(_divides_a_day)] = Field(
        timedelta(minutes=30), description="How far apart time slots start."
    )
    default_duration: Annotated[Duration, Span, at_most(1)] = Field(
        timedelta(hours=1), description="How long a meeting lasts when a search does not say."
    )
    default_look_forward_time: Annotated[Duration, Span] = Field(
        timedelta(days=7), description="How far a search looks when it does not say."
    )
    max_look_forward_time: Annotated[Duration, Span, at_most(366)] = Field(
        timedelta(days=31), description="How far one search may look."
    )
    calendar_title: Line | None = Field(None, description="The title of calendar files of meetings without one.")
    calendar_description: Text | None = Field(None, description="Their description.")

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

    date: LocalDate = Field(description="The local date.")
    name: Line = Field("", description="Why.")

    @classmethod
    def stored(cls, row: ClosingDayRow) -> Self:
        return cls(date=row.day, name=row.name)


class NationalHolidays(Body):
    """The country and the years whose public holidays become closing days."""

    model_config = example(country="DK", years=[2026, 2027])

    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")
    subdivision: str | None = Field(None, max_length=10, description="Of the country, as ISO 3166-2 has it.")
    years: list[Annotated[StrictInt, Field(ge=2000, le=2100)]] = Field(
        min_length=1, max_length=10, description="Of when."
    )


class AdvisorPriorityLevel(Body):
    """A priority level. Its employees are chosen before those of the next level."""

    model_config = example(capacity="ServiceGroup", label="remote")

    capacity: Annotated[Capacity, any_case(Capacity)] = Field(
        description="As what the employee would take the meeting."
    )
    label: Line | None = Field(None, description="Narrows `ServiceGroup` to the groups with this label.")

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

    id: str = Field(description="Its name.")
    utc_offset: str = Field(description="Its offset from UTC now, as `+01:00`.")


class AllowedOptions(Wire):
    """The options with which a topic can be booked, according to the configuration of the employees."""

    model_config = example(topicId=examples.TOPIC, customerTypes=[], meetingTypes=["online"], locations=[])

    topic_id: UUID = Field(description="The topic.")
    customer_types: list[UUID] = Field(description="The customer types it is open to; empty means every one.")
    meeting_types: list[Annotated[MeetingType, AnyCase]] = Field(description="The meetings that somebody takes on it.")
    locations: list[str] = Field(description="Where somebody takes physical meetings on it.")
