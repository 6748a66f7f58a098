"""What one client may send, how much and how fast, and how requests are named."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from api.http import bodies
from config.settings import Settings
from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.integration.api.support import ENDPOINTS, SEARCH, WITH_BODY, Endpoint, ok, problem, rows
from tests.support.clients import ApiClient


@pytest.fixture
async def booker(http: httpx.AsyncClient) -> ApiClient:
    """Without a worker."""
    return await ApiClient.authorised(http, "demo", "bookme.read bookme.book bookme.config")


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
async def test_a_body_that_is_too_large(booker: ApiClient, endpoint: Endpoint, settings: Settings) -> None:
    body = b'["' + b"x" * settings.max_body_bytes + b'"]'
    headers = booker.headers | {"Content-Type": "application/json"}
    answer = await endpoint.call(booker, json=None, content=body, headers=headers)
    assert str(settings.max_body_bytes) in problem(answer, 413)["message"]

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    problem(await endpoint.call(booker, json=None, content=in_pieces(), headers=headers), 413)
    lying = headers | {"Content-Length": "9" * 5000}
    problem(await endpoint.call(booker, json=None, content=b"[]", headers=lying), 413)


async def test_a_body_just_within_the_limit(booker: ApiClient, settings: Settings) -> None:
    body = b'"' + b"x" * (settings.max_body_bytes - 2) + b'"'
    headers = booker.headers | {"Content-Type": "application/json"}
    problem(await WITH_BODY[0].call(booker, json=None, content=body, headers=headers), 400)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json", ""])
async def test_a_body_of_another_media_type(booker: ApiClient, media_type: str) -> None:
    headers = booker.headers | ({"Content-Type": media_type} if media_type else {})
    for endpoint in WITH_BODY:
        answer = await endpoint.call(booker, json=None, content=b"{}", headers=headers)
        assert "application/json" in problem(answer, 415)["message"]


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "application/json-patch+json", "Application/JSON"]
)
async def test_json_by_its_other_names(booker: ApiClient, media_type: str) -> None:
    headers = booker.headers | {"Content-Type": media_type}
    answer = await WITH_BODY[0].call(booker, json=None, content=b"{}", headers=headers)
    assert [error["pointer"] for error in problem(answer, 400)["errors"]] == ["/timeSlot", "/token"]


async def test_a_body_that_never_comes(booker: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT", 0.05)
    never = asyncio.Event()

    async def waiting() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    headers = booker.headers | {"Content-Type": "application/json"}
    problem(await WITH_BODY[0].call(booker, json=None, content=waiting(), headers=headers), 408)


async def test_a_body_that_breaks_off_is_not_acted_on(app: FastAPI, booker: ApiClient, database: Database) -> None:
    """What has come so far is a whole reservation; but perhaps not the one that was meant."""
    sent: list[Message] = []
    came: Iterator[Message] = iter(
        [{"type": "http.request", "body": b'{"token": "t"}', "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Message:
        return next(came)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in booker.headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/bookme/time-slots/reserve",
        "raw_path": b"/bookme/time-slots/reserve",
        "query_string": b"",
        "root_path": "",
        "headers": [*headers, (b"content-type", b"application/json")],
        "scheme": "http",
        "server": ("test", 80),
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert b"before it was complete" in sent[1]["body"]
    assert sum((await rows(database)).values()) == 0


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("GET", "/bookme"), ("POST", "/bookme/time-slots/x/y")]
)
async def test_where_there_is_nothing(booker: ApiClient, method: str, path: str) -> None:
    assert path in problem(await booker.http.request(method, path, headers=booker.headers), 404)["message"]


async def test_another_method(booker: ApiClient) -> None:
    for endpoint in ENDPOINTS:
        answer = await booker.http.request("TRACE", endpoint.path, headers=booker.headers)
        problem(answer, 405)
        assert endpoint.method in answer.headers["allow"].split(", ")


class TestRequestIds:
    async def test_the_requests_own_is_kept(self, booker: ApiClient) -> None:
        answer = await SEARCH.call(booker, headers=booker.headers | {"X-Request-Id": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"

    @pytest.mark.parametrize("given", ["", "x" * 65, "caf\u00e9"])
    async def test_else_it_is_given_one(self, booker: ApiClient, given: str) -> None:
        headers = booker.headers | {"X-Request-Id": given.encode()}
        first, second = [await SEARCH.call(booker, headers=headers) for _ in range(2)]
        assert first.headers["x-request-id"] != second.headers["x-request-id"]
        assert len(first.headers["x-request-id"]) == 32


class TestBugs:
    async def test_a_bug_says_its_request_and_nothing_else(
        self, app: FastAPI, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        @app.get("/bug")
        async def bug() -> None:
            raise ZeroDivisionError("a secret")

        answer = await http.get("/bug", headers={"X-Request-Id": "find-me"})
        body = problem(answer, 500)
        assert body["requestId"] == "find-me"
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        [logged] = [record for record in caplog.records if record.name == "api.http.errors"]
        assert logged.exc_info
        assert vars(logged)["request"] == "find-me"


class TestRateLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limit": "5/minute"})

    async def test_each_request_counts_once_and_for_its_client_alone(self, http: httpx.AsyncClient) -> None:
        client = await ApiClient.authorised(http, "demo", "bookme.read bookme.book bookme.config")
        for _ in range(5):
            headers = client.headers | {"Idempotency-Key": "key"}
            problem(await WITH_BODY[0].call(client, json={}, headers=headers), 400)
        answer = await SEARCH.call(client)
        problem(answer, 429)
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert (await SEARCH.call(await client.as_another("other"))).status_code == 200
        assert (await http.get("/health/live")).status_code == 200


class TestHolds:
    @pytest.fixture
    def terms(self) -> BookingLimits:
        return BookingLimits(reservation_ttl=timedelta(minutes=5), booked_ttl=timedelta(minutes=15), max_holds=2)

    async def test_no_client_may_hoard(self, client: ApiClient) -> None:
        first, _ = await client.reserved(), await client.reserved()
        refused = await client.reserve((await client.search())[0])
        assert problem(refused, 429, "TOO_MANY_HOLDS")["limit"] == 2
        other = await client.as_another("other")
        ok(await other.reserve((await other.search())[0]))
        await client.give_back(first["id"])
        ok(await client.reserve((await client.search())[0]))
