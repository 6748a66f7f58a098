"""Fifty clients, two API processes, two workers, one time slot."""

import asyncio
import logging
import time
from collections import Counter
from functools import partial

import httpx
import pytest

from tests.e2e.topology import API_PROCESSES, Topology
from tests.integration.api.support import settled
from tests.support.clients import ApiClient

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]

CLIENTS = 50
MOST_RUNS = 5
BOUND = 30.0
"""Seconds; on an idle machine it takes less than one."""


async def runs_of(topology: Topology, client_id: str) -> int:
    """How many runs were ever started for clients whose names begin so, once the engine's index knows of them."""
    client = await topology.engine()
    return (await client.count_workflows(f"WorkflowId STARTS_WITH 'booking-{client_id}'")).count


async def test_fifty_clients_race_for_one_time_slot(topology: Topology, http: httpx.AsyncClient) -> None:
    await topology.standing_worker()
    await topology.start_worker(alone=False)
    assert (API_PROCESSES, len(topology.workers)) == (2, 2)
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=topology.url, trust_env=False, timeout=30, limits=limits) as crowd:
        racers = [await ApiClient.authorised(crowd, f"racer{number}") for number in range(CLIENTS)]
        slot = (await racers[0].search(meetingTypes="online"))[0]
        await asyncio.gather(*(racer.get("/config/rooms") for racer in racers))
        started = time.monotonic()
        answers = await asyncio.gather(*(settled(partial(racer.reserve, slot, "token")) for racer in racers))
        seconds = time.monotonic() - started
    log.info("%d clients raced for %.2f s", CLIENTS, seconds)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CLIENTS - 1}
    refusals = {answer.json()["reason"] for answer in answers if answer.status_code == 409}
    assert refusals == {"TIME_SLOT_TAKEN"}
    assert len((await topology.stored())["time_slot"]) == 1
    assert 1 <= await runs_of(topology, "racer") <= MOST_RUNS
    assert seconds < BOUND
