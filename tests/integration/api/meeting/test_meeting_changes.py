"""Meetings that are changed and cancelled over HTTP: their version, their people, and what is refused."""

import asyncio
from functools import partial

import pytest
from temporalio.client import Client

from storage.database import Database
from tests.integration.api.meeting.changed_meetings import (
    FREJAS,
    PATH,
    cancel,
    change,
    made,
    move,
    replace,
    shown,
)
from tests.integration.api.support import (
    EVERY_SCOPE,
    FREJA,
    INGRID,
    ROOM,
    UNKNOWN,
    eventually,
    ok,
    problem,
    rows,
    settled,
)
from tests.support.clients import ApiClient, Json


class TestChanging:
    async def test_texts(self, client: ApiClient) -> None:
        meeting = await made(client, description="Before", salesforceId="sf-1")
        patch = replace(title="Our second home", description="After", videoLink="https://video.example.com/1")
        answer = await change(client, meeting["id"], *patch, {"op": "remove", "path": "/salesforceId"})
        changed = ok(answer)
        assert answer.headers["ETag"] == '"1"'
        assert meeting.pop("salesforceId") == "sf-1"
        assert changed == meeting | {
            "title": "Our second home",
            "description": "After",
            "videoLink": "https://video.example.com/1",
            "sequence": 1,
            "dateModified": changed["dateModified"],
        }
        assert changed["dateModified"] > meeting["dateModified"]
        assert ok(await shown(client, meeting["id"])) == changed

    async def test_put_with_one_operation_as_the_contract_has_it(self, client: ApiClient) -> None:
        meeting = await made(client)
        body = {"op": "replace", "path": "/type", "value": "Telephone"}
        answer = await client.http.put(f"{PATH}/{meeting['id']}", json=body, headers=client.headers)
        assert (ok(answer)["type"], answer.headers["ETag"]) == ("telephone", '"1"')

    async def test_again_is_the_same(self, client: ApiClient) -> None:
        meeting = await made(client)
        first, again = [ok(await change(client, meeting["id"], *replace(title="New"))) for _ in range(2)]
        assert first == again

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("customerId", "another"),
            ("topicId", UNKNOWN),
            ("themeId", UNKNOWN),
            ("customerCategoryId", UNKNOWN),
            ("bookedBy", "employee"),
            ("employeeId", INGRID),
            ("startDate", "2199-01-01T10:00:00.000Z"),
            ("id", UNKNOWN),
            ("sequence", 7),
        ],
    )
    async def test_what_never_changes(self, client: ApiClient, field: str, value: object) -> None:
        meeting = await made(client)
        told = problem(await change(client, meeting["id"], *replace(**{field: value})), 409, "NOT_CHANGEABLE")
        expected = {"themeId": "topicId", "customerCategoryId": "customerTypeId"}.get(field, field)
        assert told["field"] == expected
        assert ok(await shown(client, meeting["id"])) == meeting

    @pytest.mark.parametrize("value", ["line\nbreak", "x" * 201, 5, ["list"]])
    async def test_a_malformed_title(self, client: ApiClient, value: object) -> None:
        meeting = await made(client)
        problem(await change(client, meeting["id"], *replace(title=value)), 400)

    @pytest.mark.parametrize(
        "link", ["javascript:alert(1)", "ftp://video.example.com", "video.example.com", "https://", ""]
    )
    async def test_a_video_link_that_is_none(self, client: ApiClient, link: str) -> None:
        meeting = await made(client)
        refused = problem(await change(client, meeting["id"], *replace(videoLink=link)), 400)
        assert "http or https" in str(refused)
        body = {"op": "replace", "path": "/videoLink", "value": link}
        problem(await client.http.put(f"{PATH}/{meeting['id']}", json=body, headers=client.headers), 400)

    async def test_the_room(self, client: ApiClient) -> None:
        meeting = await made(client)
        assert ok(await change(client, meeting["id"], *replace(roomId=ROOM)))["roomId"] == ROOM
        assert ok(await client.time_slot(meeting["timeSlotId"]))["roomId"] == ROOM
        other = await made_with(client, INGRID, meeting)
        told = problem(await change(client, other["id"], *replace(roomId=ROOM)), 409, "TIME_SLOT_TAKEN")
        assert told["blockedBy"] == "room"
        assert ok(await change(client, meeting["id"], *replace(roomId=""))).get("roomId") is None
        assert ok(await change(client, other["id"], *replace(roomId=ROOM)))["roomId"] == ROOM
        problem(await change(client, other["id"], *replace(roomId=UNKNOWN)), 404, "NOT_FOUND")

    async def test_by_another_client(self, client: ApiClient) -> None:
        meeting = await made(client)
        other = await client.as_another("other")
        problem(await change(other, meeting["id"], *replace(title="Mine")), 403, "NOT_YOURS")
        problem(await cancel(other, meeting["id"]), 403, "NOT_YOURS")
        problem(await move(other, meeting["id"], {"startDate": meeting["startDate"]}), 403, "NOT_YOURS")
        staff = await client.as_another("staff", EVERY_SCOPE)
        assert ok(await change(staff, meeting["id"], *replace(title="By staff")))["title"] == "By staff"

    async def test_of_none(self, client: ApiClient) -> None:
        problem(await change(client, UNKNOWN, *replace(title="New")), 404, "NOT_FOUND")
        problem(await cancel(client, UNKNOWN), 404, "NOT_FOUND")
        problem(await move(client, UNKNOWN, {"startDate": "2199-01-07T09:00:00Z"}), 404, "NOT_FOUND")

    async def test_many_at_once_all_count(self, client: ApiClient) -> None:
        meeting = await made(client)
        wanted = {"title": "New", "description": "Text", "videoLink": "https://video.example.com", "salesforceId": "sf"}
        changes = (partial(change, client, meeting["id"], *replace(**{name: wanted[name]})) for name in wanted)
        for answer in await asyncio.gather(*map(settled, changes)):
            ok(answer)
        assert ok(await shown(client, meeting["id"])).items() >= (wanted | {"sequence": len(wanted)}).items()


