"""HTTP as clients and proxies expect it: negotiation, conditional requests, HEAD, bodies, compression."""

from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from tests.integration.api.support import (
    ENDPOINTS,
    EVERY_SCOPE,
    FREJA,
    NEW_EMPLOYEE,
    SEARCH,
    SLOT,
    UNKNOWN,
    Endpoint,
    ok,
    problem,
)
from tests.support.clients import ApiClient, Json, reservation

PROBLEM: Final = "application/problem+json"
JSON: Final = "application/json"
EMPLOYEE: Final = f"/bookme/config/employees/{FREJA}"
LOCATION: Final = "/bookme/config/locations/copenhagen-city"
TAGGED: Final = (EMPLOYEE, "/bookme/config/organization", "/bookme/config/advisor-priority-levels")
READS: Final = tuple(each for each in ENDPOINTS if each.method == "GET")
BODILESS: Final = tuple(
    each for each in ENDPOINTS if each.body is None and each.file is None and not each.path.endswith("/rotate-secret")
)


@pytest.fixture
async def staff(http: httpx.AsyncClient) -> ApiClient:
    return await ApiClient.authorised(http, "staff", EVERY_SCOPE)


class TestNegotiation:
    @pytest.mark.parametrize(
        ("accept", "answered"),
        [
            ("", PROBLEM),
            ("*/*", PROBLEM),
            ("application/*", PROBLEM),
            (PROBLEM, PROBLEM),
            (JSON, JSON),
            ("Application/JSON", JSON),
            (f"{JSON}, {PROBLEM}", PROBLEM),
            (f"{JSON}, {PROBLEM};q=0.9", JSON),
            (f"{JSON};q=0.5, {PROBLEM}", PROBLEM),
            (f"{JSON}, text/plain, */*", PROBLEM),
            (f"{JSON}, */*;q=0.8", JSON),
            (f"{JSON};q=0, */*", PROBLEM),
            (f"{JSON};q=0", PROBLEM),
            (f"{JSON};charset=utf-8;q=0.9, */*;q=0.1", JSON),
            ("text/html", PROBLEM),
            (";;q=,,/;q=9", PROBLEM),
        ],
    )
    async def test_errors(self, http: httpx.AsyncClient, accept: str, answered: str) -> None:
        headers = {"Accept": accept} if accept else {}
        for path in ("/config/rooms", "/nowhere"):
            answer = await http.get(path, headers=headers)
            assert answer.headers["content-type"] == answered
            assert "Accept" in answer.headers["vary"]
            assert answer.json()["code"] in ("UNAUTHORIZED", "NOT_FOUND")


class TestHead:
    @pytest.mark.parametrize("endpoint", READS, ids=str)
    async def test_works_wherever_get_does(self, staff: ApiClient, endpoint: Endpoint) -> None:
        got = await endpoint.call(staff)
        asked = await Endpoint("HEAD", endpoint.path, endpoint.scope, endpoint.query).call(staff)
        assert (asked.status_code, asked.content) == (got.status_code, b"")
        for name in ("content-type", "etag", "link"):
            assert asked.headers.get(name) == got.headers.get(name)

    @pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/openapi.json"])
    async def test_without_a_token(self, http: httpx.AsyncClient, path: str) -> None:
        answer = await http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_there_are_no_redirects(staff: ApiClient) -> None:
    for endpoint in ENDPOINTS:
        answer = await Endpoint(endpoint.method, f"{endpoint.path}/", "", endpoint.query, endpoint.body).call(staff)
        assert answer.status_code in (404, 405), endpoint


