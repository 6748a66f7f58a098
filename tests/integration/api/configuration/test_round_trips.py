"""What the configuration answers it also accepts: every resource is read and sent back as it was answered."""

from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devstack.demo_data import CITY, ODENSE
from storage.database import Database
from storage.tables.organisation import OrganisationRow
from tests.integration.api.support import CUSTOMER_TYPE, FREJA, NEW_EMPLOYEE, ROOM, TOPIC, ok
from tests.support.clients import ApiClient, Json

CONFIG: Final = "/bookme/config"
ORGANISATION: Final = f"{CONFIG}/organization"
LONGEST_WRITABLE: Final = timedelta(days=36_500)

NAMES: Final = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=40)
MEETING_TYPES: Final = st.lists(st.sampled_from(["physical", "online", "telephone", "offsite"]), unique=True)


def written(duration: timedelta) -> st.SearchStrategy[str]:
    """The forms of a duration that are accepted."""
    days, seconds = duration.days, duration.seconds
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    forms = [f"P{days}DT{seconds}S", f"PT{seconds // 60 + days * 1440}M{seconds % 60}S"]
    return st.sampled_from(forms + ([f"{days}.{clock}"] if days <= 99_999 else []))


def durations(least: timedelta, most: timedelta) -> st.SearchStrategy[str]:
    seconds = st.integers(int(least.total_seconds()), int(most.total_seconds()))
    return seconds.map(lambda each: timedelta(seconds=each)).flatmap(written)


def hours(most: int) -> st.SearchStrategy[str]:
    return durations(timedelta(0), timedelta(hours=most))


