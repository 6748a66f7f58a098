"""Books one meeting from end to end over HTTP, as any client would, and shows each request and its answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx
from rich.console import Console
from rich.markup import escape

from config.errors import StackError
from config.ports import LOOPBACK

CLIENT: Final = "demo"
CUSTOMER: Final = "demo-customer"
WIDEST: Final = 200
CONFLICT: Final = 409
Json = Any


@dataclass(frozen=True)
class BookedMeeting:
    """Result of the demo: the meeting, its workflow and its calendar file (iCalendar text)."""

    meeting_id: str
    workflow_id: str
    calendar_file: str

    def link(self, ui_url: str) -> str:
        """Return the address of the booking's workflow in the Temporal UI."""
        return f"{ui_url}/namespaces/default/workflows/{self.workflow_id}"


def fetch_token(url: str, client: str, secret: str, scope: str | None) -> str:
    """Return an access token of the development issuer.

    Raises:
        StackError: the issuer cannot be reached or gives no token.

    """
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    form |= {"scope": scope} if scope else {}
    with _http(url) as http:
        answer = _sent(lambda: http.post("/oauth2/token", data=form), url)
    if answer.is_success:
        return str(answer.json()["access_token"])
    raise StackError(f"{url} gives no token: {_refusal(answer)}")


def book(url: str, token: str, console: Console) -> BookedMeeting:
    """Book a meeting in six steps: look up, search, reserve, book, create the meeting, download its calendar file."""
    from domain.messages.booking import (  # noqa: PLC0415 - slow to import, and `bookme token` needs none of it
        BookingKey,
    )
    from workflows.common.runs import workflow_id  # noqa: PLC0415 - likewise

    with _http(url, token) as http:
        journey = Journey(http, url, console)
        journey.look_up()
        slot = journey.reserve(journey.search())
        journey.book(slot)
        meeting = journey.create_meeting(slot)
        calendar_file = journey.download(meeting)
    return BookedMeeting(meeting["id"], workflow_id(BookingKey(client_id=CLIENT, token=journey.token)), calendar_file)


class Journey:
    """One booking in six steps. `token` identifies the booking, so that each of its requests can be repeated safely."""

    def __init__(self, http: httpx.Client, url: str, console: Console) -> None:
        self.token = f"demo-{uuid4().hex[:12]}"
        self._http = http
        self._url = url
        self._console = console
        self._wanted: dict[str, str] = {}
        self._offer: dict[str, str] = {}

    def look_up(self) -> None:
        self._title(1, "What can be booked, and with whom")
        customer_type = self._get("/config/customer-types")[0]
        filters = {"isCustomer": "true", "customerCategoryId": customer_type["id"]}
        topic = self._get("/bookme/meeting-topics", filters)[0]
        self._get("/config/employees")
        self._get("/config/rooms")
        self._wanted = {"topic": topic["id"], "customerTypeId": customer_type["id"]}

    def search(self) -> list[dict[str, str]]:
        self._title(2, "Which times are free")
        query = {"requireEmployeeParticipation": "false", "lookForwardTime": "P14D", "isCustomerInitiated": "true"}
        offers: list[dict[str, str]] = self._get("/bookme/time-slots/available", query | self._wanted)
        return offers

    def reserve(self, offers: list[dict[str, str]]) -> dict[str, str]:
        """Hold the first offered time slot that no other client has taken since the search."""
        self._title(3, "Hold one of them")
        for offer in offers:
            fields = ("startDate", "endDate", "employeeId", "roomId")
            slot = {"status": "Reserved"} | {name: offer[name] for name in fields if offer.get(name)}
            reservation = {"timeSlot": slot, "customerId": CUSTOMER, "token": self.token}
            answer = self._send("POST", "/bookme/time-slots/reserve", json=reservation)
            if answer.status_code != CONFLICT:
                self._offer = offer
                return dict(self._require(answer))
        raise StackError("No time is free in the next two weeks: `bookme dev --fresh` starts with empty calendars.")

    def book(self, slot: Mapping[str, str]) -> None:
        self._title(4, "Keep it")
        operations = [{"op": "replace", "path": "/status", "value": "Booked"}]
        path = f"/bookme/time-slots/{slot['id']}?reservationToken={self.token}"
        self._require(self._send("PATCH", path, json=operations))

    def create_meeting(self, slot: Mapping[str, str]) -> dict[str, str]:
        self._title(5, "Create the meeting")
        meeting = {
            "bookedBy": "customer",
            "customerTypeId": self._wanted["customerTypeId"],
            "timeSlotId": slot["id"],
            "type": self._offer["meetingType"],
            "topicId": self._wanted["topic"],
            "employeeId": slot["employeeId"],
            "customerId": CUSTOMER,
            "title": "A first talk",
            "description": "Booked by `bookme demo`.",
        } | ({"roomId": slot["roomId"]} if slot.get("roomId") else {})
        return dict(self._require(self._send("POST", "/bookme/meetings", json=meeting)))

    def download(self, meeting: Mapping[str, str]) -> str:
        self._title(6, "Put it into a calendar")
        path = f"/bookme/meetings/{meeting['id']}/ical"
        answer = self._send("POST", path, headers={"Accept": "text/calendar"}, json={"title": "A first talk"})
        if not answer.is_success:
            raise StackError(f"POST {path} was refused: {_refusal(answer)}")
        return answer.text

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        found = self._require(self._send("GET", path, params=query))
        if not found:
            raise StackError(f"GET {path} found nothing: `bookme seed` adds demo data.")
        return found

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
        answer = _sent(lambda: self._http.request(method, path, **options), self._url)
        milliseconds = f"{answer.elapsed.total_seconds() * 1000:.0f} ms"
        self._console.print(f"  [bold]{method}[/] {escape(answer.request.url.raw_path.decode())}")
        if "json" in options:
            self._console.print(f"    → {escape(_short(options['json']))}")
        content = answer.json() if "json" in answer.headers.get("content-type", "") else f"{len(answer.content)} bytes"
        self._console.print(f"    ← {answer.status_code} {escape(_short(content))} [dim]{milliseconds}[/]")
        return answer

    def _require(self, answer: httpx.Response) -> Json:
        if answer.is_success:
            return answer.json()
        raise StackError(f"{answer.request.method} {answer.request.url.path} was refused: {_refusal(answer)}")

    def _title(self, number: int, text: str) -> None:
        self._console.print(f"[bold cyan]{number}. {text}[/]")


def _http(url: str, token: str | None = None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # A server on loopback is not behind the proxy that the environment may name.
    trust_env = httpx.URL(url).host not in {LOOPBACK, "localhost"}
    return httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=trust_env)


def _sent(send: Callable[[], httpx.Response], url: str) -> httpx.Response:
    try:
        return send()
    except httpx.RequestError as error:
        problem = str(error) or type(error).__name__
        raise StackError(f"No BookMe answers at {url} ({problem}): start one with `bookme dev`.") from error


def _refusal(answer: httpx.Response) -> str:
    """Return status and text of an error. BookMe has the text in `detail`, an OAuth2 issuer in `error_description`."""
    try:
        body = answer.json()
        words = body.get("detail") or body.get("message") or body.get("error_description")
    except (ValueError, AttributeError):
        words = None
    return f"{answer.status_code} {words or answer.reason_phrase}"


def _short(content: Json) -> str:
    """Return the content on one line. A list is shortened to its first entry and its length."""
    if isinstance(content, list) and len(content) > 1:
        return f"{_short(content[0])} and {len(content) - 1} more"
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}…"