async def made_with(client: ApiClient, employee: str, like: Json) -> Json:
    """A meeting with another employee at the same time, or the test cannot be."""
    slots = await client.search(explicitEmployeeIds=employee, meetingTypes="online")
    slot = next(each for each in slots if each["startDate"] == like["startDate"])
    return ok(await client.create_meeting(ok(await client.book(ok(await client.reserve(slot))["id"]))))


class TestVersions:
    async def test_the_etag_is_told_everywhere(self, client: ApiClient) -> None:
        held = await client.booked()
        answer = await client.create_meeting(held)
        assert answer.headers["ETag"] == (await shown(client, ok(answer)["id"])).headers["ETag"] == '"0"'

    async def test_a_stale_change_is_refused(self, client: ApiClient) -> None:
        meeting = await made(client)
        ok(await change(client, meeting["id"], *replace(title="One"), **{"If-Match": '"0"'}))
        told = problem(
            await change(client, meeting["id"], *replace(title="Two"), **{"If-Match": '"0"'}), 412, "MEETING_CHANGED"
        )
        assert told["etag"] == '"1"'
        problem(await cancel(client, meeting["id"], **{"If-Match": '"0"'}), 412, "MEETING_CHANGED")
        problem(
            await move(client, meeting["id"], {"startDate": "2199-01-07T09:00:00Z"}, **{"If-Match": '"0"'}),
            412,
            "MEETING_CHANGED",
        )
        assert ok(await shown(client, meeting["id"]))["title"] == "One"
        ok(await change(client, meeting["id"], *replace(title="Two"), **{"If-Match": '"7", "1"'}))

    async def test_the_repeat_of_the_change_that_made_the_version_is_no_stale_one(self, client: ApiClient) -> None:
        meeting = await made(client)
        first = ok(await change(client, meeting["id"], *replace(title="One"), **{"If-Match": '"0"'}))
        assert ok(await change(client, meeting["id"], *replace(title="One"), **{"If-Match": '"0"'})) == first

    async def test_of_two_at_once_one_is_stale(self, client: ApiClient) -> None:
        meeting = await made(client)
        changes = (
            partial(change, client, meeting["id"], *replace(title=title), **{"If-Match": '"0"'}) for title in "AB"
        )
        answers = await asyncio.gather(*map(settled, changes))
        assert sorted(answer.status_code for answer in answers) == [200, 412]

    @pytest.mark.parametrize("tag", ["0", "W/0", '"0', "'0'", '"0";'])
    async def test_what_is_no_etag(self, client: ApiClient, tag: str) -> None:
        meeting = await made(client)
        problem(await change(client, meeting["id"], *replace(title="New"), **{"If-Match": tag}), 400)

    async def test_a_weak_etag_matches_nothing_and_a_star_everything(self, client: ApiClient) -> None:
        meeting = await made(client)
        problem(await cancel(client, meeting["id"], **{"If-Match": 'W/"0"'}), 412, "MEETING_CHANGED")
        ok(await cancel(client, meeting["id"], **{"If-Match": "*"}))


