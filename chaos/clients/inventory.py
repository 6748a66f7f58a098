"""The time slots, employees and rooms for which the clients compete: few of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from chaos.clients.api_client import ApiClient
from chaos.record import Json

EMPLOYEES: Final = 3
ROOMS: Final = 2
DAYS: Final = 2
SEARCH: Final = {
    "requireEmployeeParticipation": "false",
    "lookForwardTime": f"P{DAYS}D",
    "meetingTypes": "online",
    "getBestTimeSlots": "false",
}


@dataclass(frozen=True, slots=True)
class Inventory:
    """Offers of a search before the run, with their employees, and rooms. `content` is common to all meetings."""

    offers: Sequence[Json]
    employees: Sequence[str]
    rooms: Sequence[str]
    content: Json

    @classmethod
    async def found_by(cls, api_client: ApiClient, monday: datetime) -> Self:
        """Search the demo organisation in the week of this Monday."""
        topic = (await api_client.get("/bookme/meeting-topics", isCustomer="true"))[0]["id"]
        customer_type = (await api_client.get("/config/customer-types"))[0]["id"]
        wanted = {"topic": topic, "customerTypeId": customer_type, "startDate": monday.isoformat()}
        offers = await api_client.get("/bookme/time-slots/available", **SEARCH, **wanted)
        offered = Counter(slot["employeeId"] for slot in offers)
        employees = [name for name, _ in offered.most_common(EMPLOYEES)]
        rooms = [room["id"] for room in await api_client.get("/config/rooms")]
        return cls(
            offers=[slot for slot in offers if slot["employeeId"] in employees],
            employees=employees,
            rooms=rooms[:ROOMS],
            content={
                "bookedBy": "customer",
                "type": "online",
                "topicId": topic,
                "customerTypeId": customer_type,
            },
        )


def next_monday(weeks: int = 1) -> datetime:
    """Return the Monday, 00:00 UTC, that is so many weeks ahead; 1 is the next Monday."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 * weeks - today.weekday())
