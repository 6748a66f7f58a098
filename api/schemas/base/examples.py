"""Examples in the OpenAPI document. Ids are those of the demo organisation, so that an example works as it is."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ConfigDict
from pydantic.config import JsonDict, JsonValue

EMPLOYEE: Final = "d9d29487-b17e-5f87-8232-b6c2b537a265"
COLLEAGUE: Final = "3d86d6cf-713c-5c73-ab68-af7e04eb4bee"
TOPIC: Final = "edd17be9-e4ef-580b-b640-e8e17605de7c"
CUSTOMER_TYPE: Final = "eecb7b99-73b2-5312-aa53-0937ae542655"
ROOM: Final = "a4202078-340c-540e-ac33-c6fa0a401bb5"
TIME_SLOT: Final = "018f3a5e-7f1f-4c5e-9e0e-6f1f2a3b4c5d"
MEETING: Final = "3f0d8f8e-2a35-4d7c-8f43-b1c6c8f4a2d7"
CALENDAR: Final = "7c1f0f4e-55a4-4d0c-9d3e-0c8f6c2b1a90"
FEED: Final = "2c7a4f0d-94c6-4d1b-8a25-8d0b7f3e6c11"
WEBHOOK: Final = "b5f4f2a6-0a0e-4b62-8f0e-3f3c5a1d9e77"
DELIVERY: Final = "0f6a3c1e-6d8b-4f57-9b52-2a6f1c7e8d90"
TOKEN: Final = "order-1234"  # noqa: S105 - the client's name for a booking

TODAY: Final = datetime.now(UTC).date()
MONDAY: Final = TODAY + timedelta(days=7 - TODAY.weekday())
"""The next Monday, because a time in the past cannot be reserved."""

START: Final = f"{MONDAY}T09:30:00.000Z"
END: Final = f"{MONDAY}T10:30:00.000Z"
MADE: Final = f"{TODAY}T14:03:21.482Z"
CHANGED: Final = f"{TODAY}T14:04:02.114Z"
DEADLINE: Final = f"{TODAY}T14:08:21.482Z"

INTERVAL: Final[JsonDict] = {"startDate": START, "endDate": END}
STAMPS: Final[JsonDict] = {"dateCreated": MADE, "dateModified": CHANGED}


def example(**members: JsonValue) -> ConfigDict:
    """Return a model configuration with these members as its example."""
    return ConfigDict(json_schema_extra={"examples": [members]})
