"""The configuration over REST: what is changed is what the next search obeys."""

from uuid import uuid4

import pytest
import sqlalchemy as sa
from pydantic import JsonValue

from devstack.demo_data import CITY, identity
from storage.database import Database
from storage.tables.organisation import EmployeeRow, OrganisationRow, RoomRow
from tests.integration.api.configuration.records import CONFIG, FREJAS, delete, hours, listed, patch
from tests.integration.api.support import CUSTOMER_TYPE, FREJA, NEW_EMPLOYEE, ROOM, TOPIC, UNKNOWN, ok, problem
from tests.support.clients import ApiClient, Json

MONDAY: Json = {
    "dayOfWeek": "Monday",
    "from": "20:00:00",
    "to": "00:00:00",
    "location": CITY,
    "meetingTypes": ["online"],
}


MADE: list[tuple[str, Json, str, JsonValue]] = [
    ("employees", NEW_EMPLOYEE | {"displayName": "Ny Medarbejder"}, "displayName", "Somebody Else"),
    ("rooms", {"name": "New room", "location": CITY}, "canBeBooked", False),
    ("locations", {"id": "skagen", "displayName": "Skagen"}, "requireAvailableRoom", True),
    ("competence-groups", {"name": "Everything"}, "topics", [TOPIC]),
    ("service-groups", {"name": "Everywhere"}, "serviceLevel", {"locations": [CITY], "meetingTypes": ["online"]}),
]


@pytest.mark.parametrize(("kind", "body", "field", "value"), MADE, ids=[each[0] for each in MADE])
async def test_is_created_changed_listed_and_deleted(
    operator: ApiClient, kind: str, body: Json, field: str, value: JsonValue
) -> None:
    path = f"{CONFIG}/{kind}"
    made = ok(await operator.post(path, body))
    assert made.items() >= body.items()
    changed = await patch(operator, f"{path}/{made['id']}", **{field: value})
    assert changed == made | {field: value}
    assert ok(await operator.get(f"{path}/{made['id']}")) == changed
    assert changed in listed(await operator.get(path))
    await delete(operator, f"{path}/{made['id']}")
    problem(await operator.get(f"{path}/{made['id']}"), 404, "NOT_FOUND")
    await delete(operator, f"{path}/{made['id']}", 404)


@pytest.mark.parametrize("path", ["/bookme/meeting-topics", "/config/customer-types"])
async def test_topics_and_customer_types(operator: ApiClient, path: str) -> None:
    extra = {"uniqueTopicId": "brand-new"} if "topics" in path else {}
    made = ok(await operator.post(path, {"name": "Brand new", **extra}))
    assert (await patch(operator, f"{path}/{made['id']}", name="Newer"))["name"] == "Newer"
    assert ok(await operator.get(f"{path}/{made['id']}"))["name"] == "Newer"
    problem(await operator.post(path, {"name": "Newer", **extra}), 409, "ALREADY_EXISTS")
    await delete(operator, f"{path}/{made['id']}")


async def test_lists_are_paged(operator: ApiClient) -> None:
    answer = await operator.get(f"{CONFIG}/employees", limit="5")
    found = answer.json()
    while "next" in answer.links:
        answer = await operator.http.get(answer.links["next"]["url"], headers=operator.headers)
        found += answer.json()
    assert found == ok(await operator.get(f"{CONFIG}/employees"))
    assert len({each["id"] for each in found}) == len(found) > 10
    for path, cursor in (("employees", "nonsense"), ("locations", "\u0000"), ("locations", "x\ny")):
        problem(await operator.get(f"{CONFIG}/{path}", cursor=cursor), 400)


