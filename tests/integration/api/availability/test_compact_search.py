"""The compact results of a search over HTTP: the same time slots as the full ones, and their counts."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration.api.availability.test_search_pages import pages
from tests.integration.api.support import EVERY_SCOPE, FREJA, UNKNOWN, ok, problem
from tests.support.clients import ApiClient, Json, next_monday

PATH = "/bookme/time-slots/available"
QUERIES = (
    {"getBestTimeSlots": "false"},
    {"getBestTimeSlots": "true", "lookForwardTime": "P14D"},
    {"getBestTimeSlots": "false", "meetingTypes": "physical", "requireRoom": "true", "meetingDuration": "00:30"},
    {"getBestTimeSlots": "false", "explicitEmployeeIds": FREJA},
)


def asked(query: Json) -> Json:
    return {"requireEmployeeParticipation": "false", "startDate": next_monday().isoformat(), **query}


def expanded(answer: Json) -> Iterator[Json]:
    """The time slots, as the documentation says how to get them."""
    interval, duration = (as_duration(answer[name]) for name in ("slotInterval", "meetingDuration"))
    for day in answer["days"]:
        for offer in day["offers"]:
            for place, ranges in offer["starts"].items():
                for number in (each for first, last in ranges for each in range(first, last + 1)):
                    start = datetime.fromisoformat(day["firstStart"]) + number * interval
                    for meeting in offer["meetings"]:
                        yield {
                            "startDate": as_text(start),
                            "endDate": as_text(start + duration),
                            "employeeId": answer["employees"][int(place)],
                            "roomId": "",
                            "meetingTopicId": "",
                            **meeting,
                        }


def as_duration(text: str) -> timedelta:
    hours, minutes, seconds = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def as_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_order(slots: list[Json]) -> list[Json]:
    return sorted(slots, key=lambda each: sorted(each.items()))


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_the_ranges_are_the_time_slots(client: ApiClient, query: Json) -> None:
    await client.reserved()
    await client.booked()
    whole = [slot for page in await pages(client, asked(query)) for slot in page]
    compact = await client.get(f"{PATH}/compact", **asked(query))
    assert in_order(list(expanded(ok(compact)))) == in_order(whole)
    assert len(compact.content) * 3 < len((await client.get(PATH, **asked(query))).content)


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_the_days_are_counted(client: ApiClient, query: Json) -> None:
    await client.reserved()
    counted = ok(await client.get(f"{PATH}/days", **asked(query)))
    starts: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for slot in (each for page in await pages(client, asked(query)) for each in page):
        local = datetime.fromisoformat(slot["startDate"]).astimezone(ZoneInfo(counted["timeZone"]))
        starts[str(local.date())][slot["meetingType"]].add(slot["startDate"])
    for day in counted["days"]:
        offered: dict[str, set[str]] = starts.pop(day["date"], {})
        assert {name: number for name, number in day["byType"].items() if number} == {
            name: len(each) for name, each in offered.items()
        }
        assert day["timeSlots"] == len(set[str]().union(*offered.values()))
    assert not starts
    weekend = [day["timeSlots"] for day in counted["days"] if datetime.fromisoformat(day["date"]).isoweekday() == 7]
    assert set(weekend) == {0}, "days without time slots are counted too"


async def test_what_is_reserved_from_the_ranges_is_held(client: ApiClient) -> None:
    query = asked({"meetingTypes": "physical", "getBestTimeSlots": "true"})
    slot = next(expanded(ok(await client.get(f"{PATH}/compact", **query))))
    ok(await client.reserve(slot))


@pytest.mark.parametrize("path", [f"{PATH}/compact", f"{PATH}/days"])
@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ({"lookForwardTime": "P32D"}, 400, "/lookForwardTime"),
        ({"limit": "10"}, 400, "/limit"),
        ({"specificRooms": UNKNOWN}, 404, "/specificRooms"),
    ],
)
async def test_what_cannot_be_asked(client: ApiClient, path: str, query: Json, status: int, pointer: str) -> None:
    body = problem(await client.get(path, **asked(query)), status, "NOT_FOUND" if status == 404 else None)
    assert [error["pointer"] for error in body["errors"]] == [pointer]


async def test_an_organisation_that_offers_nothing(client: ApiClient) -> None:
    query = asked({}) | {"startDate": "2199-01-01T00:00:00Z"}
    compact = ok(await client.get(f"{PATH}/compact", **query))
    assert (compact["employees"], compact["days"]) == ([], [])
    assert ok(await client.get(f"{PATH}/days", **query))["days"] == []


async def test_staff_see_more(client: ApiClient) -> None:
    staff = await client.as_another("staff", EVERY_SCOPE)
    query = {"requireEmployeeParticipation": "false", "isCustomerInitiated": "false"}
    more, fewer = [ok(await each.get(f"{PATH}/days", **query))["days"] for each in (staff, client)]
    assert sum(day["timeSlots"] for day in more) >= sum(day["timeSlots"] for day in fewer)
