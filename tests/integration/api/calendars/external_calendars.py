"""What the tests of external calendars share."""

from datetime import datetime

from tests.integration.api.calendars.calendar_files import PATH
from tests.integration.api.support import FREJA, ok
from tests.support.clients import ApiClient, Json


async def offered(client: ApiClient) -> list[datetime]:
    """When Freja is offered on the coming Monday."""
    asked = {"explicitEmployeeIds": FREJA, "meetingTypes": "online", "lookForwardTime": "P1D"}
    return [datetime.fromisoformat(slot["startDate"]) for slot in await client.search(**asked)]


async def calendar(client: ApiClient, **other: object) -> Json:
    return ok(await client.post(PATH, {"employeeId": FREJA, "name": "Outlook"} | other))
