"""A worker that cannot reach PostgreSQL leaves its tasks to those that can, and comes back by itself."""

import pytest

from chaos.faults.proxy import Proxy
from tests.e2e.customer import Customer
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]


def through(topology: Topology, proxy: Proxy) -> str:
    return topology.postgres.url.replace(f":{topology.postgres.port}/", f":{proxy.port}/")


async def workers_of(topology: Topology, customer: Customer) -> set[str]:
    """Return the identities (`pid@host`) of the workers that did tasks of the booking."""
    history = await (await topology.booking(customer.slot["id"])).fetch_history()
    return {each.workflow_task_completed_event_attributes.identity for each in history.events} - {""}


def log_of(topology: Topology, name: str) -> str:
    return (topology.directory / f"{name}.log").read_text()


async def test_a_worker_without_the_database_takes_no_tasks_until_it_is_back(
    topology: Topology, client: ApiClient
) -> None:
    async with Proxy.to(topology.postgres.port) as proxy:
        cut_off = await topology.start_worker(database_url=through(topology, proxy))
        before = log_of(topology, "worker-0").count("worker ready")
        healthy = await topology.start_worker(alone=False)
        proxy.cut()

        async def has_stopped() -> bool:
            return "no tasks are taken" in log_of(topology, "worker-0")

        await topology.until(has_stopped)
        for _ in range(10):
            customer = await Customer.arrived(client)
            await customer.book()
            identities = await workers_of(topology, customer)
            assert identities
            assert not any(each.startswith(f"{cut_off.pid}@") for each in identities)
        proxy.mend()

        async def is_back() -> bool:
            return log_of(topology, "worker-0").count("worker ready") > before

        await topology.until(is_back)
        healthy.kill()
        await healthy.exited()
        topology.workers.remove(healthy)
        await (await Customer.arrived(client)).book()
