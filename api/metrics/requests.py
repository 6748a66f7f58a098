"""Metrics of requests that one process counts itself: refusals, reservations, searches."""

from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from prometheus_client import Counter, Histogram

from domain.errors import Reason

DAY: Final = timedelta(days=1)


class JourneyStep(StrEnum):
    """Steps of a customer's journey."""

    SEARCH = "search"
    RESERVE = "reserve"
    BOOK = "book"
    CREATE_MEETING = "create_meeting"


JOURNEY: Final = {
    ("GET", "/bookme/time-slots/available"): JourneyStep.SEARCH,
    ("GET", "/bookme/time-slots/available/compact"): JourneyStep.SEARCH,
    ("GET", "/bookme/time-slots/available/days"): JourneyStep.SEARCH,
    ("POST", "/bookme/time-slots/reserve"): JourneyStep.RESERVE,
    ("PATCH", "/bookme/time-slots/{id}"): JourneyStep.BOOK,
    ("POST", "/bookme/meetings"): JourneyStep.CREATE_MEETING,
}
"""The step that a request of this method and route takes. Staff also change busy times by the request of `BOOK`."""


class Outcome(StrEnum):
    """Outcome of a request by its status: 2xx, 4xx, 503, or another 5xx."""

    DONE = "done"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class SearchSize(StrEnum):
    """Size of a search in employee-days: the searched days of all employees whose data it reads."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


MOST_DAYS: Final = {SearchSize.SMALL: 100, SearchSize.MEDIUM: 1_000}
"""Maximum number of employee-days of each size. Larger searches are `LARGE`."""

REFUSALS: Final = Counter("bookme_refusals_total", "Requests refused for a reason of the domain.", ["reason"])
JOURNEY_REQUESTS: Final = Counter(
    "bookme_journey_requests_total", "Requests of customers' journeys, by step and outcome.", ["step", "outcome"]
)
RESERVE_SECONDS: Final = Histogram(
    "bookme_reserve_seconds", "Time to answer a request to reserve, in seconds.", ["outcome"]
)
SEARCH_SECONDS: Final = Histogram(
    "bookme_search_seconds", "Time to find the time slots of one search, in seconds.", ["size"]
)

# A series that began at its first event would hide this event from `rate` and `increase`.
for _outcome in Outcome:
    RESERVE_SECONDS.labels(_outcome)
    for _step in JourneyStep:
        JOURNEY_REQUESTS.labels(_step, _outcome)
for _reason in Reason:
    REFUSALS.labels(_reason)
for _size in SearchSize:
    SEARCH_SECONDS.labels(_size)


def note_journey(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request of the journey by its outcome, and record the time of a reservation. Ignore other requests."""
    step = JOURNEY.get((method, route))
    if step is None:
        return
    outcome = outcome_of(status)
    JOURNEY_REQUESTS.labels(step, outcome).inc()
    if step is JourneyStep.RESERVE:
        RESERVE_SECONDS.labels(outcome).observe(seconds)


def note_search(employees: int, window: timedelta, seconds: float) -> None:
    """Record the time of a search that read the data of so many employees for a window of this length."""
    days = employees * (window / DAY)
    size = next((size for size, most in MOST_DAYS.items() if days <= most), SearchSize.LARGE)
    SEARCH_SECONDS.labels(size).observe(seconds)


def outcome_of(status: int) -> Outcome:
    if status < HTTPStatus.BAD_REQUEST:
        return Outcome.DONE
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome.REFUSED
    return Outcome.UNAVAILABLE if status == HTTPStatus.SERVICE_UNAVAILABLE else Outcome.FAILED
