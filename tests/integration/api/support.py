"""What the tests of the API share: how an error answer looks, every endpoint, what the database has."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from temporalio.client import Client, WorkflowHandle

from api.languages import translate
from api.languages.translation import LONGEST
from api.schemas.time_slots import Reservation
from api.temporal.bookings import new_run
from api.temporal.gateway import TemporalGateway
from devstack.demo_data import HOME, PRIVATE, REVIEW, identity
from domain.messages.booking import BookingKey
from storage.database import Database
from tests.support.clients import BOOKED, ApiClient, Json
from tests.support.pydantic_texts import OF_PYDANTIC
from workflows.booking.messages import BookingEnding, ReserveRequest, TimeSlotOutcome
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import workflow_id

TOPIC: Final = str(identity(HOME))
STAFF_TOPIC: Final = str(identity(REVIEW))
CUSTOMER_TYPE: Final = str(identity(PRIVATE))
FREJA: Final = str(identity("Freja Lindqvist"))
INGRID: Final = str(identity("Ingrid Kjeldsen"))
UNBOOKABLE: Final = str(identity("Torben Ravn"))
ROOM: Final = str(identity("copenhagen-city/Øresund"))
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
EVERY_SCOPE: Final = "bookme.read bookme.book bookme.staff bookme.config"

CODES: Final = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    410: "GONE",
    412: "PRECONDITION_FAILED",
    413: "CONTENT_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


async def reserve_through_run(app: FastAPI, body: Json, attempt: str, key: str | None = None) -> TimeSlotOutcome:
    """Send the reservation to the booking's run without a look at the database first, as a race would."""
    request = ReserveRequest(asked="before", wanted=Reservation.model_validate(body).wanted(by_staff=False), key=key)
    gateway: TemporalGateway = app.state.resources.engine
    run = new_run(BookingKey(client_id="demo", token=body["token"]), request, attempt)
    return await gateway.execute_update(request, attempt, run, TimeSlotOutcome)


OF_OPERATORS: Final = ("/decode", "/encode")
"""Ends of paths of the codec server, which speaks English only."""


