"""One line in the log for each request: what was asked by whom, how it ended, and nothing secret."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from api.auth.principals import Principal
from config.telemetry import AddRequestId, JsonFormatter
from tests.integration.api.support import new_token
from tests.support.clients import ApiClient

Lines = Callable[[], list[dict[str, Any]]]
SEARCH: Final = "/bookme/time-slots/available"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The access lines so far."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(AddRequestId())
    logger = logging.getLogger("api.access")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


async def test_an_answer_has_one_line(client: ApiClient, lines: Lines) -> None:
    slot = (await client.search())[0]
    answer = await client.reserve(slot, new_token(), **{"X-Request-Id": "visit-7"})
    line = lines()[-1]
    assert line.pop("ms") > 0
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "api.access",
        "message": "request",
        "method": "POST",
        "route": "/bookme/time-slots/reserve",
        "status": 200,
        "bytes": len(answer.content),
        "request": "visit-7",
        "client": "demo",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("GET", "/nothing/planted", 404, "unmatched"),
        ("GET", f"{SEARCH}?token=planted", 401, SEARCH),
        ("HEAD", f"{SEARCH}?token=planted", 401, SEARCH),
        ("DELETE", "/bookme/time-slots/planted", 401, "/bookme/time-slots/{id}"),
        ("GET", "/bookme/feeds/planted.ics", 404, "/bookme/feeds/{secret}.ics"),
    ],
)
async def test_a_line_names_the_route_and_no_path(
    http: httpx.AsyncClient, lines: Lines, method: str, path: str, status: int, route: str
) -> None:
    answer = await http.request(method, path)
    (line,) = lines()
    assert [line[name] for name in ("method", "route", "status", "client")] == [method, route, status, ""]
    assert line["bytes"] == len(answer.content)
    assert line["request"] == answer.headers["x-request-id"]
    assert "planted" not in json.dumps(line)


async def test_probes_are_logged_only_in_detail(http: httpx.AsyncClient, lines: Lines) -> None:
    await http.get("/health/live")
    assert lines() == []
    logging.getLogger("api.access").setLevel(logging.DEBUG)
    await http.get("/health/live")
    assert [(line["level"], line["route"]) for line in lines()] == [("DEBUG", "/health/live")]


@pytest.mark.parametrize(
    ("client_id", "subject", "shown"),
    [("shop", "shop", "shop"), ("a:b", "b", "a:b"), ("user:shop:anna@example.org", "anna@example.org", "user:shop")],
)
def test_a_line_names_the_client_and_no_user(client_id: str, subject: str, shown: str) -> None:
    assert Principal(client_id, subject, frozenset()).name_in_logs == shown
