"""Texts that would like to be more than text: in calendar files, feeds, mails, answers and logs.

Whole journeys, with the texts in the database whatever the API would say of them. What each writer does with any text
is in `tests/unit/calendars/test_calendar_file.py` and `tests/integration/activities/notifications/test_mails.py`; odd
ids, tokens and SQL are in `tests/integration/api/http/test_malformed_requests.py`.
"""

import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
import vobject
from temporalio.client import Client

from activities.invitations import InvitationActivities
from config.ports import LOOPBACK
from config.settings import Settings
from config.telemetry import KeyValueFormatter
from integrations.email import smtp as mail
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from storage.tables.booking import MeetingRow
from storage.tables.organisation import EmployeeRow, LocationRow, OrganisationRow, RoomRow, TopicRow
from tests.integration.api.support import EVERY_SCOPE, SEARCH, WITH_BODY, Endpoint, eventually, ok, problem, rows
from tests.support.clients import ApiClient
from tests.support.mail_server import Mail, MailServer, mail_server
from workers.main import make_worker

HOSTILE: Final = (
    "\r\nATTENDEE:mailto:eve@example.com",
    "\nEND:VEVENT\nBEGIN:VALARM\nATTACH:file:///etc/passwd",
    "\rBcc: eve@example.com",
    "\r\n\r\nA body of its own",
    "\r\n folded;X-EVIL=1:",
    '\\nX-EVIL:1\\N;X-EVIL="1":,\\',
    "\x0b\x0c\x1c\x1e\x85\u2028\u2029X-EVIL: 1",
    "=?utf-8?q?x=0D=0ABcc:_eve=40example.com?=",
    '" <eve@example.com>, "',
    "{0} %s %(x)s ${x} <script>",
)
SAID: Final = (
    (OrganisationRow, "name", "calendar_title", "calendar_description"),
    (TopicRow, "name"),
    (EmployeeRow, "display_name", "first_name", "last_name", "initials"),
    (RoomRow, "name"),
    (LocationRow, "display_name"),
    (MeetingRow, "title", "description", "customer_id", "salesforce_id"),
)
"""Whatever is written in words, but for the meeting's link and people's addresses, which are checked as such."""

Shape = list[tuple[str, list[str]]]


@pytest.fixture
def notifications() -> NotificationSettings:
    return NotificationSettings(invites=True)


@pytest.fixture
async def post() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def worker(
    engine: Client, settings: Settings, all_steps: tuple[object, ...], database: Database, post: MailServer
) -> AsyncIterator[None]:
    """One that sends invitations."""
    inviting = InvitationActivities(database, mail.MailServer(LOOPBACK, post.port, "none"))
    async with make_worker(engine, settings.task_queue, *all_steps, inviting):
        yield


@pytest.fixture
async def staff(client: ApiClient) -> ApiClient:
    return await client.as_another("staff", EVERY_SCOPE)


async def say(database: Database, text: str) -> None:
    """Put it behind every text that there is."""
    async with database.transaction() as session:
        for table, *columns in SAID:
            values: dict[str, Any] = {name: sa.func.coalesce(sa.column(name), "") + text for name in columns}
            await session.execute(sa.update(table).values(values))


def shape(calendar: Any) -> Shape:  # noqa: ANN401 - vobject has no types
    """Which components there are, one in another, and of which properties with which parameters they consist."""
    lines = sorted(f"{line.name} {sorted(line.params)}" for line in calendar.lines())
    return [(calendar.name, lines), *(found for part in calendar.components() for found in shape(part))]


def shape_of_mail(taken: Mail) -> tuple[object, ...]:
    message = taken.message
    text = message.get_body()
    assert text is not None
    return (
        sorted(message.keys()),
        [part.get_content_type() for part in message.walk()],
        len(text.get_content().splitlines()),
        [len(message[name].addresses) for name in ("From", "To")],
        shape(taken.calendar),
    )