class TestBodies:
    @pytest.mark.parametrize("endpoint", BODILESS, ids=str)
    async def test_a_body_where_none_is_defined(self, staff: ApiClient, endpoint: Endpoint) -> None:
        headers = staff.headers | {"Content-Type": JSON}
        problem(await endpoint.call(staff, content=b'{"gracePeriod": "PT0S"}', headers=headers), 400)

    async def test_an_encoded_body(self, staff: ApiClient) -> None:
        for coding in ("gzip", "br, identity", "GZIP"):
            headers = staff.headers | {"Content-Type": JSON, "Content-Encoding": coding}
            answer = await staff.http.post("/bookme/time-slots/reserve", content=b"{}", headers=headers)
            problem(answer, 415)
            assert answer.headers["accept-encoding"] == "identity"
        headers = staff.headers | {"Content-Type": JSON, "Content-Encoding": "identity"}
        problem(await staff.http.post("/bookme/time-slots/reserve", content=b"{}", headers=headers), 400)

    async def test_a_body_of_another_type_is_told_which_one_is_taken(self, staff: ApiClient) -> None:
        headers = staff.headers | {"Content-Type": "text/plain"}
        answer = await staff.http.post("/bookme/time-slots/reserve", content=b"{}", headers=headers)
        problem(answer, 415)
        assert answer.headers["accept"] == JSON


def replace(name: str, value: object) -> list[Json]:
    return [{"op": "replace", "path": f"/{name}", "value": value}]


class TestVersions:
    async def patch(self, client: ApiClient, path: str, operations: list[Json], **headers: str) -> httpx.Response:
        sent = client.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.http.patch(path, json=operations, headers=sent)

    @pytest.mark.usefixtures("configurable")
    @pytest.mark.parametrize(
        ("path", "field"),
        [
            (EMPLOYEE, "initials"),
            ("/bookme/config/organization", "name"),
            (LOCATION, "displayName"),
        ],
    )
    async def test_of_configuration(self, staff: ApiClient, path: str, field: str) -> None:
        first = (await staff.get(path)).headers["etag"]
        assert not first.startswith("W/")
        stale = f'"other", {first[:-2]}x"'
        problem(await self.patch(staff, path, replace(field, "A"), If_Match=stale), 412, "VERSION_MISMATCH")
        problem(await self.patch(staff, path, replace(field, "A"), If_None_Match=first), 412, "VERSION_MISMATCH")
        changed = await self.patch(staff, path, replace(field, "A"), If_Match=f', "x",, {first} ,')
        second = changed.headers["etag"]
        assert (changed.status_code, second == first) == (200, False)
        assert (await staff.get(path)).headers["etag"] == second
        body = problem(await self.patch(staff, path, replace(field, "B"), If_Match=first), 412, "VERSION_MISMATCH")
        assert body["etag"] == second.replace("-gzip", "")
        assert ok(await staff.get(path))[field] == "A"

    @pytest.mark.usefixtures("configurable")
    async def test_of_priority_levels(self, staff: ApiClient) -> None:
        path = "/bookme/config/advisor-priority-levels"
        etag = (await staff.get(path)).headers["etag"]
        levels = [{"capacity": "Local"}]
        put = await staff.http.put(path, json=levels, headers=staff.headers | {"If-Match": etag})
        assert (put.status_code, put.headers["etag"]) == (200, (await staff.get(path)).headers["etag"])
        again = await staff.http.put(path, json=levels, headers=staff.headers | {"If-Match": etag})
        problem(again, 412, "VERSION_MISMATCH")

    @pytest.mark.usefixtures("configurable")
    async def test_only_the_seen_version_is_deleted(self, staff: ApiClient) -> None:
        made = ok(await staff.post("/bookme/config/employees", NEW_EMPLOYEE))
        path = f"/bookme/config/employees/{made['id']}"
        etag = (await staff.get(path)).headers["etag"]
        ok(await self.patch(staff, path, replace("initials", "X")))
        problem(await staff.http.delete(path, headers=staff.headers | {"If-Match": etag}), 412, "VERSION_MISMATCH")
        etag = (await staff.get(path)).headers["etag"]
        assert (await staff.http.delete(path, headers=staff.headers | {"If-Match": etag})).status_code == 204

    @pytest.mark.parametrize(
        "path", [EMPLOYEE, "/bookme/config/organization", "/bookme/config/advisor-priority-levels"]
    )
    async def test_who_has_it_is_not_sent_it_again(self, staff: ApiClient, path: str) -> None:
        etag = (await staff.get(path)).headers["etag"]
        for tags in (etag, f"W/{etag}", f'"x", ,{etag},', "*"):
            for method in ("GET", "HEAD"):
                answer = await staff.http.request(method, path, headers=staff.headers | {"If-None-Match": tags})
                assert (answer.status_code, answer.content) == (304, b""), tags
                assert answer.headers["etag"] == (etag if tags != "*" else etag.replace("-gzip", ""))
        assert (await staff.http.get(path, headers=staff.headers | {"If-None-Match": '"x"'})).status_code == 200

    async def test_several_lines_are_one_list(self, staff: ApiClient) -> None:
        etag = (await staff.get(EMPLOYEE)).headers["etag"]
        lines = [*staff.headers.items(), ("If-None-Match", '"x"'), ("If-None-Match", etag)]
        assert (await staff.http.get(EMPLOYEE, headers=lines)).status_code == 304

    async def test_of_a_meeting(self, client: ApiClient) -> None:
        meeting = ok(await client.create_meeting(await client.booked()))
        path = f"/bookme/meetings/{meeting['id']}"
        unchanged = await client.http.get(path, headers=client.headers | {"If-None-Match": '"0"'})
        assert (unchanged.status_code, unchanged.headers["etag"]) == (304, '"0"')
        problem(await self.patch(client, path, replace("title", "A"), If_None_Match='"0"'), 412, "VERSION_MISMATCH")
        problem(await self.patch(client, path, replace("title", "A"), If_None_Match="*"), 412, "VERSION_MISMATCH")
        ok(await self.patch(client, path, replace("title", "A"), If_None_Match='"7"', If_Match=', "0",'))
        problem(await self.patch(client, path, replace("title", "B"), If_Match='W/"1"'), 412, "MEETING_CHANGED")

    @pytest.mark.parametrize("tags", ["0", '"0', "", ",", '"0" "1"', '*, "0"', "W/0", '"0",x'])
    async def test_what_is_no_tag(self, staff: ApiClient, tags: str) -> None:
        path = f"/bookme/meetings/{UNKNOWN}"
        problem(await self.patch(staff, path, replace("title", "A"), If_Match=tags), 400)


