"""A client whose webhooks' receiver never answers stops nobody: bookings go on, and its requests are few at a time."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from benchmarks.dead_receivers import DeadReceiver, attack
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import authorise, free_hours
from benchmarks.workload.quiet_client import time_reservations
from tests.e2e.topology import Topology
from workers.prepare import prepare_temporal
from workflows.common.runs import WEBHOOK_DELIVERY_WORKFLOW

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]

WEBHOOKS = 50
GIVEN_BACK = 46
MOST_RUNS = 50
"""Of deliveries, those of other tests of the session included; there is one a client."""
SECONDS = 10
MOST_MILLISECONDS = 3_000
MOST_TIMES = 5
"""Far more than the attack costs: the machine of the test may be busy with other things meanwhile."""


@pytest.fixture
async def services(topology: Topology) -> AsyncIterator[tuple[Service, Service]]:
    """The quiet client and the attacker."""
    await prepare_temporal(topology.settings(), environment=topology.environment())
    child, url = await topology.start_api(max_webhooks=str(WEBHOOKS))
    await topology.start_worker()
    port = urlsplit(url).port or 0
    quiet, attacker = Service(port), Service(port)
    await authorise(quiet, "quiet")
    await authorise(attacker, "attacker")
    yield quiet, attacker
    quiet.close()
    attacker.close()
    child.kill()
    await child.exited()


async def test_a_quiet_client_books_while_another_clients_receiver_is_dead(
    topology: Topology, services: tuple[Service, Service]
) -> None:
    quiet, attacker = services
    slots = await free_hours(quiet)
    own, others = slots[:GIVEN_BACK], iter(slots[GIVEN_BACK:])
    alone, _, _ = (await time_reservations(quiet, others, 3)).milliseconds
    begun = asyncio.Event()
    async with DeadReceiver.listening() as receiver:
        attacking = asyncio.create_task(attack(attacker, receiver.url, own, webhooks=WEBHOOKS, begun=begun))
        await begun.wait()
        attacked, _, _ = (await time_reservations(quiet, others, SECONDS)).milliseconds
        attacking.cancel()
        await asyncio.gather(attacking, return_exceptions=True)
        assert receiver.connections > 0
        assert receiver.most_open <= 10, "more requests at once than one client may have"
    runs = await (await topology.engine()).count_workflows(f"WorkflowType = '{WEBHOOK_DELIVERY_WORKFLOW}'")
    assert runs.count <= MOST_RUNS, "the attack multiplies runs"
    assert attacked < max(MOST_MILLISECONDS, MOST_TIMES * alone)
