"""What the tests of the tools for operators share: bookings, and how a story says when and with whom."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from admin.documents import Story
from admin.story.find import Finder
from admin.story.question import Question
from storage.database import Database
from tests.integration.api.support import FREJA, eventually, ok
from tests.support.clients import ApiClient, Json

UI: Final = "https://temporal.example.com"
TOKEN: Final = "web:2026/11 ä%"
"""A token as a client may choose it: every character but the letters and digits is escaped in the workflow id."""

FREJAS: Final = {"explicitEmployeeIds": FREJA, "meetingTypes": "online"}
ZONE: Final = ZoneInfo("Europe/Copenhagen")

find_token = partial(Question, token=TOKEN)


@dataclass(frozen=True)
class Booking:
    """The booking of `TOKEN`, and its run."""

    client_id: str
    engine: Client

    @property
    def workflow_id(self) -> str:
        return f"booking-{self.client_id}~~web~3A2026~2F11~20~C3~A4~25"

    @property
    def run(self) -> WorkflowHandle[Any, Any]:
        return self.engine.get_workflow_handle(self.workflow_id)

    async def ended(self) -> None:
        """Wait until the newest run has ended."""

        async def is_closed() -> bool:
            return (await self.run.describe()).status is not WorkflowExecutionStatus.RUNNING

        await eventually(is_closed, patience=60)


async def reserved(client: ApiClient, token: str = TOKEN, number: int = 0) -> Json:
    return ok(await client.reserve((await client.search(**FREJAS))[number], token))


async def booked(client: ApiClient, token: str = TOKEN, number: int = 0) -> Json:
    return ok(await client.book((await reserved(client, token, number))["id"]))


async def made(client: ApiClient, token: str = TOKEN, number: int = 0, **more: object) -> Json:
    return ok(await client.create_meeting(await booked(client, token, number), **more))


async def story_of(finder: Finder, asked: Question | None = None) -> Story:
    """The only story that fits, else that of `TOKEN`."""
    (story,) = (await finder.find(asked or find_token(), 5)).stories
    return story


def local(text: str) -> str:
    """The time as a conclusion says it."""
    return f"{datetime.fromisoformat(text).astimezone(ZONE):%a %Y-%m-%d %H:%M %Z}"


def utc(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}Z"


def at(slot: Json) -> str:
    return f"{local(slot['startDate'])} with Freja Lindqvist"


def kinds(story: Story) -> list[str]:
    """What the events of the story say, in order."""
    return [each.kind for each in story.entries if each.source == "event"]


async def do(database: Database, statement: str, **values: object) -> None:
    async with database.transaction() as session:
        await session.execute(sa.text(statement), values)