class TestPatchOperations:
    """In the contract, the value of an operation is a string."""

    @pytest.mark.usefixtures("configurable")
    async def test_a_string_where_a_number_or_a_boolean_belongs(self, staff: ApiClient) -> None:
        topic = ok(await staff.post("/bookme/meeting-topics", {"name": "New", "uniqueTopicId": "new"}))
        path = f"/bookme/meeting-topics/{topic['id']}"

        async def patched(*operations: Json) -> httpx.Response:
            return await staff.http.patch(path, json=operations, headers=staff.headers)

        def operation(op: str, name: str, value: Any) -> Json:  # noqa: ANN401 - any JSON
            return {"op": op, "path": f"/{name}", "value": value}

        changed = ok(await patched(operation("add", "order", "3"), operation("replace", "isCustomerBookable", "false")))
        assert (changed["order"], changed["isCustomerBookable"]) == (3, False)
        changed = ok(await patched(operation("test", "order", "3"), operation("replace", "order", "-4")))
        assert changed["order"] == -4
        ok(await patched(operation("test", "isCustomerBookable", "false")))
        assert ok(await patched(operation("replace", "name", "3")))["name"] == "3"
        wrong = (("order", "3.5"), ("order", "x"), ("order", "true"), ("order", ""), ("isCustomerBookable", "1"))
        for name, value in wrong:
            problem(await patched(operation("replace", name, value)), 400)
        assert ok(await staff.get(path))["order"] == -4


