"""The customer of a hold is known if the client said it, also after the hold has expired; clients are not told."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.integration.api.support import eventually, new_token, ok, problem
from tests.support.clients import ApiClient, Json, reservation

ANN, BO = "customer-4711", "customer-4712"


async def reserved(client: ApiClient, slot: Json, token: str, **customer: str) -> Json:
    return ok(await client.post("/bookme/time-slots/reserve", reservation(slot, token) | customer))


async def customers(database: Database) -> list[tuple[str, str | None]]:
    """The types of all events, and the customers of their rows."""
    async with database.transaction() as session:
        rows = await session.execute(sa.text("SELECT kind, customer_id FROM booking_event ORDER BY id"))
    return [(kind, customer) for kind, customer in rows]


class TestOfAnExpiredHold:
    @pytest.fixture
    def terms(self) -> BookingLimits:
        soon = timedelta(seconds=1)
        return BookingLimits(reservation_ttl=soon, booked_ttl=soon, max_holds=500)

    async def test_is_known(self, client: ApiClient, database: Database) -> None:
        await reserved(client, (await client.search())[0], new_token(), customerId=ANN)

        async def has_expired() -> bool:
            return ("booking.expired", ANN) in await customers(database)

        await eventually(has_expired)
        assert await customers(database) == [("booking.reserved", ANN), ("booking.expired", ANN)]
        answer = await client.get("/bookme/events")
        assert ok(answer)["events"]
        assert ANN not in answer.text


async def test_goes_with_the_hold_and_not_into_answers(client: ApiClient, database: Database) -> None:
    token = new_token()
    held = await reserved(client, (await client.search())[0], token, customerId=ANN)
    booked = ok(await client.book(held["id"]))
    assert ANN not in f"{held} {booked}"
    await client.give_back(held["id"])
    assert await customers(database) == [
        ("booking.reserved", ANN),
        ("booking.booked", ANN),
        ("booking.released", ANN),
    ]


async def test_the_meetings_own_is_that_of_its_events(client: ApiClient, database: Database) -> None:
    held = await reserved(client, (await client.search())[0], new_token(), customerId=ANN)
    meeting = ok(await client.create_meeting(ok(await client.book(held["id"])), customerId=BO))
    ok(await client.http.delete(f"/bookme/meetings/{meeting['id']}", headers=client.headers))
    assert (await customers(database))[2:] == [("meeting.created", BO), ("meeting.cancelled", BO)]


async def test_a_meeting_names_the_customer_of_a_hold_without_one(client: ApiClient, database: Database) -> None:
    ok(await client.create_meeting(await client.booked(), customerId=BO))
    assert [customer for _, customer in await customers(database)] == [None, None, BO]


async def test_a_repeat_does_not_change_it(client: ApiClient, database: Database) -> None:
    offered, token = (await client.search())[0], new_token()
    first = await reserved(client, offered, token, customerId=ANN)
    assert await reserved(client, offered, token, customerId=BO) == first
    assert await reserved(client, offered, token) == first
    assert await customers(database) == [("booking.reserved", ANN)]


async def test_a_hold_in_place_of_another_has_its_own(client: ApiClient, database: Database) -> None:
    offered, token = await client.search(), new_token()
    await reserved(client, offered[0], token, customerId=ANN)
    await reserved(client, offered[-1], token, customerId=BO)
    expected = [("booking.reserved", ANN), ("booking.released", ANN), ("booking.reserved", BO)]
    assert await customers(database) == expected


@pytest.mark.parametrize("customer", ["", "x" * 201, "a\nb", 4711])
async def test_what_is_no_name(client: ApiClient, customer: object) -> None:
    body = reservation((await client.search())[0]) | {"customerId": customer}
    answer = problem(await client.post("/bookme/time-slots/reserve", body), 400)
    assert answer["errors"][0]["pointer"] == "/customerId"
