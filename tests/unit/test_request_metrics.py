"""How requests and searches are counted."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from api.metrics.requests import Outcome, SearchSize, note_search, outcome_of


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DONE),
        (304, Outcome.DONE),
        (400, Outcome.REFUSED),
        (409, Outcome.REFUSED),
        (429, Outcome.REFUSED),
        (500, Outcome.FAILED),
        (503, Outcome.UNAVAILABLE),
    ],
)
def test_the_outcome_of_a_request(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


@pytest.mark.parametrize(
    ("employees", "days", "size"),
    [(10, 10, SearchSize.SMALL), (10, 11, SearchSize.MEDIUM), (500, 2, SearchSize.MEDIUM), (500, 3, SearchSize.LARGE)],
)
def test_the_size_of_a_search_is_in_employee_days(employees: int, days: int, size: SearchSize) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("bookme_search_seconds_count", {"size": size}) or 0

    before = counted()
    note_search(employees, timedelta(days=days), 0.01)
    assert counted() == before + 1