def problem(answer: httpx.Response, status: int, reason: str | None = None) -> Json:
    """The body of an error answer that is as every error answer is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: Json = answer.json()
    assert (body["status"], body["code"], body.get("reason")) == (status, CODES[status], reason), body
    assert body["message"] == body["detail"] != ""
    assert not OF_PYDANTIC.search(answer.text), "the text is not ours"
    assert body["title"]
    assert body["type"].endswith(f"/problems/{reason or CODES[status]}")
    if answer.headers["content-language"] == "en" and not body["instance"].endswith(OF_OPERATORS):
        untranslated = [text for text in texts_of(body) if len(text) <= LONGEST and translate(text, "da") is None]
        assert untranslated == [], "see tests/languages/catalogue.py"
    assert body["instance"] == answer.request.url.path
    assert body["requestId"] == answer.headers["x-request-id"] != ""
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) > 0
    return body


def texts_of(body: Json) -> list[str]:
    """The messages of an error answer."""
    return [body["message"], *(each["message"] for each in body.get("errors", ()))]


def ok(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that needs a token, with a request that it accepts but for ids that nobody has."""

    method: str
    path: str
    scope: str
    query: Json = field(default_factory=dict)
    body: Any = None
    file: bytes | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    async def call(self, client: ApiClient, **changes: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        body = {} if self.body is None else {"json": self.body}
        headers = client.headers | ({} if self.file is None else {"Content-Type": "text/calendar"})
        options = {"params": self.query, "headers": headers, "content": self.file} | body | changes
        path = self.path.replace("{id}", UNKNOWN).replace("{date}", "2199-12-25").replace("{delivery}", UNKNOWN)
        return await client.http.request(self.method, path, **options)


SLOT: Final = {
    "startDate": "2199-01-07T09:00:00Z",
    "endDate": "2199-01-07T10:00:00Z",
    "status": "Reserved",
    "employeeId": FREJA,
}
EXPLAINED: Final = {name: value for name, value in SLOT.items() if name != "status"}
MEETING: Final = {
    "bookedBy": "customer",
    "customerTypeId": CUSTOMER_TYPE,
    "timeSlotId": UNKNOWN,
    "type": "online",
    "topicId": TOPIC,
    "employeeId": FREJA,
    "customerId": "customer-4711",
}
READ, BOOK = "bookme.read", "bookme.book"
SEARCH: Final = Endpoint("GET", "/bookme/time-slots/available", READ, {"requireEmployeeParticipation": "false"})
RESERVE: Final = Endpoint("POST", "/bookme/time-slots/reserve", BOOK, body={"timeSlot": SLOT, "token": "a-token"})
MARK_BOOKED: Final = Endpoint("PATCH", "/bookme/time-slots/{id}", BOOK, body=BOOKED)
CREATE_MEETING: Final = Endpoint("POST", "/bookme/meetings", BOOK, body=MEETING)
VACANCIES: Final = Endpoint(
    "GET", "/bookme/room-vacancies", READ, {"location": "copenhagen-city", "timeSlotId": UNKNOWN}
)
CALENDAR: Final = Endpoint("POST", "/bookme/meetings/{id}/ical", READ, body={"title": "A title"})

CONFIG: Final = "bookme.config"
RETITLED: Final = [{"op": "replace", "path": "/title", "value": "New"}]
RENAMED: Final = [{"op": "replace", "path": "/name", "value": "New"}]
NEW_EMPLOYEE: Final = {"displayName": "New", "email": "new@nordhavn.example.com", "initials": "NEW"}
CLOSED: Final = {"date": "2199-12-24"}
HOLIDAYS: Final = {"country": "DK", "years": [2099]}
LEVELS: Final = [{"capacity": "Explicit"}, {"capacity": "Local"}, {"capacity": "ServiceGroup"}]


def configured(kind: str, body: Json) -> tuple[Endpoint, ...]:
    """The endpoints of a kind of record."""
    path = f"/bookme/config/{kind}"
    return (
        Endpoint("GET", path, CONFIG),
        Endpoint("POST", path, CONFIG, body=body),
        Endpoint("GET", f"{path}/{{id}}", CONFIG),
        Endpoint("PATCH", f"{path}/{{id}}", CONFIG, body=RENAMED),
        Endpoint("DELETE", f"{path}/{{id}}", CONFIG),
    )


FEED: Final = {"employeeId": FREJA, "name": "Freja"}
FEEDS: Final = (
    Endpoint("GET", "/bookme/config/feeds", CONFIG),
    Endpoint("POST", "/bookme/config/feeds", CONFIG, body=FEED),
    Endpoint("GET", "/bookme/config/feeds/{id}", CONFIG),
    Endpoint("DELETE", "/bookme/config/feeds/{id}", CONFIG),
)

HOOK: Final = {"url": "https://93.184.216.34/hook", "eventTypes": ["meeting.created"]}
DESCRIBED: Final = [{"op": "replace", "path": "/description", "value": "New"}]
WEBHOOKS: Final = (
    Endpoint("GET", "/bookme/events", READ),
    Endpoint("GET", "/bookme/webhooks", BOOK),
    Endpoint("POST", "/bookme/webhooks", BOOK, body=HOOK),
    Endpoint("GET", "/bookme/webhooks/{id}", BOOK),
    Endpoint("PATCH", "/bookme/webhooks/{id}", BOOK, body=DESCRIBED),
    Endpoint("DELETE", "/bookme/webhooks/{id}", BOOK),
    Endpoint("POST", "/bookme/webhooks/{id}/rotate-secret", BOOK),
    Endpoint("GET", "/bookme/webhooks/{id}/deliveries", BOOK),
    Endpoint("GET", "/bookme/webhooks/{id}/deliveries/{delivery}", BOOK),
    Endpoint("POST", "/bookme/webhooks/{id}/deliveries/{delivery}/redeliver", BOOK),
)

STAFF: Final = "bookme.staff"
ENTER: Final = Endpoint("POST", "/bookme/time-slots", STAFF, body=SLOT | {"status": "Busy"})

ENDPOINTS: Final = (
    Endpoint("GET", "/bookme/meeting-topics", READ, {"isCustomer": "true"}),
    SEARCH,
    Endpoint("GET", f"{SEARCH.path}/compact", READ, SEARCH.query),
    Endpoint("GET", f"{SEARCH.path}/days", READ, SEARCH.query),
    Endpoint("GET", "/bookme/time-slots/explain", STAFF, EXPLAINED),
    RESERVE,
    Endpoint("GET", "/bookme/time-slots/held", READ),
    Endpoint("GET", "/bookme/time-slots/{id}", READ),
    MARK_BOOKED,
    Endpoint("DELETE", "/bookme/time-slots/{id}", BOOK),
    Endpoint("POST", "/bookme/time-slots/{id}/extend", BOOK),
    Endpoint("GET", "/bookme/meetings", READ),
    CREATE_MEETING,
    Endpoint("GET", "/bookme/meetings/{id}", READ),
    Endpoint("PUT", "/bookme/meetings/{id}", BOOK, body=RETITLED[0]),
    Endpoint("PATCH", "/bookme/meetings/{id}", BOOK, body=RETITLED),
    Endpoint("DELETE", "/bookme/meetings/{id}", BOOK),
    Endpoint("POST", "/bookme/meetings/{id}/move", BOOK, body={"startDate": "2199-01-07T09:00:00Z"}),
    CALENDAR,
    VACANCIES,
    Endpoint("GET", "/bookme/working-hours", STAFF),
    Endpoint("GET", "/bookme/meetings/{id}/invitations", STAFF),
    Endpoint("GET", "/config/customer-types", READ),
    Endpoint("GET", "/config/employees", READ),
    Endpoint("GET", "/config/employees/{id}", READ),
    Endpoint("GET", "/config/rooms", READ),
    Endpoint("GET", "/config/rooms/{id}", READ),
    Endpoint("POST", "/bookme/meeting-topics", CONFIG, body={"name": "New", "uniqueTopicId": "new"}),
    Endpoint("GET", "/bookme/meeting-topics/{id}", READ),
    Endpoint("PATCH", "/bookme/meeting-topics/{id}", CONFIG, body=RENAMED),
    Endpoint("DELETE", "/bookme/meeting-topics/{id}", CONFIG),
    Endpoint("POST", "/config/customer-types", CONFIG, body={"name": "New"}),
    Endpoint("GET", "/config/customer-types/{id}", READ),
    Endpoint("PATCH", "/config/customer-types/{id}", CONFIG, body=RENAMED),
    Endpoint("DELETE", "/config/customer-types/{id}", CONFIG),
    Endpoint("GET", "/bookme/config/organization", CONFIG),
    Endpoint("PATCH", "/bookme/config/organization", CONFIG, body=RENAMED),
    Endpoint("GET", "/bookme/config/closing-days", CONFIG),
    Endpoint("POST", "/bookme/config/closing-days", CONFIG, body=CLOSED),
    Endpoint("POST", "/bookme/config/closing-days/holidays", CONFIG, body=HOLIDAYS),
    Endpoint("DELETE", "/bookme/config/closing-days/{date}", CONFIG),
    Endpoint("GET", "/bookme/config/advisor-priority-levels", CONFIG),
    Endpoint("PUT", "/bookme/config/advisor-priority-levels", CONFIG, body=LEVELS),
    Endpoint("GET", "/bookme/config/allowed-options", CONFIG),
    Endpoint("GET", "/bookme/config/time-zones", CONFIG),
    Endpoint("GET", "/bookme/time-slots", STAFF),
    ENTER,
    *configured("employees", NEW_EMPLOYEE),
    *configured("rooms", {"name": "New", "location": "nowhere"}),
    *configured("locations", {"id": "new", "displayName": "New"}),
    *configured("competence-groups", {"name": "New"}),
    *configured("service-groups", {"name": "New"}),
    *configured("calendars", {"employeeId": UNKNOWN, "name": "New"}),
    Endpoint("POST", "/bookme/config/calendars/{id}/refresh", CONFIG),
    Endpoint("PUT", "/bookme/config/calendars/{id}/file", CONFIG, file=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    *FEEDS,
    *WEBHOOKS,
)
WITH_BODY: Final = tuple(each for each in ENDPOINTS if each.body is not None)


async def rows(database: Database) -> dict[str, int]:
    """How many rows each table has that requests can change."""
    tables = ("time_slot", "meeting", "booking_event", "idempotency_key")
    async with database.transaction() as session:
        counts = [await session.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in tables]
    return dict(zip(tables, (count or 0 for count in counts), strict=True))


def run_of(engine: Client, token: str, client_id: str = "demo") -> WorkflowHandle[BookingWorkflow, BookingEnding]:
    name = workflow_id(BookingKey(client_id=client_id, token=token))
    return engine.get_workflow_handle(name, result_type=BookingEnding)


async def eventually(look: Callable[[], Awaitable[bool]], patience: float = 15) -> None:
    """Wait until `look` says so."""
    until = time.monotonic() + patience
    while not await look():
        assert time.monotonic() < until, "it never came to pass"
        await asyncio.sleep(0.05)


async def settled(ask: Callable[[], Awaitable[httpx.Response]], patience: float = 60) -> httpx.Response:
    """The outcome for a client that asks again as long as it is told 503, as the contract asks of it.

    Whoever waits in a crowd for longer than a transaction may, because the machine stood still, is told 503.
    """
    until = time.monotonic() + patience
    while (answer := await ask()).status_code == 503:
        assert time.monotonic() < until, "it was never answered"
        await asyncio.sleep(0.05)
    return answer


async def answered(ask: Callable[[], Awaitable[httpx.Response]], patience: float = 60) -> Json:
    """What such a client gets in the end."""
    return ok(await settled(ask, patience))


def new_token() -> str:
    return f"token-{uuid4()}"


def is_id(text: str) -> bool:
    return str(UUID(text)) == text
