"""A model books with the tools: whole journeys, lost answers, races, questions to the user."""

import asyncio
from datetime import datetime, timedelta

import pytest
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.agents.conftest import CUSTOMER, HttpServer, Json, by_stdio
from tests.python_client.conftest import LATER, count_of
from tests.python_client.lossy_proxy import Loss, LossyProxy

pytestmark = pytest.mark.ci

CREATE = "^POST /bookme/meetings$"
RESERVE = "^POST /bookme/time-slots/reserve$"


async def test_a_meeting_from_its_topic_to_its_cancellation(
    proxy: LossyProxy, database: Database, worker: None
) -> None:
    """By stdio and without settings but the address. The API's answers to the steps that book are lost once each."""
    async with by_stdio(BOOKME_MCP_API_URL=proxy.url) as model:
        offers = await model.offers()
        assert len(offers) == 8
        for step in (RESERVE, CREATE):
            proxy.lose(step, Loss.ANSWER)
        held = await model.result("hold_time_slot", **offers[0], customer_id=CUSTOMER)
        hold = {"hold_id": held["hold"]["hold_id"], "customer_id": CUSTOMER}
        assert (held["hold"]["status"], held["hold"]["start"]) == ("held", offers[0]["start"])

        unasked = await model.result("confirm", **hold, title="Advice")
        assert (unasked["done"], await count_of(database, "meeting")) == (False, 0)
        assert "user_agreed=true" in unasked["next"]
        assert f"the online meeting “Advice” on {offers[0]['start']} with {held['hold']['employee']}" in unasked["next"]

        booked = await model.result("confirm", **hold, title="Advice", user_agreed=True)
        assert (booked["done"], booked["meeting"]["title"], booked["meeting"]["start"]) == (
            True,
            "Advice",
            offers[0]["start"],
        )
        assert proxy.has_lost_everything

        meeting = {"meeting_id": booked["meeting"]["meeting_id"]}
        later = (datetime.fromisoformat(offers[0]["start"]) + LATER).isoformat()
        stays = await model.result("move_meeting", **meeting, new_start=later)
        assert (stays["done"], stays["meeting"]["start"]) == (False, offers[0]["start"])
        for _ in range(2):
            moved = await model.result("move_meeting", **meeting, new_start=later, user_agreed=True)
            assert datetime.fromisoformat(moved["meeting"]["start"]) == datetime.fromisoformat(later)
        assert not (await model.result("cancel_meeting", **meeting))["done"]
        for _ in range(2):
            gone = await model.result("cancel_meeting", **meeting, reason="ill", user_agreed=True)
            assert (gone["meeting"]["status"], gone["meeting"]["cancellation_reason"]) == ("Cancelled", "ill")
        found = await model.result("look_up_outcome", customer_id=CUSTOMER)
        assert ([each["status"] for each in found["meetings"]], found["holds"]) == (["Cancelled"], [])


async def test_a_model_that_loses_an_answer_and_repeats_its_call_books_once(
    mcp_http: HttpServer, database: Database
) -> None:
    """The answers of the tools are lost between the MCP server and the model, which then calls again."""
    async with LossyProxy.to(int(mcp_http.url.rpartition(":")[2].partition("/")[0])) as lossy:
        async with mcp_http.model(through=f"{lossy.url}/mcp") as model:
            offer = (await model.offers())[0]

        async def repeated(tool: str, **arguments: object) -> Json:
            """Call the tool, lose its answer, and call it again with the same arguments, in a new conversation."""

            async def unanswered() -> None:
                async with mcp_http.model(through=f"{lossy.url}/mcp") as model:
                    lossy.lose("^POST /mcp", Loss.ANSWER)
                    await model.call(tool, **arguments)

            with pytest.raises(ExceptionGroup):
                await unanswered()
            assert lossy.has_lost_everything
            async with mcp_http.model(through=f"{lossy.url}/mcp") as model:
                return await model.result(tool, **arguments)

        hold = (await repeated("hold_time_slot", **offer, customer_id=CUSTOMER))["hold"]
        assert await count_of(database, "time_slot") == 1
        confirmed = {"hold_id": hold["hold_id"], "customer_id": CUSTOMER, "title": "Advice", "user_agreed": True}
        booked = await repeated("confirm", **confirmed)
        assert (booked["done"], await count_of(database, "meeting"), await count_of(database, "time_slot")) == (
            True,
            1,
            1,
        )

        async with mcp_http.model() as model:
            other_title = await model.result("confirm", **confirmed | {"title": "Other"})
            assert other_title["meeting"] == booked["meeting"]
            found = await model.result("look_up_outcome", customer_id=CUSTOMER)
            assert [each["meeting_id"] for each in found["meetings"]] == [booked["meeting"]["meeting_id"]]
            forgetful = await model.refusal("hold_time_slot", **(await model.offers())[1], customer_id=CUSTOMER)
            assert booked["meeting"]["meeting_id"] in forgetful
            assert "move_meeting" in forgetful
            again = (await model.offers())[1] | {"customer_id": CUSTOMER, "additional_meeting": True}
            assert (await model.result("hold_time_slot", **again))["hold"]["status"] == "held"
    assert await count_of(database, "meeting") == 1


