"""A long search is paged, in one order; filters that contradict each other are refused."""

import httpx
import pytest

from tests.integration.api.support import ROOM, problem
from tests.support.clients import ApiClient, Json, next_monday

PATH = "/bookme/time-slots/available"


async def pages(client: ApiClient, query: dict[str, str]) -> list[list[Json]]:
    found: list[list[Json]] = []
    answer = await client.get(PATH, **query)
    while True:
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        if "next" not in answer.links:
            return found
        answer = await follow(client, answer)


async def follow(client: ApiClient, answer: httpx.Response) -> httpx.Response:
    return await client.http.get(answer.links["next"]["url"], headers=client.headers)


@pytest.mark.parametrize("best", ["true", "false"])
@pytest.mark.parametrize("limit", [7, 50])
async def test_pages_are_the_whole(client: ApiClient, best: str, limit: int) -> None:
    query = {
        "requireEmployeeParticipation": "false",
        "getBestTimeSlots": best,
        "startDate": next_monday().isoformat(),
        "lookForwardTime": "P1D",
    }
    whole = await client.search(**query)
    found = await pages(client, query | {"limit": str(limit)})
    assert [slot for page in found for slot in page] == whole
    assert {len(page) for page in found[:-1]} == {limit}
    assert len(found) > 1


async def test_the_end_of_a_search_from_now_stays_where_it_was(client: ApiClient) -> None:
    found = await pages(client, {"requireEmployeeParticipation": "false", "limit": "40"})
    assert len(found) > 2
    slots = [slot for page in found for slot in page]
    assert len({str(slot) for slot in slots}) == len(slots)


async def test_an_empty_parameter_stays_empty_on_the_next_page(client: ApiClient) -> None:
    query = {"requireEmployeeParticipation": "false", "topic": "", "startDate": next_monday().isoformat()}
    first, second, *_ = await pages(client, query | {"lookForwardTime": "P1D", "limit": "50"})
    assert first != second


@pytest.mark.parametrize("cursor", ["nonsense", "e30=", "WyIyMDI2LTExLTI0VDA5OjMwOjAwWiJd"])
async def test_a_foreign_cursor_is_refused(client: ApiClient, cursor: str) -> None:
    body = problem(await client.get(PATH, requireEmployeeParticipation="false", cursor=cursor), 400)
    assert body["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"specificRooms": ROOM, "meetingTypes": "online"}, "specificRooms"),
        ({"requireRoom": "true", "meetingTypes": "online,telephone"}, "requireRoom"),
        ({"limit": "0"}, "limit"),
        ({"limit": "10001"}, "limit"),
    ],
)
async def test_contradictions_are_refused(client: ApiClient, query: dict[str, str], parameter: str) -> None:
    body = problem(await client.get(PATH, requireEmployeeParticipation="false", **query), 400)
    assert body["errors"][0]["pointer"] == f"/{parameter}"