class TestCalendarsAndMails:
    async def told(self, client: ApiClient, database: Database, post: MailServer, text: str) -> tuple[object, ...]:
        """How everything looks that tells of a meeting, made and cancelled among such texts."""
        await say(database, text)
        slot = await client.booked(meetingTypes="physical")
        meeting = ok(await client.create_meeting(slot, type="physical", roomId=slot["roomId"]))
        feed = ok(await client.post("/bookme/config/feeds", {"employeeId": slot["employeeId"], "name": "Hers"}))
        invitations = await mails(post)
        await say(database, text)
        path = f"/bookme/meetings/{meeting['id']}"
        file, subscribed = await client.post(f"{path}/ical", {}), await client.http.get(urlsplit(feed["url"]).path)
        ok(await client.http.delete(path, headers=client.headers))
        cancellations = await mails(post)
        assert {each.recipient for each in invitations} == {each.recipient for each in cancellations}
        # The feed has those of before too, which were cancelled: each kind of component counts once.
        files = shape(vobject.readOne(file.text)), set(map(str, shape(vobject.readOne(subscribed.text))))
        headers = [sorted(each.headers) for each in (file, subscribed)]
        return *headers, *files, *map(shape_of_mail, (*invitations, *cancellations))

    async def test_no_text_adds_anything(self, staff: ApiClient, configurable: Database, post: MailServer) -> None:
        harmless = await self.told(staff, configurable, post, ".")
        assert await self.told(staff, configurable, post, "".join(HOSTILE)) == harmless


async def mails(post: MailServer) -> list[Mail]:
    """The next two: one for the employee, one for the room."""

    async def are_there() -> bool:
        return len(post.taken) == 2

    await eventually(are_there)
    taken = sorted(post.taken, key=lambda each: each.recipient.startswith("room"))
    post.taken.clear()
    return taken


def with_line_breaks(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """The value with another header's beginning behind each of its texts, one after the other."""
    if isinstance(value, str):
        yield f"{value}\r\nX-Evil: 1"
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        for changed in with_line_breaks(member):
            copy = value.copy()
            copy[name] = changed
            yield copy


class TestRequests:
    @pytest.fixture
    async def booker(self, http: httpx.AsyncClient) -> ApiClient:
        """Without a worker."""
        return await ApiClient.authorised(http, "staff", EVERY_SCOPE)

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
    async def test_no_name_has_a_line_break(self, booker: ApiClient, database: Database, endpoint: Endpoint) -> None:
        """A description may: it has lines."""
        before = await rows(database)
        for body in with_line_breaks(endpoint.body):
            answer = await endpoint.call(booker, json=body)
            told = problem(answer, answer.status_code, answer.json().get("reason"))
            assert answer.status_code in (400, 404), (body, told)
        assert await rows(database) == before

    async def test_nothing_is_echoed_in_a_header_but_what_can_be(self, booker: ApiClient) -> None:
        for given in (b"a\r\nX-Evil: 1", b"a\nX-Evil: 1", b"a\x00", b"a\x85b", b"a\xe2\x80\xa8b", b"a\tb"):
            answer = await SEARCH.call(booker, headers=booker.headers | {"X-Request-Id": given})
            assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"]), "it is a new one"
            assert "x-evil" not in answer.headers


class TestLogs:
    @pytest.mark.parametrize("text", [*HOSTILE, "\x1b[2J", "\x9b2J", "\ud800", "\u202e", 'x" level=ERROR x="'])
    def test_a_record_is_one_line_whatever_it_says(self, text: str) -> None:
        record = logging.makeLogRecord({"msg": f"failed {text}", "error": text, "args": ()})
        line = KeyValueFormatter().format(record)
        assert line.isprintable()
        assert line.encode()
        message, error = line.partition(' message="')[2].partition('" error=')[::2]
        assert json.loads(f'"{message}"') == f"failed {text}"
        assert error.strip('"')
