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
from fastapi.routing import iter_route_contexts

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
PUBLIC: Final = re.compile(
    r"/docs|/openapi.json|/llms.txt|/.well-known/api-catalog|/static-offline-docs/.*|/problems(/.*)?"
)
"""What is the same for everybody."""
PAGES: Final = re.compile("/|/docs|/problems(/.*)?")
"""Pages have a content policy of their own, which allows their own styles."""


def check(answer: httpx.Response) -> None:
    path = answer.request.url.path
    has_own_policy = PAGES.fullmatch(path) and answer.headers.get("content-type", "").startswith("text/html")
    wanted = {name: text for name, text in ALWAYS.items() if not (has_own_policy and name.startswith("content"))}
    missing = {name: text for name, text in wanted.items() if answer.headers.get_list(name) != [text]}
    assert not missing, f"{answer.request.method} {answer.request.url}: {answer.headers}"
    (policy,) = answer.headers.get_list("content-security-policy")
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    is_public = PUBLIC.fullmatch(path) and answer.status_code in (200, 304)
    assert answer.headers.get_list("cache-control") == [
        "public, max-age=300" if is_public else CACHING["etag" in answer.headers]
    ]


async def test_answers_of_every_operation(http: httpx.AsyncClient) -> None:
    staff = await ApiClient.authorised(http, "staff", EVERY_SCOPE)
    for endpoint in ENDPOINTS:
        check(await endpoint.call(ApiClient(http, {})))
        if endpoint.method == "GET":
            check(await endpoint.call(staff))


OPEN: Final = (
    "/",
    "/nowhere",
    "/health/live",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/llms.txt",
    "/problems",
    "/problems/GONE",
    "/problems/nothing",
    "/static-offline-docs/swagger-ui.css",
    "/static-offline-docs/nothing.css",
    "/static-offline-docs",
    "/bookme/feeds/x.ics",
    "/.well-known/api-catalog",
    "/.well-known/openid-configuration",
    "/oauth2/jwks",
)


def test_no_route_is_left_out(app: FastAPI) -> None:
    known = {endpoint.path for endpoint in ENDPOINTS} | set(OPEN)
    templates = {"/bookme/feeds/{secret}.ics", "/problems/{name}", "/health/ready", "/oauth2/token"}
    paths = {route.path for route in iter_route_contexts(app.routes)}
    assert {path for path in paths if path is not None} - known - templates == {
        "/.well-known/oauth-authorization-server"
    }


@pytest.mark.parametrize("path", OPEN)
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

    @pytest.mark.parametrize(
        "path", ["/docs", "/llms.txt", "/openapi.json", "/redoc", "/static-offline-docs/swagger-ui.css"]
    )
    async def test_it_can_be_switched_off(self, path: str) -> None:
        async with serving(Settings(auth_issuer="https://issuer.example", serve_docs=False)) as http:
            check(answer := await http.get(path))
            problem(answer, 404)


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
async def test_the_documentation_answers_head(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
