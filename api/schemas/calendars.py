"""Wire schemas of employees' calendars elsewhere."""

from typing import Annotated, Any, ClassVar, Final, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from pydantic import AfterValidator, Field

from api.records import Settings
from api.schemas import examples
from api.schemas.common import Instant, Name, UrlText
from api.schemas.examples import example
from api.schemas.ids import EmployeeId

SCHEMES: Final = frozenset({"http", "https", "webcal"})


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


class CalendarSettings(Settings):
    """A calendar that an employee has elsewhere: a feed, which has a `url`, or a file, which is sent."""

    model_config = example(
        id=examples.CALENDAR,
        employeeId=examples.EMPLOYEE,
        name="Outlook",
        url="https://outlook.example.com/calendar/freja.ics",
        busyTimes=212,
        importedAt="2026-11-23T09:30:00Z",
    )

    FIXED: ClassVar = ("id", "employee_id")

    id: UUID = Field(default_factory=uuid4, description="Made by BookMe unless it is given.")
    employee_id: EmployeeId = Field(description="Whose calendar it is; cannot be changed.")
    name: Name = Field(description="What it is called.")
    url: FeedUrl | None = Field(None, description="Where the feed is: read at once, then at intervals.")
    busy_times: int = Field(0, json_schema_extra={"readOnly": True}, description="How many busy times lie ahead.")
    imported_at: Instant | None = Field(
        None, json_schema_extra={"readOnly": True}, description="When it was last read."
    )
    failed_at: Instant | None = Field(
        None, json_schema_extra={"readOnly": True}, description="When it could last not be read, if that is so now."
    )
    failure: str | None = Field(
        None, json_schema_extra={"readOnly": True}, description="Why not. What was known of it stays."
    )

    @classmethod
    def stored(cls, record: dict[str, Any]) -> Self:
        return cls(**{name: value for name, value in record.items() if name in cls.model_fields})

    def record(self) -> dict[str, Any]:
        """What is read of it is not said by clients."""
        return self.model_dump(include={"id", "employee_id", "name", "url"})
