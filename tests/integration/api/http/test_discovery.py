"""Documents that lead programs to the API: `/llms.txt`, and the API catalog of RFC 9727."""

import re

import httpx
import pytest

from config.settings import Settings


async def test_the_guide_for_models_has_the_form_of_llms_txt(http: httpx.AsyncClient, settings: Settings) -> None:
    answer = await http.get("/llms.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    title, summary = answer.text.split("\n\n")[:2]
    assert (title, summary[:2]) == ("# BookMe", "> ")
    for section in answer.text.split("\n## ")[1:]:
        assert all(re.match(r"- \[[^]]+\]\(http[^)]+\): ", line) for line in section.strip().split("\n")[2:])
    assert f"an access token of {settings.public_url} as" in answer.text


async def test_the_requests_of_the_guide_are_those_of_the_document(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"]
    named = re.findall(r"`(GET|POST|PATCH) (/[^?`\s]+)", (await http.get("/llms.txt")).text)
    assert len(named) == 8
    assert [(method, path) for method, path in named if method.lower() not in paths.get(path, {})] == []


async def test_the_catalog_leads_to_the_document(http: httpx.AsyncClient, settings: Settings) -> None:
    answer = await http.get("/.well-known/api-catalog")
    profile = "https://www.rfc-editor.org/info/rfc9727"
    assert answer.headers["content-type"] == f'application/linkset+json; profile="{profile}"'
    catalog, api = answer.json()["linkset"]
    assert [each["href"] for each in catalog["item"]] == [api["anchor"]] == [settings.public_url]
    for relation in ("service-desc", "service-doc", "status"):
        for link in api[relation]:
            found = await http.get(link["href"].removeprefix(settings.public_url))
            assert found.status_code in {200, 503}
            assert found.headers["content-type"].startswith(link["type"]) or found.status_code == 503


@pytest.mark.parametrize("path", ["/llms.txt", "/.well-known/api-catalog"])
async def test_both_answer_head_and_are_for_everybody(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "public, max-age=300"
    if path.startswith("/.well-known"):
        assert '</.well-known/api-catalog>; rel="api-catalog"' in answer.headers["link"]