class TestCancelling:
    async def test_its_time_is_offered_again_at_once(self, client: ApiClient, database: Database) -> None:
        offered = await client.search(**FREJAS)
        meeting = await made(client)
        assert offered[0] not in await client.search(**FREJAS)
        cancelled = ok(await cancel(client, meeting["id"], "The customer is ill"))
        assert await client.search(**FREJAS) == offered
        assert cancelled == {
            "id": meeting["id"],
            "dateCancelled": cancelled["dateCancelled"],
            "cancelledBy": "client",
            "reason": "The customer is ill",
            "sequence": 1,
        }
        assert (await rows(database))["time_slot"] == 0

    async def test_it_is_shown_as_cancelled_and_changed_no_more(self, client: ApiClient) -> None:
        meeting = await made(client)
        ended = ok(await cancel(client, meeting["id"], "The customer is ill"))
        answer, gone = await shown(client, meeting["id"]), meeting.pop("timeSlotId")
        changed = {"status": "Cancelled", "dateModified": answer.json()["dateModified"]}
        assert ok(answer) == meeting | ended | changed
        assert changed["dateModified"] > meeting["dateModified"]
        assert answer.headers["ETag"] == '"1"'
        refused = problem(await change(client, meeting["id"], *replace(title="New")), 404, "NOT_FOUND")
        assert "was cancelled at" in refused["message"]
        assert (await client.get(PATH)).json() == []
        problem(await client.time_slot(gone), 404, "NOT_FOUND")

    async def test_again_is_the_same(self, client: ApiClient) -> None:
        meeting = await made(client)
        first = ok(await cancel(client, meeting["id"], "One"))
        assert ok(await cancel(client, meeting["id"], "Two")) == first

    async def test_many_at_once(self, client: ApiClient) -> None:
        meeting = await made(client)
        reasons = ("One", "Two", "Three", "Four", "Five")
        answers = await asyncio.gather(*(settled(partial(cancel, client, meeting["id"], reason)) for reason in reasons))
        first = ok(answers[0])
        assert first["reason"] in reasons
        assert all(ok(answer) == first for answer in answers), "the first cancellation's reason stays"

    async def test_the_run_of_the_meeting_ends(self, client: ApiClient, engine: Client) -> None:
        meeting = await made(client)
        ok(await cancel(client, meeting["id"]))
        ending = await engine.get_workflow_handle(f"meeting-{meeting['id']}").result()
        assert ending["status"] == "Cancelled"

    async def test_an_operator_who_cancels_the_run_cancels_the_meeting(self, client: ApiClient, engine: Client) -> None:
        meeting = await made(client)
        ok(await change(client, meeting["id"], *replace(title="It has a run now")))
        await engine.get_workflow_handle(f"meeting-{meeting['id']}").cancel()

        async def is_cancelled() -> bool:
            return bool(ok(await shown(client, meeting["id"]))["status"] == "Cancelled")

        await eventually(is_cancelled)
        assert ok(await shown(client, meeting["id"]))["cancelledBy"] == "operator"


async def test_the_calendar_file_of_a_cancelled_meeting_cancels_it(client: ApiClient) -> None:
    meeting = await made(client)
    ok(await cancel(client, meeting["id"]))
    answer = await client.post(f"{PATH}/{meeting['id']}/ical", {})
    assert answer.status_code == 200, answer.text
    lines = answer.text.split("\r\n")
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1", f"UID:{meeting['id']}@bookme"} <= set(lines)
    assert "method=CANCEL" in answer.headers["content-type"]


class TestTeams:
    """Change the additional employees. That their time is held is tested in `booking/test_additional_employees.py`."""

    async def test_is_changed_all_or_nothing(self, client: ApiClient) -> None:
        meeting = await made(client)
        busy = await made_with(client, INGRID, meeting)
        problem(await change(client, meeting["id"], *replace(additionalEmployees=[INGRID])), 409, "TIME_SLOT_TAKEN")
        assert ok(await shown(client, meeting["id"])) == meeting
        ok(await cancel(client, busy["id"]))
        changed = ok(await change(client, meeting["id"], *replace(additionalEmployees=INGRID, title="Two of us")))
        assert (changed["additionalEmployees"], changed["title"]) == ([INGRID], "Two of us")

    async def test_those_who_are_removed_are_free_at_once(self, client: ApiClient) -> None:
        query = {"explicitEmployeeIds": INGRID, "meetingTypes": "online"}
        offered = await client.search(**query)
        meeting = await made(client)
        ok(await change(client, meeting["id"], {"op": "add", "path": "/additionalEmployees/-", "value": INGRID}))
        assert await client.search(**query) != offered
        ok(await change(client, meeting["id"], {"op": "remove", "path": "/additionalEmployees/0"}))
        assert await client.search(**query) == offered

    async def test_moves_along(self, client: ApiClient, database: Database) -> None:
        meeting = await made(client)
        ok(await change(client, meeting["id"], *replace(additionalEmployees=[INGRID])))
        query = {"explicitEmployeeIds": f"{FREJA},{INGRID}", "requireEmployeeParticipation": "true"}
        there = (await client.search(**query, meetingTypes="online"))[-1]
        moved = ok(await move(client, meeting["id"], {"startDate": there["startDate"]}))
        assert moved["additionalEmployees"] == [INGRID]
        assert (await rows(database))["time_slot"] == 2, "one for each of them"
        ok(await cancel(client, meeting["id"]))
        assert (await rows(database))["time_slot"] == 0

    async def test_nobody_twice(self, client: ApiClient) -> None:
        meeting = await made(client)
        for team in ([INGRID, INGRID], [FREJA]):
            problem(await change(client, meeting["id"], *replace(additionalEmployees=team)), 400)
        problem(await change(client, meeting["id"], *replace(additionalEmployees=[UNKNOWN])), 404, "NOT_FOUND")