def made(strategy: st.SearchStrategy[Any], count: int = 15) -> list[Any]:
    """Some values of the strategy, the same in every run."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(strategy)
    def collect(value: Any) -> None:  # noqa: ANN401 - whatever is made
        found.append(value)

    collect()
    return found


WORKDAY: Final = st.fixed_dictionaries(
    {
        "from": st.sampled_from(["00:00", "07:59:59", "08:00:00"]),
        "to": st.sampled_from(["12:00", "23:59:59", "00:00:00"]),
        "location": st.sampled_from([CITY, ODENSE]),
        "meetingTypes": MEETING_TYPES,
    }
)
DAYS: Final = st.lists(st.sampled_from(["Monday", "tuesday", "SUNDAY"]), unique=True, max_size=3)
AFTERNOON: Final = {"from": "12:00", "to": "17:30", "location": ODENSE, "meetingTypes": ["online"]}


def week_of(days: list[str]) -> st.SearchStrategy[list[Json]]:
    return st.tuples(*(WORKDAY for _ in days)).map(
        lambda hours: [{"dayOfWeek": day, **span} for day, at in zip(days, hours, strict=True) for span in _spans(at)]
    )


def _spans(at: Json) -> list[Json]:
    """Mornings have an afternoon that touches them, told first."""
    return [AFTERNOON, at] if at["to"] == "12:00" else [at]


WEEK: Final = DAYS.flatmap(week_of)
SKILLS: Final = st.fixed_dictionaries(
    {}, optional={"topics": st.sampled_from([[], [TOPIC]]), "customerTypes": st.sampled_from([[], [CUSTOMER_TYPE]])}
)
CAP: Final = durations(timedelta(0), LONGEST_WRITABLE)

RESOURCES: Final[dict[str, st.SearchStrategy[Json]]] = {
    f"{CONFIG}/employees": st.builds(
        lambda **made: NEW_EMPLOYEE | made.pop("skills") | made,
        skills=SKILLS,
        displayName=NAMES,
        maxMeetingTimePerDay=CAP,
        workdays=WEEK,
        canBeBooked=st.booleans(),
    ),
    f"{CONFIG}/rooms": st.fixed_dictionaries({"name": NAMES, "location": st.just(CITY), "canBeBooked": st.booleans()}),
    f"{CONFIG}/locations": st.fixed_dictionaries(
        {
            "id": st.from_regex(r"new-[A-Za-z0-9._-]{8}", fullmatch=True),
            "displayName": NAMES,
            "requireAvailableRoom": st.booleans(),
        }
    ),
    "/bookme/meeting-topics": st.fixed_dictionaries(
        {"name": NAMES, "uniqueTopicId": NAMES, "order": st.integers(-(2**31), 2**31 - 1) | st.none()},
        optional={"parentId": st.sampled_from([TOPIC, "", None])},
    ),
    "/config/customer-types": st.fixed_dictionaries({"name": NAMES}),
    f"{CONFIG}/competence-groups": st.builds(
        lambda skills, name: {"name": name, "members": [FREJA], **skills}, SKILLS, NAMES
    ),
    f"{CONFIG}/service-groups": st.builds(
        lambda skills, name, types, cap: {
            "name": name,
            "trigger": skills,
            "serviceLevel": {"meetingTypes": types, "locations": [CITY]},
            "maxMeetingTimePerDay": cap,
        },
        *(SKILLS, NAMES, MEETING_TYPES, CAP),
    ),
    f"{CONFIG}/calendars": st.fixed_dictionaries({"employeeId": st.just(FREJA), "name": NAMES}),
}


async def patched(client: ApiClient, path: str, values: Json) -> Json:
    operations = [{"op": "add", "path": f"/{name}", "value": value} for name, value in values.items()]
    return ok(await client.http.patch(path, json=operations, headers=client.headers))


@pytest.mark.parametrize("path", RESOURCES)
async def test_what_is_answered_is_accepted(operator: ApiClient, path: str) -> None:
    for body in made(RESOURCES[path]):
        answered = ok(await operator.post(path, body))
        one = f"{path}/{answered['id']}"
        assert ok(await operator.get(one)) == answered
        assert await patched(operator, one, answered) == answered
        assert (await operator.http.delete(one, headers=operator.headers)).status_code == 204
        assert ok(await operator.post(path, answered)) == answered
        assert (await operator.http.delete(one, headers=operator.headers)).status_code == 204


SETTINGS: Final = st.fixed_dictionaries(
    {},
    optional={
        "maxTimeFromBookingToMeeting": durations(timedelta(days=31), timedelta(days=3650)),
        "maxMeetingTimePerDay": durations(timedelta(days=1), LONGEST_WRITABLE),
        "bufferBetweenMeetings": hours(24),
        "workingTimeBuffer": hours(24 * 31),
        "slotInterval": st.sampled_from(["00:05", "PT15M", "PT45M", "P1D"]),
        "defaultDuration": durations(timedelta(seconds=1), timedelta(days=1)),
        "defaultLookForwardTime": durations(timedelta(seconds=1), timedelta(days=31)),
        "maxLookForwardTime": durations(timedelta(days=31), timedelta(days=366)),
        "name": NAMES,
        "calendarTitle": NAMES | st.none(),
    },
)


async def test_settings_that_are_answered_are_accepted(operator: ApiClient) -> None:
    for values in made(SETTINGS, 40):
        answered = await patched(operator, ORGANISATION, values) if values else ok(await operator.get(ORGANISATION))
        assert ok(await operator.get(ORGANISATION)) == answered
        assert await patched(operator, ORGANISATION, answered) == answered


@pytest.mark.parametrize("field", ["defaultDuration", "defaultLookForwardTime", "maxLookForwardTime", "slotInterval"])
@pytest.mark.parametrize("value", ["P1Y", "PT0.5S", "P999999D", "PT600.25S"])
async def test_a_duration_that_could_not_be_answered_locks_nothing(operator: ApiClient, field: str, value: str) -> None:
    operations = [{"op": "add", "path": f"/{field}", "value": value}]
    answer = await operator.http.patch(ORGANISATION, json=operations, headers=operator.headers)
    assert answer.status_code == 400, answer.text
    await patched(operator, ORGANISATION, {"name": "Still open"})


async def test_closing_days_priority_levels_and_webhooks_too(operator: ApiClient) -> None:
    for day in ({"date": "2199-12-24", "name": "Christmas Eve"}, {"date": "2000-01-01"}):
        answered = ok(await operator.post(f"{CONFIG}/closing-days", day))
        path = f"{CONFIG}/closing-days/{answered['date']}"
        assert (await operator.http.delete(path, headers=operator.headers)).status_code == 204
        assert ok(await operator.post(f"{CONFIG}/closing-days", answered)) == answered
    path = f"{CONFIG}/advisor-priority-levels"
    levels = ok(await operator.get(path))
    assert ok(await operator.http.put(path, json=levels, headers=operator.headers)) == levels


CONTRADICTIONS: Final[list[tuple[Json, str]]] = [
    ({"maxLookForwardTime": "6.00:00:00"}, "defaultLookForwardTime"),
    ({"defaultLookForwardTime": "32.00:00:00"}, "maxLookForwardTime"),
    ({"workingTimeBuffer": "P3D", "maxTimeFromBookingToMeeting": "P2D"}, "workingTimeBuffer"),
    ({"maxMeetingTimePerDay": "00:30"}, "defaultDuration"),
    ({"defaultDuration": "05:00", "maxMeetingTimePerDay": "04:00"}, "maxMeetingTimePerDay"),
    ({"openingTime": "10:00", "closingTime": "10:45"}, "must fit between openingTime"),
    ({"openingTime": "10:15", "closingTime": "11:15", "slotInterval": "01:00"}, "must fit between openingTime"),
    ({"openingTime": "16:00", "slotInterval": "P1D"}, "must fit between openingTime"),
]


@pytest.mark.parametrize(("values", "said"), CONTRADICTIONS)
async def test_contradictory_settings_are_refused(operator: ApiClient, values: Json, said: str) -> None:
    operations = [{"op": "add", "path": f"/{name}", "value": value} for name, value in values.items()]
    before = ok(await operator.get(ORGANISATION))
    answer = await operator.http.patch(ORGANISATION, json=operations, headers=operator.headers)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["message"]
    assert ok(await operator.get(ORGANISATION)) == before


async def test_stored_settings_that_contradict_each_other_can_be_corrected(
    operator: ApiClient, configurable: Database
) -> None:
    async with configurable.transaction() as session:
        await session.execute(sa.update(OrganisationRow).values(max_look_forward=timedelta(days=1)))
    assert ok(await operator.get(ORGANISATION))["maxLookForwardTime"] == "P1D"
    answer = await operator.http.patch(
        ORGANISATION, json=[{"op": "add", "path": "/name", "value": "Other"}], headers=operator.headers
    )
    assert "defaultLookForwardTime" in answer.json()["message"]
    assert (await patched(operator, ORGANISATION, {"maxLookForwardTime": "P31D"}))["maxLookForwardTime"]


@pytest.mark.parametrize(
    "levels",
    [
        [{"capacity": "ServiceGroup"}, {"capacity": "ServiceGroup", "label": "far"}],
        [{"capacity": "Local"}, {"capacity": "ServiceGroup"}, {"capacity": "Explicit"}],
        [{"capacity": "Local"}, {"capacity": "local"}],
    ],
)
async def test_a_priority_level_that_could_never_count_is_refused(operator: ApiClient, levels: list[Json]) -> None:
    path = f"{CONFIG}/advisor-priority-levels"
    answer = await operator.http.put(path, json=levels, headers=operator.headers)
    assert answer.status_code == 400, answer.text


async def test_a_topic_is_never_above_itself(operator: ApiClient) -> None:
    ids: list[str] = []
    for name in ("top", "middle", "low"):
        parent = {"parentId": ids[-1]} if ids else {}
        ids.append(
            ok(await operator.post("/bookme/meeting-topics", {"name": name, "uniqueTopicId": name, **parent}))["id"]
        )
    for parent_id in ids:
        operations = [{"op": "add", "path": "/parentId", "value": parent_id}]
        path = f"/bookme/meeting-topics/{ids[0]}"
        answer = await operator.http.patch(path, json=operations, headers=operator.headers)
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "day", [86400, 86400.0, "86400", "20261224", "2026-W52-4", "2026-12-24T00:00:00", "2026-02-30", True, None]
)
async def test_a_closing_day_is_a_date(operator: ApiClient, day: object) -> None:
    answer = await operator.post(f"{CONFIG}/closing-days", {"date": day})
    assert answer.status_code == 400, answer.text
    if isinstance(day, str):
        assert (await operator.get(f"{CONFIG}/closing-days", **{"from": day})).status_code == 400
        path = f"{CONFIG}/closing-days/{day}"
        assert (await operator.http.delete(path, headers=operator.headers)).status_code == 404


@pytest.mark.parametrize("number", [0, 3600, 3600.5, "3600", "-60", True])
async def test_no_time_of_day_or_duration_is_a_number(operator: ApiClient, number: object) -> None:
    duration_fields = ["bufferBetweenMeetings", "defaultDuration", "maxLookForwardTime", "maxMeetingTimePerDay"]
    for field in ("openingTime", "closingTime", *duration_fields):
        operations = [{"op": "add", "path": f"/{field}", "value": number}]
        answer = await operator.http.patch(ORGANISATION, json=operations, headers=operator.headers)
        assert answer.status_code == 400, (field, answer.text)


async def test_no_time_is_a_number(operator: ApiClient) -> None:
    for number in (1_800_000_000, "1800000000", 1.8e9, True):
        slot = {"startDate": number, "endDate": number, "status": "Reserved", "employeeId": FREJA, "roomId": ROOM}
        answer = await operator.post("/bookme/time-slots/reserve", {"timeSlot": slot, "token": "a-token"})
        assert answer.status_code == 400, answer.text


async def test_messages_name_values_as_documented(operator: ApiClient) -> None:
    slot = {"startDate": "2199-01-07T09:00:00Z", "endDate": "2199-01-07T10:00:00Z", "status": "Busy"}
    answer = await operator.post("/bookme/time-slots/reserve", {"timeSlot": slot, "token": "a-token"})
    assert "'Reserved'" in answer.json()["message"]
    answer = await operator.http.patch(
        "/bookme/time-slots/0f8fad5b-d9cb-469f-a165-70867728950e",
        json=[{"op": "replace", "path": "/status", "value": "Done"}],
        headers=operator.headers,
    )
    assert "'Booked'" in answer.json()["message"]
