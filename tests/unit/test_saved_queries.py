"""Links of operators to the Temporal UI."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from workflows.common.saved_queries import query_url, saved_links, saved_queries

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def query_of(title: str, now: datetime = NOW) -> str:
    return next(each.query for each in saved_queries(now) if each.title == title)


def test_there_are_ten_questions_with_different_titles_and_queries() -> None:
    queries = saved_queries(NOW)
    assert len({each.title for each in queries}) == len({each.query for each in queries}) == 10
    assert all(each.explanation for each in queries)


@pytest.mark.parametrize(
    ("now", "from_", "to"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z"),
        (datetime(2026, 11, 23, 0, 30, tzinfo=COPENHAGEN), "2026-11-22T23:00:00Z", "2026-11-23T22:59:59Z"),
        # The clocks change on this day, which has 25 hours.
        (datetime(2026, 10, 25, 12, tzinfo=COPENHAGEN), "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"),
    ],
    ids=["UTC", "just after midnight", "end of summer time"],
)
def test_today_is_the_local_day(now: datetime, from_: str, to: str) -> None:
    assert f'SlotStart BETWEEN "{from_}" AND "{to}"' in query_of("Meetings today", now)
    assert f'CloseTime>="{from_}"' in query_of("Expired today", now)


def test_a_hold_is_overdue_now() -> None:
    assert 'HoldExpiresAt<"2026-11-23T12:00:00Z"' in query_of("Holds overdue")


def test_a_client_id_cannot_end_its_quotes() -> None:
    found = [each.query for each in saved_queries(NOW, client='a" OR "b\\', employee="e-1")]
    assert 'ClientId="a\\" OR \\"b\\\\"' in found
    assert any('EmployeeId="e-1"' in each for each in found)


@pytest.mark.parametrize("ui_url", ["https://ops.example/temporal", "https://ops.example/temporal/"])
def test_a_link_carries_the_whole_query(ui_url: str) -> None:
    for link in saved_links(ui_url, NOW, "book me"):
        parts = urlsplit(link.url)
        assert parts.path == "/temporal/namespaces/book%20me/workflows"
        assert parse_qs(parts.query) == {"query": [link.query]}


def test_reserved_characters_of_a_query_are_escaped() -> None:
    assert query_url("http://ui", 'a="1" & b=#+%').endswith("?query=a%3D%221%22%20%26%20b%3D%23%2B%25")