class TestAnEmployee:
    path = f"{CONFIG}/employees/{FREJA}"

    async def test_has_a_week(self, operator: ApiClient) -> None:
        before = await hours(operator)
        assert before
        changed = await patch(operator, self.path, workdays=[MONDAY])
        assert changed["workdays"] == [MONDAY | {"isAvailable": True}]
        after = await hours(operator)
        assert after
        assert not before & after
        await patch(operator, self.path, workdays=[MONDAY | {"isAvailable": False}])
        assert await hours(operator) == set()

    async def test_may_have_a_break(self, operator: ApiClient) -> None:
        morning, afternoon = (
            MONDAY | {"from": "09:00:00", "to": "12:00:00"},
            MONDAY | {"from": "13:00:00", "to": "15:00:00"},
        )
        changed = await patch(operator, self.path, workdays=[afternoon, morning])
        assert changed["workdays"] == [day | {"isAvailable": True} for day in (morning, afternoon)]
        assert len(await hours(operator)) == 5 + 3
        await patch(operator, self.path, workdays=[morning, afternoon | {"from": "12:00:00"}])
        assert len(await hours(operator)) == 11

    async def test_has_a_cap(self, operator: ApiClient) -> None:
        assert (await patch(operator, self.path, maxMeetingTimePerDay="00:30:00"))["maxMeetingTimePerDay"] == "00:30:00"
        assert await hours(operator) == set()
        await patch(operator, self.path, maxMeetingTimePerDay="1.00:00:00")
        assert await hours(operator)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"workdays": [MONDAY | {"to": "08:00:00"}]}, "over midnight"),
            ({"workdays": [MONDAY, MONDAY]}, "overlap"),
            ({"workdays": [MONDAY, MONDAY | {"from": "08:00:00", "to": "20:00:01"}]}, "overlap"),
            ({"workdays": [MONDAY, MONDAY | {"from": "23:59:59"}]}, "overlap"),
            ({"workdays": [MONDAY, MONDAY | {"from": "21:00:00", "to": "22:00:00", "isAvailable": False}]}, "overlap"),
            ({"workdays": [MONDAY | {"dayOfWeek": "Noday"}]}, "Monday"),
            ({"maxMeetingTimePerDay": "-01:00:00"}, "duration"),
            ({"id": UNKNOWN}, "cannot be changed"),
            ({"nonsense": 1}, "nonsense"),
        ],
    )
    async def test_is_refused_nonsense(self, operator: ApiClient, values: Json, said: str) -> None:
        assert said in (await patch(operator, self.path, 400, **values))["message"]
        assert await hours(operator)

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ({"topics": [UNKNOWN]}, "topic"),
            ({"customerTypes": [UNKNOWN]}, "customer type"),
            ({"location": "nowhere"}, "location"),
            ({"workdays": [MONDAY | {"location": "nowhere"}]}, "location"),
        ],
    )
    async def test_names_only_what_exists(self, operator: ApiClient, values: Json, kind: str) -> None:
        assert (await patch(operator, self.path, 404, **values))["kind"] == kind

    async def test_with_a_time_slot_stays(self, operator: ApiClient) -> None:
        await operator.reserved(**FREJAS)
        assert (await delete(operator, self.path, 409))["reason"] == "IN_USE"


@pytest.mark.parametrize(
    "path", [f"{CONFIG}/locations/{CITY}", f"/bookme/meeting-topics/{TOPIC}", f"/config/customer-types/{CUSTOMER_TYPE}"]
)
async def test_what_is_in_use_stays(operator: ApiClient, path: str) -> None:
    refused = await delete(operator, path, 409)
    assert refused["reason"] == "IN_USE"
    assert refused["usedBy"]


class TestCompetenceGroups:
    path = f"{CONFIG}/competence-groups"

    async def chain(self, operator: ApiClient, length: int) -> list[str]:
        ids: list[str] = []
        for level in range(length):
            parent = {"parentId": ids[-1]} if ids else {}
            ids.append(ok(await operator.post(self.path, {"name": f"Level {level}", **parent}))["id"])
        return ids

    async def test_nest_five_levels_deep(self, operator: ApiClient) -> None:
        ids = await self.chain(operator, 5)
        refused = problem(await operator.post(self.path, {"name": "Too deep", "parentId": ids[-1]}), 400)
        assert "5 levels" in refused["message"]
        assert len(ok(await operator.get(self.path))) == 5

    async def test_are_never_above_themselves(self, operator: ApiClient) -> None:
        top, middle, low = await self.chain(operator, 3)
        for parent in (top, middle, low):
            assert "above itself" in (await patch(operator, f"{self.path}/{top}", 400, parentId=parent))["message"]
        assert "parentId" not in ok(await operator.get(f"{self.path}/{top}"))

    async def test_a_parent_stays(self, operator: ApiClient) -> None:
        top, _ = await self.chain(operator, 2)
        assert (await delete(operator, f"{self.path}/{top}", 409))["reason"] == "IN_USE"

    async def test_make_their_members_competent(self, operator: ApiClient) -> None:
        liv, pension = str(identity("Liv Thorsen")), str(identity("pension"))
        query = {"explicitEmployeeIds": liv, "topic": pension}
        assert await operator.search(**query) == []
        ok(await operator.post(self.path, {"name": "Pensions", "topics": [pension], "members": [liv]}))
        assert await operator.search(**query)