async def test_one_of_two_holds_wins_and_a_customer_has_one_hold(mcp_http: HttpServer, database: Database) -> None:
    """Both customers are of the same client."""
    async with mcp_http.model() as model:
        first = (await model.offers())[0]
        calls = [model.call("hold_time_slot", **first, customer_id=each) for each in ("one", "two")]
        answers = await asyncio.gather(*calls)
        (lost,) = [each for each in answers if each.is_error]
        assert "TIME_SLOT_TAKEN" in str(lost.content)
        winner = "one" if answers[1].is_error else "two"
        assert await count_of(database, "time_slot") == 1

        # A physical meeting has a room, and somebody else's attempt has none: it must not replace the hold.
        (in_a_room, *_) = await model.offers("physical")
        held = await model.result("hold_time_slot", **in_a_room, customer_id="three")
        assert "is not free" in await model.refusal("hold_time_slot", **in_a_room, customer_id="four")
        assert (await model.result("look_up_outcome", customer_id="three"))["holds"][0]["room"] == held["hold"]["room"]

        # Only now: the employee of the physical meeting is no longer offered at that time.
        second = (await model.offers())[0]
        await model.result("hold_time_slot", **second, customer_id=winner)
        found = await model.result("look_up_outcome", customer_id=winner)
        assert [each["start"] for each in found["holds"]] == [second["start"]]
    async with mcp_http.model("another-client") as stranger:
        assert (await stranger.result("look_up_outcome", customer_id=winner))["holds"] == []
        refused = await stranger.refusal("confirm", hold_id=found["holds"][0]["hold_id"], customer_id=winner)
        assert "nothing was booked" in refused


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_user_is_asked_before_what_is_final(mcp_http: HttpServer, database: Database, mode: str) -> None:
    """A client that can ask its user: the argument `user_agreed` of the model has no effect."""
    asked: list[str] = []
    answers = [
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
        ElicitResult(action="accept", content={"agreed": False}),
        ElicitResult(action="accept", content={"agreed": True}),
        ElicitResult(action="decline"),
    ]

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return answers[len(asked) - 1]

    async with mcp_http.model(mode=mode, asked=answer) as model:
        held = await model.held()
        hold = {"hold_id": held["hold_id"], "customer_id": CUSTOMER, "user_agreed": True}
        for _ in range(3):
            refused = await model.result("confirm", **hold)
            assert (refused["done"], await count_of(database, "meeting")) == (False, 0)
        booked = await model.result("confirm", **hold)
        assert (booked["done"], await count_of(database, "meeting")) == (True, 1)
        assert await model.result("confirm", **hold) == booked

        meeting_id = booked["meeting"]["meeting_id"]
        kept = await model.result("cancel_meeting", meeting_id=meeting_id, user_agreed=True)
        assert (kept["done"], kept["meeting"]["status"]) == (False, "Planned")
    assert len(asked) == 5
    assert all(held["start"] in question and held["employee"] in question for question in asked)


class TestExpiry:
    @pytest.fixture
    def terms(self) -> BookingLimits:
        second = timedelta(seconds=1)
        return BookingLimits(reservation_ttl=second, booked_ttl=second, max_holds=500)

    async def test_a_hold_that_has_expired_is_told(self, mcp_http: HttpServer, database: Database) -> None:
        async with mcp_http.model() as model:
            hold = await model.held()
            async with asyncio.timeout(30):
                while (await model.result("look_up_outcome", customer_id=CUSTOMER))["holds"]:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.1)
            refused = await model.refusal("confirm", hold_id=hold["hold_id"], customer_id=CUSTOMER, user_agreed=True)
        assert "find_time_slots" in refused
        assert await count_of(database, "meeting") == 0
