"""The pages about problems at `/problems`, and the examples in them, which are real answers.

`BOOKME_RECORD_PROBLEMS=1 pytest -n0 …/test_problems.py` writes the examples anew.
"""

import json
import os
import re
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from api.problems.names import EXAMPLES, TEXTS, example_of, status_of
from config.settings import Settings
from domain.errors import Reason
from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.integration.api.http.problem_recipes import RECIPES, Stage
from tests.integration.api.support import CODES, problem
from tests.support import documented_answers
from tests.support.clients import ApiClient

FILE: Final = Path(str(resources.files("api.problems"))) / "examples.json"
BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VARYING: Final = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,32}|\d{4}-\d{2}-\d{2}T[\d:.]+Z|in \d+ s"
)
"""Ids, versions and times, which differ from run to run."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_webhooks": 1})


@pytest.fixture
def terms() -> BookingLimits:
    minutes = timedelta(minutes=5)
    return BookingLimits(minutes, minutes, max_holds=3, max_end_user_holds=2, max_renewals=2)


def without_varying(body: dict[str, Any]) -> str:
    return VARYING.sub("…", json.dumps(body, sort_keys=True))


@pytest.mark.parametrize("name", sorted(TEXTS))
async def test_each_example_is_a_real_answer(
    name: str, client: ApiClient, app: FastAPI, configurable: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await RECIPES[name](Stage(client, app, configurable, monkeypatch))
    body = problem(answer, status_of(name), name if name in Reason.__members__ else None)
    body.pop("type")
    if "BOOKME_RECORD_PROBLEMS" in os.environ:
        examples = json.loads(FILE.read_text()) | {name: body}
        FILE.write_text(json.dumps(dict(sorted(examples.items())), indent=2, ensure_ascii=False) + "\n")
    else:
        assert without_varying(body) == without_varying(dict(EXAMPLES[name]))


def test_every_reason_and_every_code_has_its_page() -> None:
    codes_without_reason = set(CODES.values()) - {"CONFLICT", "PRECONDITION_FAILED"}
    assert set(TEXTS) == set(Reason) | codes_without_reason == set(EXAMPLES) == set(RECIPES)


@pytest.mark.parametrize("name", sorted(TEXTS))
async def test_each_page_explains_its_problem(http: httpx.AsyncClient, name: str) -> None:
    path = urlsplit(example_of("http://bookme.test", name)["type"]).path
    page = await http.get(path, headers={"Accept": BROWSER})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "public, max-age=300"
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    assert name in page.text
    answer = await http.get(path, headers={"Accept": "application/json"})
    told = answer.json()
    text = TEXTS[name]
    assert (told["meaning"], told["cause"], told["action"]) == (text.meaning, text.cause, text.action)
    schema = {"$ref": "#/components/schemas/Problem", "components": documented_answers.document()["components"]}
    Draft202012Validator(schema).validate(told["example"])
    assert told["example"]["type"] == told["type"]
    assert (told["example"]["status"], told["example"]["code"]) == (told["status"], told["code"])


async def test_the_list_leads_to_every_page(http: httpx.AsyncClient) -> None:
    page = await http.get("/problems", headers={"Accept": BROWSER})
    links = re.findall(r'href="([^"]+)"', page.text)
    assert {urljoin("/problems", link) for link in links if link != "data:,"} == {f"/problems/{name}" for name in TEXTS}
    listed = (await http.get("/problems", headers={"Accept": "application/json"})).json()
    assert [each["status"] for each in listed] == sorted(each["status"] for each in listed)
    assert {each["name"] for each in listed} == set(TEXTS)


async def test_an_unknown_problem_is_not_found(http: httpx.AsyncClient) -> None:
    problem(await http.get("/problems/NO_SUCH_PROBLEM"), 404)
    assert (await http.head("/problems/GONE")).status_code == 200


class TestBehindAProxy:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"public_url": "https://api.example/booking/"})

    async def test_the_type_begins_with_the_public_address(self, http: httpx.AsyncClient) -> None:
        body = (await http.get("/config/rooms")).json()
        assert body["type"] == "https://api.example/booking/problems/UNAUTHORIZED"
        page = await http.get("/problems/UNAUTHORIZED", headers={"Accept": BROWSER})
        assert 'href="../problems"' in page.text
        assert body["type"] in page.text
