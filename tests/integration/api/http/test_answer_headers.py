"""Headers of answers for clients and gateways: the rate limit, deprecated parameters, and the language."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI

from api.middleware import deprecation
from api.middleware.deprecation import DEPRECATED, WHOLE, Deprecation
from config.settings import Settings
from tests.integration.api.support import (
    FEED,
    MARK_BOOKED,
    RESERVE,
    SEARCH,
    TOPIC,
    UNKNOWN,
    ok,
    problem,
    texts_of,
)
from tests.support import documented_answers
from tests.support.clients import ApiClient

LEFT: Final = re.compile(r'"(client|feed)";r=(\d+);t=(\d+)')
THEMES: Final = SEARCH.query | {"themeId": TOPIC}


@pytest.fixture
async def reader(http: httpx.AsyncClient) -> ApiClient:
    return await ApiClient.authorised(http, "demo", "bookme.read bookme.book bookme.config")


def left(answer: httpx.Response) -> tuple[str, int, int]:
    found = LEFT.fullmatch(answer.headers["ratelimit"])
    assert found, answer.headers
    return found[1], int(found[2]), int(found[3])


class TestRateLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limit": "5/minute", "feed_rate_limit": "2/minute"})

    async def test_every_counted_answer_says_what_is_left(self, reader: ApiClient) -> None:
        answers = [
            await SEARCH.call(reader),
            await RESERVE.call(reader, json={}),
            await MARK_BOOKED.call(reader),
            await reader.http.head("/config/rooms", headers=reader.headers),
            await reader.get("/bookme/time-slots"),
            *[await SEARCH.call(reader) for _ in range(2)],
        ]
        assert [each.status_code for each in answers] == [200, 400, 404, 200, 403, 429, 429]
        assert {each.headers["ratelimit-policy"] for each in answers} == {'"client";q=5;w=60'}
        assert [left(each)[1] for each in answers] == [4, 3, 2, 1, 0, 0, 0]
        assert all(0 < left(each)[2] <= 60 for each in answers)
        assert left(answers[-1])[2] == int(answers[-1].headers["retry-after"])

    async def test_simultaneous_requests_are_counted_one_by_one(self, reader: ApiClient) -> None:
        answers = await asyncio.gather(*(reader.get("/config/rooms") for _ in range(5)))
        assert {each.status_code for each in answers} == {200}
        assert min(left(each)[1] for each in answers) == 0

    async def test_an_answer_that_is_not_counted_says_nothing(self, http: httpx.AsyncClient) -> None:
        for path in ("/health/live", "/config/rooms", "/nothing", "/problems"):
            assert "ratelimit" not in (await http.get(path)).headers

    async def test_a_bug_is_counted_too(self, app: FastAPI, reader: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(app.state, "resources", None)
        answer = await reader.get("/config/rooms")
        problem(answer, 500)
        assert left(answer)[1] == 4

    async def test_a_feed_has_a_limit_of_its_own(self, reader: ApiClient) -> None:
        url = ok(await reader.post("/bookme/config/feeds", FEED))["url"]
        path = "/" + url.split("/", 3)[3]
        answers = [await reader.http.get(path) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert [left(each)[:2] for each in answers] == [("feed", 1), ("feed", 0), ("feed", 0)]


class TestDeprecation:
    def test_the_table_has_what_the_document_calls_deprecated(self) -> None:
        assert {name: set(parts) for name, parts in DEPRECATED.items()} == documented()

    async def test_its_use_is_answered_with_its_date(self, reader: ApiClient) -> None:
        answer = await SEARCH.call(reader, params=THEMES)
        assert (answer.status_code, answer.headers["deprecation"]) == (200, "@1795478400")
        assert "sunset" not in answer.headers, "its removal is not decided"
        refused = await SEARCH.call(reader, params=THEMES | {"limit": "x"})
        assert (refused.status_code, refused.headers["deprecation"]) == (400, "@1795478400")
        assert "deprecation" not in (await SEARCH.call(reader)).headers

    async def test_a_removal_that_is_decided_is_answered(
        self, reader: ApiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        decided = Deprecation(datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 2, 3, 4, 5, 6, tzinfo=UTC))
        monkeypatch.setattr(deprecation, "DEPRECATED", {"Rooms_all": {WHOLE: decided}})
        answer = await reader.get("/config/rooms")
        assert answer.headers["deprecation"] == "@1798761600"
        assert answer.headers["sunset"] == "Thu, 03 Feb 2028 04:05:06 GMT"


def documented() -> dict[str, set[str]]:
    """The deprecated parameters of each operation in the OpenAPI document."""
    found: dict[str, set[str]] = {}
    for path in documented_answers.document()["paths"].values():
        for operation in path.values():
            names = {each["name"] for each in operation.get("parameters", ()) if each.get("deprecated")}
            names |= {WHOLE} if operation.get("deprecated") else set()
            found |= {operation["operationId"]: names} if names else {}
    return found


class TestLanguage:
    @pytest.mark.parametrize(
        ("accepted", "language", "message"),
        [
            ("da-DK, da;q=0.9, en;q=0.5", "da", "Tiden '…' findes ikke."),
            ("en", "en", "The time slot '…' does not exist."),
            ("de", "en", "The time slot '…' does not exist."),
        ],
    )
    async def test_a_message_is_in_the_language_of_the_client(
        self, reader: ApiClient, accepted: str, language: str, message: str
    ) -> None:
        answer = await reader.http.get(
            f"/bookme/time-slots/{UNKNOWN}", headers=reader.headers | {"Accept-Language": accepted}
        )
        body = problem(answer, 404, "NOT_FOUND")
        assert (answer.headers["content-language"], answer.headers["vary"]) == (language, "Accept, Accept-Language")
        assert body["message"] == body["detail"] == message.replace("…", UNKNOWN)
        assert (body["reason"], body["code"], body["kind"]) == ("NOT_FOUND", "NOT_FOUND", "time slot")

    async def test_every_wrong_field_too(self, reader: ApiClient) -> None:
        body: dict[str, Any] = {"timeSlot": {"startDate": "tomorrow", "status": "Odd", "employeId": UNKNOWN}}
        headers = reader.headers | {"Accept-Language": "da"}
        refused = problem(await RESERVE.call(reader, json=body, headers=headers), 400)
        english = problem(await RESERVE.call(reader, json=body), 400)
        assert [each["pointer"] for each in refused["errors"]] == [each["pointer"] for each in english["errors"]]
        assert not set(texts_of(refused)) & set(texts_of(english))
        assert "skal udfyldes" in texts_of(refused)

    async def test_a_page_is_danish_for_danes(self, http: httpx.AsyncClient) -> None:
        page = await http.get("/problems/TIME_SLOT_TAKEN", headers={"Accept-Language": "da", "Accept": "text/html"})
        assert page.headers["content-language"] == "da"
        assert '<html lang="da">' in page.text
        assert "<h2>Det kan du gøre</h2>" in page.text
        assert "Cause" not in page.text

    async def test_a_refusal_of_a_workflow_is_translated_too(self, client: ApiClient) -> None:
        slot = (await client.search())[0]
        ok(await client.reserve(slot))
        answer = await (await client.as_another("other")).reserve(slot, **{"Accept-Language": "da"})
        assert problem(answer, 409, "TIME_SLOT_TAKEN")["message"].startswith(
            "Medarbejderen er optaget på det tidspunkt."
        )
