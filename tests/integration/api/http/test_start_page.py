"""The start page at `/`: for people a page without anything foreign, for programs the same links as JSON."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib import metadata
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from config.settings import Settings

BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
UI: Final = "https://temporal.example/ui"
EVERY_PAGE: Final = ["docs", "openapi.json", "problems", "health/ready", "health/live"]


class Page(HTMLParser):
    """The addresses in a page, and the elements that could load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.icons: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in {"href", "src", "action"}:
                (self.icons if tag == "link" else self.links).append(value or "")


async def test_a_browser_gets_a_page_that_loads_nothing(http: httpx.AsyncClient) -> None:
    answer = await http.get("/", headers={"Accept": BROWSER})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert page.links == EVERY_PAGE
    assert page.icons == ["data:,"]
    assert not page.tags & {"script", "img", "iframe", "form", "object", "embed"}
    assert f"Version {metadata.version('bookme')}." in answer.text


async def test_its_policy_allows_its_style_alone(http: httpx.AsyncClient) -> None:
    answer = await http.get("/", headers={"Accept": BROWSER})
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    nothing = dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert policy == nothing | {"style-src": f"'sha256-{digest}'", "img-src": "data:"}
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_every_link_leads_somewhere(http: httpx.AsyncClient) -> None:
    for link in Page((await http.get("/")).text).links:
        assert (await http.get(urljoin("/", link))).status_code == 200, link


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("image/png", "text/html"),
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.9", "application/json"),
        ("text/html;q=0.5, */*;q=0.8", "application/json"),
    ],
)
async def test_the_client_chooses(http: httpx.AsyncClient, accept: str | None, media_type: str) -> None:
    answer = await http.get("/", headers={} if accept is None else {"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert "Accept" in answer.headers["vary"]


async def test_a_program_gets_the_links(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/", headers={"Accept": "application/json"})).json()
    assert (answer["name"], answer["version"]) == ("BookMe", metadata.version("bookme"))
    assert [link["href"] for part in ("documentation", "state") for link in answer[part]] == EVERY_PAGE
    assert answer["operators"] == []


async def test_it_answers_head_and_nothing_else(http: httpx.AsyncClient) -> None:
    head = await http.head("/")
    assert (head.status_code, head.content) == (200, b"")
    assert (await http.post("/")).status_code == 405


class TestWithoutDocumentation:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"serve_docs": False})

    async def test_it_names_none(self, http: httpx.AsyncClient) -> None:
        assert Page((await http.get("/")).text).links == ["problems", "health/ready", "health/live"]


class TestWithAnInterface:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"temporal_ui_url": UI})

    async def test_operators_find_their_queries(self, http: httpx.AsyncClient) -> None:
        links = Page((await http.get("/")).text).links[len(EVERY_PAGE) :]
        assert len(links) == 10
        assert all(link.startswith(f"{UI}/namespaces/default/workflows?query=") for link in links)
        assert any('BookingStatus="Expired"' in parse_qs(urlsplit(link).query)["query"][0] for link in links)
        as_json = (await http.get("/", headers={"Accept": "application/json"})).json()
        assert [link["href"] for link in as_json["operators"]] == links

    async def test_it_says_nothing_secret(self, http: httpx.AsyncClient, settings: Settings) -> None:
        text = (await http.get("/")).text
        assert settings.database_url.get_secret_value() not in text
        assert settings.dev_issuer_secret.get_secret_value() not in text
        assert urlsplit(settings.database_url.get_secret_value()).netloc not in text
