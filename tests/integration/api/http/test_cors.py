"""Web pages of allowed origins call the API from a browser, and read errors too; other pages do not."""

from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from api.middleware.admission import Lane, RequestKind
from api.middleware.cors import EXPOSED, SENT
from api.middleware.limits import RateLimit
from config.settings import Settings
from tests.integration.api.support import RESERVE, SEARCH, problem
from tests.support import documented_answers
from tests.support.clients import ApiClient

SHOP: Final = "https://shop.example"
OTHER: Final = "https://evil.example"
PATH: Final = "/bookme/time-slots/reserve"
SHOWN_ALWAYS: Final = {"Accept", "Accept-Encoding", "Last-Modified"}
"""Headers of answers that browsers show in any case, or that only say what a request should have been."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cors_origins": (SHOP,)})


async def preflight(http: httpx.AsyncClient, origin: str, **more: str) -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"} | more
    return await http.request("OPTIONS", PATH, headers=headers)


async def test_a_preflight_needs_no_token_and_is_not_counted(app: FastAPI, http: httpx.AsyncClient) -> None:
    app.state.rate_limit = RateLimit("1/minute")
    asked = {"Access-Control-Request-Headers": "authorization, content-type, idempotency-key, bookme-end-user"}
    for _ in range(3):
        answer = await preflight(http, SHOP, **asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-max-age"] == "7200"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pages_of_other_origins_are_not_allowed(http: httpx.AsyncClient) -> None:
    for origin in (OTHER, "null", f"{SHOP}.evil.example", SHOP.upper()):
        answer = await preflight(http, origin)
        assert answer.status_code == 400
        assert "access-control-allow-origin" not in answer.headers
        answer = await http.get("/config/rooms", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]


async def failing(app: FastAPI, client: ApiClient, status: int) -> httpx.Response:
    """An answer with this status to a request of a page."""
    page = ApiClient(client.http, client.headers | {"Origin": SHOP})
    match status:
        case 401:
            return await SEARCH.call(ApiClient(client.http, {"Origin": SHOP}))
        case 413:
            return await RESERVE.call(page, json={"token": "x" * 300_000})
        case 429:
            app.state.rate_limit = RateLimit("1/minute")
            await SEARCH.call(page)
        case 503:
            full = Lane(RequestKind.SEARCH, in_flight=0, at_once=1, seconds=1)
            app.state.lanes = {**app.state.lanes, RequestKind.SEARCH: full}
        case _:

            async def bug() -> None:
                raise ZeroDivisionError

            app.add_api_route("/bug", bug)
            return await client.http.get("/bug", headers={"Origin": SHOP})
    return await SEARCH.call(page)


@pytest.mark.parametrize("status", [401, 413, 429, 500, 503])
async def test_a_page_reads_errors(app: FastAPI, http: httpx.AsyncClient, status: int) -> None:
    client = await ApiClient.authorised(http, "demo")
    answer = await failing(app, client, status)
    problem(answer, status)
    assert answer.headers["access-control-allow-origin"] == SHOP
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Link", "Retry-After", "RateLimit", "X-Request-Id"} <= set(exposed)


def parameters(document: dict[str, Any]) -> set[str]:
    """The headers that operations take."""
    every = [operation.get("parameters", ()) for path in document["paths"].values() for operation in path.values()]
    return {each["name"] for some in every for each in some if each["in"] == "header"}


def test_pages_may_send_and_read_all_headers_of_the_document() -> None:
    document = documented_answers.document()
    assert parameters(document) <= set(SENT)
    assert set(document["components"]["headers"]) - SHOWN_ALWAYS <= set(EXPOSED)


class TestEveryOrigin:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"cors_origins": ("*",)})

    async def test_any_page_is_allowed_and_sends_no_cookies(self, http: httpx.AsyncClient) -> None:
        for answer in (await preflight(http, OTHER), await http.get("/config/rooms", headers={"Origin": OTHER})):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers


class TestOffByDefault:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"cors_origins": ()})

    async def test_no_page_is_allowed(self, http: httpx.AsyncClient) -> None:
        assert Settings.model_fields["cors_origins"].default == ()
        answer = await preflight(http, SHOP)
        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("origins", "cause"),
    [
        (["https://shop.example/"], "no path"),
        (["https://shop.example:443"], "no default port"),
        (["shop.example"], "must be an origin"),
        (["null"], "must be an origin"),
        (["https://*.example"], "must be an origin"),
        (["*", SHOP], "name no other origin"),
    ],
)
def test_origins_are_checked_at_the_start(origins: list[str], cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        Settings.model_validate({"cors_origins": origins})
