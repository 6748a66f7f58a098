"""Invitations, from a request over HTTP to the mail server and back to who asks what became of them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from activities.invitations import InvitationActivities
from integrations.email.smtp import MailServer as Server
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.activities.booking_fixture import until
from tests.integration.api.support import EVERY_SCOPE, ROOM, UNKNOWN, ok, problem
from tests.support.clients import ApiClient, Json
from tests.support.mail_server import LOOPBACK, MailServer, mail_server


@pytest.fixture
async def post() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
def notifications() -> NotificationSettings:
    return NotificationSettings(invites=True)


@pytest.fixture
def all_steps(all_steps: tuple[object, ...], database: Database, post: MailServer) -> tuple[object, ...]:
    return (*all_steps, InvitationActivities(database, Server(LOOPBACK, post.port, "none")))


@pytest.fixture
async def staff(client: ApiClient) -> ApiClient:
    return await client.as_another("staff", EVERY_SCOPE)


async def told(staff: ApiClient, meeting: Json, sequence: int, status: str = "Sent") -> list[Json]:
    """What is told of this state of the meeting, when that has become of all of it."""
    found: list[Json] = []

    async def is_told() -> bool:
        answer: Any = ok(await staff.get(f"/bookme/meetings/{meeting['id']}/invitations"))
        found[:] = [each for each in answer if each["sequence"] == sequence]
        return bool(found) and {each["status"] for each in found} == {status}

    await until(is_told)
    return found


def shown(invitations: list[Json]) -> set[tuple[str, str]]:
    return {(each["method"], each.get("employeeId") or each["roomId"]) for each in invitations}


async def test_a_meetings_life(client: ApiClient, staff: ApiClient, post: MailServer) -> None:
    booked = await client.booked(meetingTypes="physical", specificRooms=ROOM)
    meeting = ok(await client.create_meeting(booked, type="physical", roomId=ROOM))
    path, everybody = f"/bookme/meetings/{meeting['id']}", (booked["employeeId"], ROOM)
    assert shown(await told(staff, meeting, 0)) == {("REQUEST", each) for each in everybody}
    retitled = [{"op": "replace", "path": "/title", "value": "Our second home"}]
    ok(await client.http.patch(path, json=retitled, headers=client.headers))
    assert shown(await told(staff, meeting, 1)) == {("REQUEST", each) for each in everybody}
    ok(await client.http.delete(path, headers=client.headers))
    invitations = await told(staff, meeting, 2)
    assert shown(invitations) == {("CANCEL", each) for each in everybody}
    assert [mail.told[1:] for mail in post.taken] == [("REQUEST", 0)] * 2 + [("REQUEST", 1)] * 2 + [("CANCEL", 2)] * 2
    assert {each["messageId"] for each in invitations} == {mail.id for mail in post.taken[4:]}
    assert all(each["attempts"] == 1 and each["dateSent"] >= each["dateCreated"] for each in invitations)


async def test_one_that_cannot_be_delivered(client: ApiClient, staff: ApiClient, post: MailServer) -> None:
    booked = await client.booked()
    employee = ok(await client.get(f"/config/employees/{booked['employeeId']}"))
    post.of_recipients[employee["email"]] = ["550 nobody here"]
    meeting = ok(await client.create_meeting(booked))
    (invitation,) = await told(staff, meeting, 0, "Failed")
    assert (invitation["failure"], invitation["recipient"]) == ("550 nobody here", employee["email"])
    assert "dateSent" not in invitation
    assert ok(await client.get(f"/bookme/meetings/{meeting['id']}"))["id"] == meeting["id"]


async def test_they_are_for_staff(client: ApiClient, staff: ApiClient) -> None:
    problem(await client.get(f"/bookme/meetings/{UNKNOWN}/invitations"), 403)
    problem(await staff.get(f"/bookme/meetings/{UNKNOWN}/invitations"), 404, "NOT_FOUND")
    problem(await staff.get("/bookme/meetings/nobody/invitations"), 404, "NOT_FOUND")
