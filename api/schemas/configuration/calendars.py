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
    """An external calendar of an employee or a room: either a feed with a `url`, or an uploaded file."""

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
        None,
        description="The employee of the calendar. Send either `employeeId` or `roomId`. The owner cannot be "
        "changed later.",
    )
    room_id: OrNone[RoomId] = Field(
        None,
        description="The room of the calendar. Send either `employeeId` or `roomId`. The owner cannot be changed "
        "later.",
    )
    name: Name = Field(description="Name of the calendar.")
    url: FeedUrl | None = Field(
        None, description="Address of the feed. BookMe reads the feed at once, and then at intervals."
    )
    busy_times: int = Field(0, json_schema_extra=READ_ONLY, description="Number of busy times in the future.")
    imported_at: Instant | None = Field(
        None, json_schema_extra=READ_ONLY, description="When BookMe last read the calendar."
    )
    failed_at: Instant | None = Field(
        None, json_schema_extra=READ_ONLY, description="Time of the last reading, if that reading failed."
    )
    failure: str | None = Field(
        None,
        json_schema_extra=READ_ONLY,
        description="Why the last reading failed. The busy times of the previous reading stay.",
    )

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
