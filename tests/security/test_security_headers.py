"""Every answer tells browsers and caches to keep it to those whom it is for; the page of the documentation works."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from config.settings import Settings
from tests.integration.api.support import ENDPOINTS, EVERY_SCOPE, problem
from tests.support.clients import ApiClient

ALWAYS: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
CACHING: Final = ("no-store", "private, no-cache")


def check(answer: httpx.Response) -> None:
    missing = {name: text for name, text in ALWAYS.items() if answer.headers.get_list(name) != [text]}
    assert not missing, f"{answer.request.method} {answer.request.url}: {answer.headers}"
    assert answer.headers["cache-control"] == CACHING["etag" in answer.headers]


async def test_answers_of_every_operation(http: httpx.AsyncClient) -> None:
    staff = await ApiClient.authorised(http, "staff", EVERY_SCOPE)
    for endpoint in ENDPOINTS:
        check(await endpoint.call(ApiClient(http, {})))
        if endpoint.method == "GET":
            check(await endpoint.call(staff))


@pytest.mark.parametrize("path", ["/nowhere", "/health/live", "/metrics", "/openapi.json", "/bookme/feeds/x.ics"])
async def test_answers_that_need_no_token(http: httpx.AsyncClient, path: str) -> None:
    check(await http.get(path))
    check(await http.head(path))
    check(await http.patch(path))


async def test_what_a_client_has_is_not_sent_again(http: httpx.AsyncClient) -> None:
    staff = await ApiClient.authorised(http, "staff", EVERY_SCOPE)
    first = await staff.get("/bookme/config/organization")
    headers = staff.headers | {"If-None-Match": first.headers["etag"]}
    again = await http.get("/bookme/config/organization", headers=headers)
    assert again.status_code == 304
    check(again)


async def test_a_bug_too(app: FastAPI, http: httpx.AsyncClient) -> None:
    @app.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError

    answer = await http.get("/bug")
    assert answer.status_code == 500
    check(answer)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """An API that has nothing but its settings."""
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://bookme.test") as http:
        yield http


class TestHttps:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"public_url": "https://bookme.example"})

    async def test_browsers_use_it_for_a_year(self, http: httpx.AsyncClient) -> None:
        for path in ("/health/live", "/nowhere"):
            assert (await http.get(path)).headers["strict-transport-security"] == "max-age=31536000"


class TestDocumentation:
    async def test_the_page_runs_its_own_scripts_alone(self, http: httpx.AsyncClient) -> None:
        page = await http.get("/docs")
        policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
        (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert policy["script-src"] == f"'self' 'sha256-{digest}'"
        assert policy["connect-src"] == "'self'"
        assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")

    async def test_no_token_stays_in_the_browser(self, http: httpx.AsyncClient) -> None:
        assert re.search(r'"persistAuthorization": false', (await http.get("/docs")).text)

    async def test_tokens_come_from_the_issuer(self) -> None:
        async with serving(Settings(auth_issuer="https://issuer.example:8443/realms/bank")) as http:
            policy = (await http.get("/docs")).headers["content-security-policy"]
        assert "connect-src 'self' https://issuer.example:8443;" in policy

    @pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc", "/static-offline-docs/swagger-ui.css"])
    async def test_it_can_be_switched_off(self, path: str) -> None:
        async with serving(Settings(auth_issuer="https://issuer.example", serve_docs=False)) as http:
            check(answer := await http.get(path))
            problem(answer, 404)


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
async def test_the_documentation_answers_head(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
