"""Schemas of employees' calendar feeds."""

from typing import Annotated, Any, ClassVar, Final, Self
from uuid import UUID

from pydantic import Field
from pydantic.config import JsonDict

from api.schemas.base import examples
from api.schemas.base.common import Body, Instant, Name, any_case
from api.schemas.base.examples import example
from api.schemas.base.ids import EmployeeId
from api.schemas.configuration.records import RecordSettings
from storage.notifications.feeds import FeedContent

WANTED: Final[JsonDict] = {"employeeId": examples.EMPLOYEE, "name": "Freja's meetings", "content": "Meetings"}
MADE: Final[JsonDict] = {"id": examples.FEED, **WANTED, "dateCreated": examples.MADE}


class CreateFeed(Body):
    """A calendar feed to create, with the meetings of one employee."""

    model_config = example(**WANTED)

    employee_id: EmployeeId = Field(description="The employee of the meetings in the feed.")
    name: Name = Field(description="Name of the calendar in calendar programs.")
    content: Annotated[FeedContent, any_case(FeedContent)] = Field(
        FeedContent.MEETINGS,
        description="`Meetings`: the meetings with their details. `FreeBusy`: only the times at which the "
        "employee is busy.",
    )


class Feed(CreateFeed, RecordSettings):
    """A calendar feed. Only the answer that creates the feed shows its address."""

    model_config = example(**MADE)

    FIXED: ClassVar = ("id",)

    id: UUID = Field(description="Id of the feed. BookMe creates it.")
    date_created: Instant = Field(description="When the feed was created.")

    @classmethod
    def stored(cls, record: dict[str, Any], **more: str) -> Self:
        shown = {name: record[name] for name in ("id", "employee_id", "name", "content")}
        return cls(**shown, date_created=record["created_at"], **more)


class FeedWithUrl(Feed):
    """A new feed with its address. Keep the address, because BookMe does not show it again.

    Everybody who has the address can read the feed.
    """

    model_config = example(
        **MADE, url="https://bookme.example.com/bookme/feeds/aG93LWFib3V0LXNvbWUtY29mZmVlLWFuZC1jYWtlPz8.ics"
    )

    url: str = Field(description="Address to which calendar programs subscribe.")
