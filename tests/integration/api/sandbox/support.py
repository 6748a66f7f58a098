"""Requests and readings that the tests of the sandbox share."""

from datetime import datetime

from tests.integration.api.support import ok
from tests.support.clients import ApiClient, Json

CLOCK = "/sandbox/clock"


async def advance(client: ApiClient, by: str) -> Json:
    """Move the clock by this duration."""
    return ok(await client.post(CLOCK, {"advance": by}))


async def advance_to(client: ApiClient, at: datetime) -> Json:
    return ok(await client.post(CLOCK, {"to": at.isoformat()}))


async def events_of(client: ApiClient) -> list[Json]:
    """The event log of the client, in order."""
    found: list[Json] = ok(await client.get("/bookme/events", limit="500"))["events"]
    return found


async def kinds(client: ApiClient) -> list[str]:
    return [each["type"] for each in await events_of(client)]


def time_of(event: Json) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


async def met(client: ApiClient, slot: Json | None = None) -> Json:
    """A meeting in this free time slot, or in the first one."""
    free = slot or (await client.search(meetingTypes="online"))[0]
    booked = ok(await client.book(ok(await client.reserve(free))["id"]))
    return ok(await client.create_meeting(booked))
