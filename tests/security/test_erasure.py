"""After `bookme admin erase`, no text about the customer is left in the database or in Temporal."""

import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from typing import Final

import pytest

from tests.e2e.topology import Topology
from tests.integration.api.support import answered
from tests.security.planted.shown_by_temporal import shown_by
from tests.security.planted.stage import PlantedStack, staged
from tests.security.planted.story import Scenario
from tests.security.planted.texts import Markers, Place, found_in
from tests.support.clients import reservation
from tests.support.mail_server import Certificate

pytestmark = [pytest.mark.xdist_group("planted markers"), pytest.mark.timeout(240), pytest.mark.ci]

ABOUT_THE_CUSTOMER: Final = (
    *("customerId", "title", "description", "salesforceId"),
    *("another title", "another description", "another salesforceId", "another videoLink"),
    "reason to cancel",
)
TABLES: Final = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


async def erase(stage: PlantedStack) -> tuple[int, str]:
    """Run the command as an operator does. Return its exit status and what it printed."""
    settings = {
        "BOOKME_DATABASE_URL": stage.topology.postgres.running_url,
        "BOOKME_TASK_QUEUE": stage.topology.settings().task_queue,
    }
    command = ("-m", "cli", "admin", "erase", "--customer", stage.markers("customerId"), "--reason", "request", "--yes")
    process = await create_subprocess_exec(
        sys.executable, *command, env={**stage.topology.environment(), **settings}, stdout=PIPE, stderr=PIPE
    )
    printed, complained = await process.communicate()
    return process.returncode or 0, (printed + complained).decode()


async def still_there(stage: PlantedStack) -> list[str]:
    """Return where the texts about the customer are: in rows, and in what Temporal has of its runs."""
    names = [row["name"] for row in await stage.topology.query(TABLES)]
    rows = {name: await stage.topology.query(f"SELECT t::text AS row FROM {name} AS t") for name in names}
    shown = await shown_by(await stage.topology.engine(), stage.began)
    places = [Place(f"table {name}", "\n".join(row["row"] for row in found), ()) for name, found in rows.items()]
    places.append(Place("Temporal", "\n".join(shown.raw), ()))
    about = {what: stage.markers(what) for what in ABOUT_THE_CUSTOMER}
    return [each for place in places for each in found_in(place, about)]


async def hold_for_the_customer(stage: PlantedStack, story: Scenario) -> str:
    slot = (await story.client.search(meetingTypes="online"))[-1]
    body = reservation(slot, "a hold of the customer") | {"customerId": stage.markers("customerId")}
    held = await answered(lambda: story.client.post("/bookme/time-slots/reserve", body))
    return str(held["id"])


async def test_no_text_about_the_customer_is_left(servers: Topology, certificate: Certificate) -> None:
    async with staged(servers, certificate, Markers()) as stage:
        story = await Scenario.begun(stage)
        await story.told()
        status, said = await erase(stage)
        assert (status, story.meeting["id"] in said) == (1, True), "a coming meeting must be cancelled first"
        await story.finish()
        held = await hold_for_the_customer(stage, story)
        status, said = await erase(stage)
        assert (status, held in said) == (1, True), "a hold must be released first"
        await story.client.give_back(held)
        found = "\n".join(await still_there(stage))
        assert all(f"{what} in " in found for what in ABOUT_THE_CUSTOMER), "the search finds what is there"

        async def is_erased() -> bool:
            return (await erase(stage))[0] == 0

        await stage.topology.until(is_erased)
        assert await still_there(stage) == []
        assert "no personal data" in (await erase(stage))[1], "a repeat says that it is done"
