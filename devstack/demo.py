"""Books one meeting from end to end with the Python client, and shows each request and its answer."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import httpx
from bookme_client import BookMe, BookMeError, Hold, Meeting
from bookme_client.errors import Conflict
from bookme_client.models import AvailableTimeslot
from rich.console import Console
from rich.markup import escape

from config.errors import StackError
from devstack.tokens import http_to
from domain.messages.booking import BookingKey
from workflows.common.runs import workflow_id

CLIENT: Final = "demo"
CUSTOMER: Final = "demo-customer"
TWO_WEEKS: Final = timedelta(days=14)
WIDEST: Final = 200
Json = Any
Record = TypeVar("Record")


@dataclass(frozen=True)
class BookedMeeting:
    """Result of the demo: the meeting, its workflow and its calendar file (iCalendar text)."""

    meeting_id: str
    workflow_id: str
    calendar_file: str

    def link(self, ui_url: str) -> str:
        """Return the address of the booking's workflow in the Temporal UI."""
        return f"{ui_url}/namespaces/default/workflows/{self.workflow_id}"


def book(url: str, token: str, console: Console) -> BookedMeeting:
    """Book a meeting in six steps: look up, search, hold, confirm, create the meeting, download its calendar file.

    Raises:
        StackError: a step is refused, or finds nothing.

    """
    show = Transcript(console)
    with http_to(url) as http:
        http.event_hooks["response"] = [show.answer]
        try:
            hold, meeting, calendar_file = _journey(BookMe(url, token=token, http=http), show)
        except BookMeError as error:
            raise StackError(f"The journey ends here: {error}") from error
    return BookedMeeting(str(meeting.id), workflow_id(BookingKey(client_id=CLIENT, token=hold.token)), calendar_file)


def _journey(bookme: BookMe, show: "Transcript") -> tuple[Hold, Meeting, str]:
    show.title(1, "What can be booked, and with whom")
    customer_type = _first(bookme.customer_types())
    topic = _first(bookme.topics(customer_type_id=customer_type.id))
    bookme.employees()
    bookme.rooms()
    show.title(2, "Which times are free")
    offers = bookme.search(topic_id=topic.id, customer_type_id=customer_type.id, look_forward=TWO_WEEKS).all()
    show.title(3, "Hold one of them")
    hold = _hold_first(bookme, offers, customer_type.id)
    show.title(4, "Keep it")
    hold.confirm()
    show.title(5, "Create the meeting")
    meeting = hold.create_meeting(title="A first talk", description="Booked by `bookme demo`.")
    show.title(6, "Put it into a calendar")
    return hold, meeting, meeting.ics(title="A first talk")


def _hold_first(bookme: BookMe, offers: Sequence[AvailableTimeslot], customer_type_id: UUID) -> Hold:
    """Hold the first offered time slot that no other client has taken since the search."""
    token = f"demo-{uuid4().hex[:12]}"
    for offer in offers:
        with suppress(Conflict):
            return bookme.hold(offer, customer_id=CUSTOMER, customer_type_id=customer_type_id, token=token)
    raise StackError("No time is free in the next two weeks: `bookme dev --fresh` starts with empty calendars.")


def _first(found: Sequence[Record]) -> Record:
    if not found:
        raise StackError("There is nothing to book: `bookme seed` adds demo data.")
    return found[0]


class Transcript:
    """Prints each request of the journey with its answer."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, number: int, text: str) -> None:
        self._console.print(f"[bold cyan]{number}. {text}[/]")

    def answer(self, response: httpx.Response) -> None:
        """Print one request and its answer. A hook of httpx."""
        response.read()
        request = response.request
        milliseconds = f"{response.elapsed.total_seconds() * 1000:.0f} ms"
        self._console.print(f"  [bold]{request.method}[/] {escape(request.url.raw_path.decode())}")
        if request.content:
            self._console.print(f"    → {escape(_short(json.loads(request.content)))}")
        is_json = "json" in response.headers.get("content-type", "")
        content = response.json() if is_json else f"{len(response.content)} bytes"
        self._console.print(f"    ← {response.status_code} {escape(_short(content))} [dim]{milliseconds}[/]")


def _short(content: Json) -> str:
    """Return the content on one line. A list is shortened to its first entry and its length."""
    if isinstance(content, list) and len(content) > 1:
        return f"{_short(content[0])} and {len(content) - 1} more"
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}…"
