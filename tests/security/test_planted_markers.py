"""No secret and nothing personal is in any log, trace, error body, metric, or in what Temporal shows.

Texts that occur nowhere else are planted wherever something personal or secret enters. Two names are no secrets, and
stand at the engine by design, never encrypted: a booking's token in its run's id, an `Idempotency-Key` in the id of its
update. Elsewhere they may not be either. An error body names the path that was asked for, and of what was sent ids
alone. Without a key, arguments and results are readable at the engine; with one, nothing is.
"""

from collections.abc import AsyncIterator, Iterator
from itertools import chain
from typing import Final

import httpx
import pytest

from domain.messages.booking import BookingKey
from tests.e2e.topology import Topology
from tests.integration.api.support import eventually
from tests.security.planted.shown_by_temporal import Shown, shown_by
from tests.security.planted.stage import PlantedStack, new_key, staged
from tests.security.planted.story import Scenario
from tests.security.planted.texts import FORMS, Markers, Place, found_in, not_looked_at
from tests.security.planted.trouble import lose_the_database, meet_bugs, refuse
from tests.support.mail_server import Certificate
from tests.support.otlp_receiver import OtlpReceiver, otlp_receiver
from workflows.common.runs import workflow_id

pytestmark = [pytest.mark.xdist_group("planted markers"), pytest.mark.timeout(240)]

RUNS: Final = {
    "BookingWorkflow",
    "MeetingWorkflow",
    "RefreshCalendarsWorkflow",
    "RelayWorkflow",
    "WebhookDeliveryWorkflow",
}
STATUSES: Final = ("400", "401", "403", "404", "405", "409", "412", "413", "415", "500", "503")


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OtlpReceiver]:
    """Of the traces of API and worker."""
    async with otlp_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield receiver


async def everything_happens(stage: PlantedStack) -> Scenario:
    story = await Scenario.begun(stage)
    await refuse(story)
    await story.told()
    await meet_bugs(story)
    await lose_the_database(story)
    await story.finish()
    return story


def told_by_the_api(stage: PlantedStack) -> Iterator[Place]:
    errors = [answer for answer in stage.answers if answer.is_error]
    yield Place("an error body", "\n".join(map(body_of, errors)), STATUSES)


def body_of(answer: httpx.Response) -> str:
    """And the headers; without the path that was asked for, which is named."""
    return f"{answer.status_code} {answer.text} {answer.headers}".replace(answer.request.url.path, "(the path)")


async def told_by_the_processes(stage: PlantedStack, *ids: str) -> list[Place]:
    logs = {"the API's log": ("a bug", "cannot serve now"), "the worker's log": ("worker ready", "InvitationsPending")}
    async with httpx.AsyncClient(trust_env=False) as http:
        of_api = (await stage.http.get("/metrics")).text
        of_worker = (await http.get(f"http://{stage.metrics}/metrics")).text
    return [
        *(Place(process, stage.logged(process), known).without(*ids) for process, known in logs.items()),
        Place("the API's metrics", of_api, ("bookme_http_requests_total", "/bookme/time-slots/reserve")),
        Place("the worker's metrics", of_worker, ("temporal_activity", "deliver_events")),
    ]


async def told_by_traces(collector: OtlpReceiver) -> Place:
    known = ("POST /bookme/time-slots/reserve", "RunActivity:create_meeting", "SQL ", "HTTP POST", "exception.type")

    async def has_come() -> bool:
        return not list(not_looked_at(Place("the traces", "\n".join(map(str, collector.spans())), known)))

    await eventually(has_come)
    return Place("the traces", "\n".join(map(str, collector.spans())), known)


def told_by_the_engine(shown: Shown, *ids: str) -> list[Place]:
    """What people read there, and everything that is no argument and no result."""
    known = ("MeetingCreated", "answered 500", "refused with 550", "Publish events", "BookingStatus")
    names = ("Create the meeting", "Mail version 0", "InvitationsPending", "no connection: 535")
    return [
        Place("words at the engine", "\n".join(shown.words), known).without(*ids),
        Place("texts at the engine", "\n".join(shown.texts), names).without(*ids),
    ]


def ids_of(story: Scenario) -> list[str]:
    """The ids that a reservation token is part of, by design. An `Idempotency-Key` is in none."""
    return [workflow_id(BookingKey(client_id="demo", token=story.stage.markers("reservation token")))]


def nothing_is_found(markers: Markers, *places: Place) -> None:
    unseen = list(chain.from_iterable(map(not_looked_at, places)))
    found = [each for place in places for each in found_in(place, markers.texts)]
    if unseen or found:
        pytest.fail("\n".join(unseen + found), pytrace=False)


@pytest.mark.ci
async def test_nothing_is_told_to_who_only_watches(
    servers: Topology, certificate: Certificate, collector: OtlpReceiver
) -> None:
    markers = Markers()
    async with staged(servers, certificate, markers) as stage:
        story = await everything_happens(stage)
        ids = ids_of(story)
        shown = await shown_by(await servers.engine(), stage.began)
        assert shown.kinds >= RUNS
        places = [
            *told_by_the_api(stage),
            *await told_by_the_processes(stage, *ids),
            *told_by_the_engine(shown, *ids),
            await told_by_traces(collector),
        ]
    nothing_is_found(markers, *places)
    # The same search finds what is known to be there.
    data = Place("data at the engine", "\n".join(shown.raw), ())
    there = {what for what in ("title", "description", "customerId") if any(found_in(data, {what: markers(what)}))}
    assert there == {"title", "description", "customerId"}


@pytest.mark.ci
async def test_with_a_key_nothing_is_readable_at_the_engine(servers: Topology, certificate: Certificate) -> None:
    markers = Markers()
    key, retired = new_key(markers, "encryption key"), new_key(markers, "retired encryption key")
    more = {"payload_keys_retired": f'["{retired}"]', "log_level": "DEBUG"}
    async with staged(servers, certificate, markers, payload_key=key, **more) as stage:
        story = await everything_happens(stage)
        ids = ids_of(story)
        shown = await shown_by(await servers.engine(payload_key=key), stage.began)
        assert shown.kinds >= RUNS
        raw = Place("bytes at the engine", "\n".join(shown.raw), tuple(ids))
        assert not list(not_looked_at(raw))
        places = [
            *told_by_the_api(stage),
            *await told_by_the_processes(stage, *ids),
            Place(raw.name, raw.content, ("create_meeting", "send_invitations")).without(*ids),
        ]
    nothing_is_found(markers, *places)


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_a_text_is_found_however_it_is_written(form: int) -> None:
    text = "a secret ~ of æøå"
    place = Place("a place", f"before {FORMS[form](text)} after", ("before",))
    assert list(found_in(place, {"a secret": text}))
    assert not list(found_in(place, {"a secret": "another"}))


def test_a_name_counts_but_in_its_id() -> None:
    there, alone = (Place("a place", content, ()) for content in ("run booking-demo-a-token", "token a-token"))
    assert list(found_in(there, {"a token": "a-token"}))
    assert not list(found_in(there.without("booking-demo-a-token"), {"a token": "a-token"}))
    assert list(found_in(alone.without("booking-demo-a-token"), {"a token": "a-token"}))


def test_who_finds_nothing_that_is_known_to_be_there_has_not_looked() -> None:
    assert list(not_looked_at(Place("a log", "", ("worker ready",)))) == ["'worker ready' is not in a log"]