class TestCompression:
    async def test_what_is_large(self, staff: ApiClient) -> None:
        plain = await SEARCH.call(staff, headers=staff.headers | {"Accept-Encoding": "identity"})
        assert len(plain.content) > 1024
        assert "content-encoding" not in plain.headers
        packed = await SEARCH.call(staff, headers=staff.headers | {"Accept-Encoding": "br, gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(plain.content) / 3
        assert "Accept-Encoding" in packed.headers["vary"]
        assert "Accept-Encoding" in plain.headers["vary"]

    @pytest.mark.usefixtures("configurable")
    async def test_a_compressed_version_has_a_tag_of_its_own_and_is_the_same_version(self, staff: ApiClient) -> None:
        path = EMPLOYEE
        plain = await staff.http.get(path, headers=staff.headers | {"Accept-Encoding": "identity"})
        gzip = staff.headers | {"Accept-Encoding": "gzip"}
        packed = await staff.http.get(path, headers=gzip)
        assert (packed.headers["content-encoding"], packed.json()) == ("gzip", plain.json())
        assert packed.headers["etag"] == f'{plain.headers["etag"][:-1]}-gzip"'
        for sent in (plain, packed):
            again = await staff.http.get(path, headers=gzip | {"If-None-Match": sent.headers["etag"]})
            assert (again.status_code, again.headers["etag"]) == (304, sent.headers["etag"])
        by_packed = staff.headers | {"If-Match": packed.headers["etag"]}
        ok(await staff.http.patch(path, json=replace("initials", "A"), headers=by_packed))
        problem(await staff.http.patch(path, json=replace("initials", "B"), headers=by_packed), 412, "VERSION_MISMATCH")

    async def test_not_what_is_small_or_not_wanted(self, staff: ApiClient) -> None:
        gzip = staff.headers | {"Accept-Encoding": "gzip"}
        assert "content-encoding" not in (await staff.http.get("/health/live", headers=gzip)).headers
        refused = await SEARCH.call(staff, headers=staff.headers | {"Accept-Encoding": "gzip;q=0"})
        assert "content-encoding" not in refused.headers


class TestTheLeastLength:
    async def test_of_a_reservation(self, client: ApiClient) -> None:
        body = reservation((await client.search())[0])
        start = datetime.fromisoformat(body["timeSlot"]["startDate"])
        body["timeSlot"]["endDate"] = (start + timedelta(minutes=4, seconds=59)).isoformat()
        errors = problem(await client.post("/bookme/time-slots/reserve", body), 400)["errors"]
        assert [error["pointer"] for error in errors] == ["/timeSlot/endDate"]

    async def test_of_a_search_and_of_a_move(self, client: ApiClient) -> None:
        query = SEARCH.query | {"meetingDuration": "PT4M"}
        assert problem(await SEARCH.call(client, params=query), 400)["errors"][0]["pointer"] == "/meetingDuration"
        target = {"startDate": SLOT["startDate"], "endDate": "2199-01-07T09:01:00Z"}
        problem(await client.post(f"/bookme/meetings/{UNKNOWN}/move", target), 400)


class TestRotation:
    @pytest.mark.parametrize("place", ["query", "body", "both"])
    async def test_the_grace_period_comes_in_the_query_or_the_body(self, client: ApiClient, place: str) -> None:
        """A client that had sent it in the body went on signing with a leaked secret."""
        made = ok(await client.post("/bookme/webhooks", {"url": "https://93.184.216.34/hook"}))
        grace = {"gracePeriod": "PT0S"}
        path = f"/bookme/webhooks/{made['id']}/rotate-secret"
        options: dict[str, Any] = {"query": {"params": grace}, "body": {"json": grace}}
        sent: dict[str, Any] = options.get(place) or {"params": grace, "json": {"gracePeriod": "00:00:00"}}
        rotated = ok(await client.http.post(path, headers=client.headers, **sent))
        assert "previousSecretUntil" not in rotated
        contradictory: dict[str, Any] = {"params": grace, "json": {"gracePeriod": "P1D"}}
        problem(await client.http.post(path, headers=client.headers, **contradictory), 400)
        assert "previousSecretUntil" in ok(await client.http.post(path, headers=client.headers))
