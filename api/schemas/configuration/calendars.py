"""Schemas of the external calendars of employees and rooms."""

from typing import Annotated, Any, ClassVar, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from api.schemas.base import examples
from api.schemas.base.common import Instant, Name, UrlText
from api.schemas.base.examples import example
from api.schemas.base.ids import EmployeeId, OrNone, RoomId
from api.schemas.configuration.records import RecordSettingsWithId

SCHEMES: Final = frozenset({"http", "https", "webcal"})
READ_ONLY: Final[JsonDict] = {"readOnly": True}


def _is_a_feed(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        message = "write the address of a calendar: https://…, http://… or webcal://…"
        raise ValueError(message)
    return value


FeedUrl = Annotated[UrlText, AfterValidator(_is_a_feed)]


class CalendarSettings(RecordSettingsWithId):
    """An external calendar of an employee or a room: a feed, which has a `url`, or a file, which is uploaded."""

    model_config = example(
        id=examples.CALENDAR,
        employeeId=examples.EMPLOYEE,
        name="Outlook",
        url="https://outlook.example.com/calendar/freja.ics",
        busyTimes=212,
        importedAt="2026-11-23T09:30:00Z",
    )

    FIXED: ClassVar = ("id", "employee_id", "room_id")

    employee_id: OrNone[EmployeeId] = Field(
        None, description="Whose calendar it is, unless it is a room's; cannot be changed."
    )
    room_id: OrNone[RoomId] = Field(
        None, description="Which room's calendar it is, unless it is an employee's; cannot be changed."
    )
    name: Name = Field(description="What it is called.")
    url: FeedUrl | None = Field(None, description="Where the feed is: read at once, then at intervals.")
    busy_times: int = Field(0, json_schema_extra=READ_ONLY, description="How many busy times lie ahead.")
    imported_at: Instant | None = Field(None, json_schema_extra=READ_ONLY, description="When it was last read.")
    failed_at: Instant | None = Field(
        None, json_schema_extra=READ_ONLY, description="When it could last not be read, if that is so now."
    )
    failure: str | None = Field(None, json_schema_extra=READ_ONLY, description="Why not. What was known of it stays.")

    @model_validator(mode="after")
    def _has_one_owner(self) -> Self:
        if (self.employee_id is None) == (self.room_id is None):
            message = "say whose calendar it is: employeeId or roomId, one of them"
            raise ValueError(message)
        return self

    @classmethod
    def stored(cls, record: dict[str, Any]) -> Self:
        return cls(**{name: value for name, value in record.items() if name in cls.model_fields})

    def record(self) -> dict[str, Any]:
        """Return the columns that clients set. The others come from reading the calendar."""
        return self.model_dump(include={"id", "employee_id", "room_id", "name", "url"})