class TestPriorityLevels:
    path = f"{CONFIG}/advisor-priority-levels"

    async def test_are_replaced(self, operator: ApiClient) -> None:
        usual = listed(await operator.get(self.path))
        assert [level["capacity"] for level in usual] == ["Explicit", "Local", "ServiceGroup"]
        wanted = [{"capacity": "ServiceGroup", "label": "far"}, {"capacity": "Local"}]
        answer = await operator.http.put(self.path, json=wanted, headers=operator.headers)
        assert listed(answer) == listed(await operator.get(self.path)) == wanted

    @pytest.mark.parametrize("wanted", [[{"capacity": "Local"}] * 2, [{"capacity": "Local", "label": "x"}], [{}]])
    async def test_refuse_nonsense(self, operator: ApiClient, wanted: list[Json]) -> None:
        problem(await operator.http.put(self.path, json=wanted, headers=operator.headers), 400)

    async def test_decide_who_is_offered(self, operator: ApiClient) -> None:
        """Service groups first: then it is Freja, who serves the harbour through one, and nobody who works there."""
        group = {
            "name": "Travelling",
            "label": "far",
            "serviceLevel": {"meetingTypes": ["online"], "locations": ["aarhus-harbour"]},
            "members": [FREJA],
        }
        ok(await operator.post(f"{CONFIG}/service-groups", group))
        query = {"customerLocation": "aarhus-harbour", "meetingTypes": "online"}
        assert FREJA not in {slot["employeeId"] for slot in (await operator.search(**query))[:3]}
        levels = [{"capacity": "ServiceGroup", "label": "far"}, {"capacity": "Local"}]
        ok(await operator.http.put(self.path, json=levels, headers=operator.headers))
        assert FREJA in {slot["employeeId"] for slot in await operator.search(**query)}


async def test_a_patch_applies_wholly_or_not_at_all(operator: ApiClient) -> None:
    path = f"{CONFIG}/rooms/{ROOM}"
    before = ok(await operator.get(path))
    operations = [
        {"op": "replace", "path": "/name", "value": "Elsewhere"},
        {"op": "test", "path": "/canBeBooked", "value": False},
    ]
    problem(await operator.http.patch(path, json=operations, headers=operator.headers), 400)
    assert ok(await operator.get(path)) == before


async def test_an_id_may_be_given(operator: ApiClient) -> None:
    body = {"id": str(uuid4()), "name": "Named", "location": CITY}
    assert ok(await operator.post(f"{CONFIG}/rooms", body))["id"] == body["id"]
    problem(await operator.post(f"{CONFIG}/rooms", body), 409, "ALREADY_EXISTS")


async def test_a_key_makes_one_record_of_one_client(operator: ApiClient) -> None:
    keyed = {"Idempotency-Key": "mine"}
    body = {"name": "Keyed", "location": CITY}
    first, repeated = [ok(await operator.post(f"{CONFIG}/rooms", body, **keyed)) for _ in range(2)]
    other = await operator.as_another("other-operator", "bookme.config")
    assert first["id"] == repeated["id"]
    assert ok(await other.post(f"{CONFIG}/rooms", body, **keyed))["id"] != first["id"]
    problem(await operator.post(f"{CONFIG}/rooms", body | {"name": "Other"}, **keyed), 409, "IDEMPOTENCY_KEY_REUSED")


class TestMailAddresses:
    """They are checked wherever one is configured."""

    NONE = ("freja", "freja@", "a@b.example,c@d.example", "Freja <a@b.example>", "å@b.example")

    async def test_what_is_none_is_refused(self, operator: ApiClient) -> None:
        bodies = {"employees": NEW_EMPLOYEE, "rooms": {"name": "New room", "location": CITY}}
        paths = (f"employees/{FREJA}", f"rooms/{ROOM}", "organization")
        for text in self.NONE:
            for kind, body in bodies.items():
                problem(await operator.post(f"{CONFIG}/{kind}", body | {"email": text}), 400)
            for path in paths:
                assert "mail address" in str(await patch(operator, f"{CONFIG}/{path}", 400, email=text))

    async def test_a_room_needs_none_an_employee_does(self, operator: ApiClient) -> None:
        assert (await patch(operator, f"{CONFIG}/rooms/{ROOM}", email=""))["email"] == ""
        await patch(operator, f"{CONFIG}/employees/{FREJA}", 400, email="")
        await patch(operator, f"{CONFIG}/organization", 400, email="")

    async def test_the_domain_is_stored_in_ascii(self, operator: ApiClient) -> None:
        changed = await patch(operator, f"{CONFIG}/employees/{FREJA}", email="Freja@KØBENHAVN.example")
        assert changed["email"] == "Freja@xn--kbenhavn-54a.example"

    async def test_one_that_was_stored_before_is_shown(self, operator: ApiClient, configurable: Database) -> None:
        async with configurable.transaction() as session:
            for table in (EmployeeRow, RoomRow, OrganisationRow):
                await session.execute(sa.update(table).values(email="nowhere"))
        for path in (f"employees/{FREJA}", f"rooms/{ROOM}", "organization"):
            assert ok(await operator.get(f"{CONFIG}/{path}"))["email"] == "nowhere"
            assert (await patch(operator, f"{CONFIG}/{path}", email="a@b.example"))["email"] == "a@b.example"
