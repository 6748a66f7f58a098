"""Search, reservation and meeting agree: a meeting exists only where search with its own words offers it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devstack.demo_data import BUSINESS, COMPANY, HOME, INVEST, PENSION, PRIVATE, WEALTH, identity
from domain.meetings import MeetingType
from storage.database import Database
from storage.tables.organisation import EmployeeTopicRow
from tests.integration.api.support import EVERY_SCOPE, FREJA, INGRID, ROOM, TOPIC, UNKNOWN, new_token, ok, problem
from tests.support.clients import ApiClient, Json, next_monday, reservation
from tests.support.effort import repetitions

EMPLOYEES: Final = [
    str(identity(name))
    for name in ("Freja Lindqvist", "Magnus Østergaard", "Sigrid Bjørnstad", "Aksel Højlund", "Nils Hedegaard")
]
TOPICS: Final = [str(identity(name)) for name in (HOME, INVEST, PENSION, COMPANY)]
CUSTOMER_TYPES: Final = [str(identity(name)) for name in (PRIVATE, BUSINESS, WEALTH)]
ROOMS: Final = [None, ROOM, str(identity("odense-centre/Åen")), str(identity("copenhagen-city/Direktionen"))]
EXAMPLES: Final = 40


@pytest.fixture
async def staff(client: ApiClient) -> ApiClient:
    return await client.as_another("staff", EVERY_SCOPE)


class TestTheGuidesJourney:
    """Reserve without a room, mark Booked, and say where to meet only with the meeting."""

    async def booked(self, client: ApiClient) -> Json:
        offered = (await client.search(meetingTypes="physical", explicitEmployeeIds=FREJA, specificRooms=ROOM))[0]
        held = ok(await client.reserve({name: value for name, value in offered.items() if name != "roomId"}))
        return ok(await client.book(held["id"]))

    async def test_takes_the_room_with_the_meeting(self, client: ApiClient) -> None:
        slot = await self.booked(client)
        meeting = ok(await client.create_meeting(slot, type="physical", roomId=ROOM))
        assert meeting["roomId"] == ROOM
        assert ok(await client.time_slot(slot["id"]))["roomId"] == ROOM
        assert ok(await client.create_meeting(slot, type="physical", roomId=ROOM)) == meeting
        assert ok(await client.create_meeting(slot, type="physical")) == meeting

    async def test_names_the_room_that_is_taken(self, client: ApiClient, staff: ApiClient) -> None:
        slot = await self.booked(client)
        busy = {name: slot[name] for name in ("startDate", "endDate")} | {"status": "Busy", "employeeId": INGRID}
        ok(await staff.post("/bookme/time-slots", busy | {"roomId": ROOM}))
        told = problem(await client.create_meeting(slot, type="physical", roomId=ROOM), 409, "TIME_SLOT_TAKEN")
        assert (told["blockedBy"], told["roomId"]) == ("room", ROOM)
        assert "roomId" not in ok(await client.time_slot(slot["id"]))

    async def test_says_that_a_room_is_needed(self, client: ApiClient) -> None:
        told = problem(await client.create_meeting(await self.booked(client), type="physical"), 409, "NOT_OFFERED")
        assert told["rule"] == "ROOM_REQUIRED"
        assert "/bookme/room-vacancies" in told["message"]


class TestAReservationThatSaysMore:
    async def reserve(self, client: ApiClient, **said: str) -> Json:
        offered = (await client.search(meetingTypes="online", explicitEmployeeIds=EMPLOYEES[2]))[0]
        answer = await client.post("/bookme/time-slots/reserve", reservation(offered) | said)
        told: Json = answer.json()
        return told

    @pytest.mark.parametrize("name", ["topicId", "topic", "theme", "themeId", "meetingTopicId"])
    async def test_the_topic(self, client: ApiClient, name: str) -> None:
        assert (await self.reserve(client, **{name: TOPIC}))["rule"] == "NOT_QUALIFIED"
        assert "id" in await self.reserve(client, **{name: str(identity(PENSION))})

    @pytest.mark.parametrize("name", ["customerTypeId", "customerCategoryId"])
    async def test_the_customer_type(self, client: ApiClient, name: str) -> None:
        assert (await self.reserve(client, **{name: str(identity(PRIVATE))}))["rule"] == "NOT_QUALIFIED"

    @pytest.mark.parametrize("name", ["meetingType", "type"])
    async def test_the_type(self, client: ApiClient, name: str) -> None:
        assert (await self.reserve(client, **{name: "offsite"}))["rule"] == "MEETING_TYPE_NOT_OFFERED"

    async def test_what_does_not_exist(self, client: ApiClient) -> None:
        assert (await self.reserve(client, topicId=UNKNOWN))["status"] == 404


async def test_a_repeat_answers_the_meeting_whatever_was_configured_since(
    client: ApiClient, configurable: Database
) -> None:
    slot = await client.booked(explicitEmployeeIds=FREJA)
    meeting = ok(await client.create_meeting(slot))
    async with configurable.transaction() as session:
        session.add(EmployeeTopicRow(employee_id=identity("Freja Lindqvist"), topic_id=identity(PENSION)))
    assert ok(await client.create_meeting(slot)) == meeting


async def test_what_was_held_to_move_a_meeting_is_free_when_it_is_cancelled(client: ApiClient) -> None:
    meeting = ok(await client.create_meeting(await client.booked(explicitEmployeeIds=FREJA)))
    offered = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[-1]
    body = reservation(offered, new_token()) | {"existingMeetingId": meeting["id"]}
    held = ok(await client.post("/bookme/time-slots/reserve", body))
    assert offered not in await client.search(explicitEmployeeIds=FREJA, meetingTypes="online")
    ok(await client.http.delete(f"/bookme/meetings/{meeting['id']}", headers=client.headers))
    assert offered in await client.search(explicitEmployeeIds=FREJA, meetingTypes="online")
    told = problem(await client.book(held["id"]), 409, "HOLD_RELEASED")
    assert "was cancelled" in told["message"]
    ok(await client.reserve(offered, body["token"]))


@dataclass(frozen=True)
class Words:
    """What a meeting says, in a time slot that was reserved without a word of it."""

    employee: str
    hour: int
    topic: str
    customer_type: str
    type: MeetingType
    room: str | None

    @property
    def slot(self) -> Json:
        start = next_monday() + timedelta(hours=self.hour)
        end = start + timedelta(hours=1)
        return {"startDate": start.isoformat(), "endDate": end.isoformat(), "employeeId": self.employee}

    @property
    def content(self) -> Json:
        room = {} if self.room is None else {"roomId": self.room}
        return {"topicId": self.topic, "customerTypeId": self.customer_type, "type": str(self.type)} | room

    @property
    def query(self) -> dict[str, str]:
        """The search in these words."""
        room = {} if self.room is None else {"specificRooms": self.room}
        return room | {
            "startDate": self.slot["startDate"],
            "lookForwardTime": "PT1M",
            "meetingDuration": "PT1H",
            "explicitEmployeeIds": self.employee,
            "topic": self.topic,
            "customerTypeId": self.customer_type,
            "meetingTypes": str(self.type),
        }

    def is_met_by(self, offered: list[Json]) -> bool:
        """A meeting without a room is what is offered without one, where rooms are named only if they are required."""
        return any(self.room is not None or not slot["roomId"] for slot in offered)


SAID: Final = st.one_of(
    st.tuples(st.just(MeetingType.PHYSICAL), st.sampled_from(ROOMS)),
    st.tuples(st.sampled_from(MeetingType), st.none()),
)
WORDS: Final = st.builds(
    lambda said, **others: Words(type=said[0], room=said[1], **others),
    said=SAID,
    employee=st.sampled_from(EMPLOYEES),
    hour=st.integers(8, 16),
    topic=st.sampled_from(TOPICS),
    customer_type=st.sampled_from(CUSTOMER_TYPES),
)


@pytest.fixture
async def anywhere(configurable: Database) -> Database:
    async with configurable.transaction() as session:
        await session.execute(sa.text("UPDATE location SET add_rooms_to_booked_meetings = false"))
    return configurable


LIKE_THIS: Final = settings(
    max_examples=repetitions(EXAMPLES),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
    derandomize=False,
    print_blob=True,
)


@pytest.mark.usefixtures("anywhere")
@LIKE_THIS
@given(words=WORDS)
async def test_a_meeting_exists_only_where_search_in_its_own_words_would_have_offered_it(
    client: ApiClient, words: Words
) -> None:
    is_offered = words.is_met_by(await client.search(**words.query))
    reserved = await client.reserve(words.slot)
    if reserved.status_code != 200:
        # Whoever can only meet in a room is reserved with it.
        assert not is_offered or words.room is not None, reserved.text
        return
    slot = ok(await client.book(reserved.json()["id"]))
    answer = await client.create_meeting(slot, bookedBy="employee", **words.content)
    assert (answer.status_code == 200) == is_offered, answer.text
    if is_offered:
        ok(await client.http.delete(f"/bookme/meetings/{answer.json()['id']}", headers=client.headers))
    else:
        problem(answer, 409, "NOT_OFFERED")
        assert (await client.give_back(slot["id"])).status_code == 204
