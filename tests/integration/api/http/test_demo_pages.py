"""The pages of the development stack at `/demo`: served with a strict policy, and nowhere else."""

from typing import Final

import httpx
import pytest

from config.settings import Settings
from devstack.stack import PAGES
from tests.integration.api.http.test_start_page import Page
from tests.support.clients import ApiClient

VISITOR: Final = "0a1b2c3d-visitor"
ADDRESSES: Final = ("/demo", "/demo/board", "/demo/assets/index.js")


async def test_production_serves_none(http: httpx.AsyncClient) -> None:
    for address in ADDRESSES:
        assert (await http.get(address)).status_code == 404
    assert (await http.post("/demo/token", params={"page": "booking", "visitor": VISITOR})).status_code == 404
    assert "demo" not in (await http.get("/")).text


def test_they_need_the_development_issuer() -> None:
    with pytest.raises(ValueError, match="BOOKME_DEMO_PAGES needs BOOKME_DEV_ISSUER"):
        Settings(demo_pages=PAGES, auth_issuer="https://login.example")


class TestInTheDevelopmentStack:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"demo_pages": PAGES})

    @pytest.mark.parametrize("address", ["/demo", "/demo/board"])
    async def test_a_page_runs_scripts_of_its_own_files_alone(self, http: httpx.AsyncClient, address: str) -> None:
        answer = await http.get(address)
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert [policy[name] for name in ("default-src", "script-src", "style-src")] == ["'none'", "'self'", "'self'"]
        assert answer.headers["cache-control"] == "private, no-cache"
        page = Page(answer.text)
        files = [link for link in (*page.links, *page.icons) if link != "data:,"]
        assert files
        for file in files:
            assert (await http.get(file)).status_code == 200, file

    async def test_the_start_page_links_them(self, http: httpx.AsyncClient) -> None:
        assert Page((await http.get("/")).text).links[:2] == ["demo", "demo/board"]

    async def test_each_visitor_is_a_client_of_its_own(self, http: httpx.AsyncClient) -> None:
        answer = await http.post("/demo/token", params={"page": "booking", "visitor": VISITOR})
        assert answer.headers["cache-control"] == "no-store"
        visitor = ApiClient(http, {"Authorization": f"Bearer {answer.json()['access_token']}"})
        assert (await visitor.get("/bookme/time-slots/held")).json() == []
        assert (await visitor.get("/bookme/time-slots")).status_code == 403

    @pytest.mark.parametrize(
        ("page", "visitor", "site", "status"),
        [
            ("nothing", VISITOR, "same-origin", 400),
            ("booking", "x", "same-origin", 400),
            ("booking", "demo visitor", "same-origin", 400),
            ("booking", VISITOR, "cross-site", 403),
            ("booking", VISITOR, "same-site", 403),
        ],
    )
    async def test_it_refuses(self, http: httpx.AsyncClient, page: str, visitor: str, site: str, status: int) -> None:
        query = {"page": page, "visitor": visitor}
        answer = await http.post("/demo/token", params=query, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == status
