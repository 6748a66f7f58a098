"""A running stack exports what rules and dashboards ask for."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from config.ports import LOOPBACK, free_port
from domain.errors import Reason
from tests.docs.runbooks import blocks
from tests.e2e.customer import Customer, accepted, crowd
from tests.e2e.topology import API_PROCESSES, ROOT, Topology
from tests.monitoring.names import DASHBOARDS, exported_metrics, named_metrics, panels, queries
from tests.support.clients import ApiClient
from tests.support.mail_server import mail_server
from tests.support.prometheus import PROGRAM, prometheus
from tests.support.webhook_receiver import webhook_receiver
from workers.prepare import prepare_temporal
from workflows.common.runs import BOOKING_WORKFLOW

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]

METRICS_OF_THE_GUIDE: Final = (
    (ROOT / "docs/operations/observing.md").read_text().split("## Metrics\n")[1].split("\n## ")[0]
)
INTERVAL: Final = "$__rate_interval"
EMPTY: Final = {"Firing alerts of BookMe", "Failures by route"}
"""Panels that have no data while nothing is wrong."""

BUCKET: Final = re.compile(r'(\w+_bucket)\{[^}]*le="([^"]+)"')


@dataclass(frozen=True)
class Monitored:
    """An API of two processes and a worker, with the addresses of their metrics."""

    topology: Topology
    client: ApiClient
    receiver: str
    addresses: tuple[str, str]

    async def exercise(self) -> None:
        """Book two meetings, leave a hold alone, want a taken time slot, and start a run whose task fails."""
        accepted(await self.client.post("/bookme/webhooks", {"url": self.receiver}))
        abandoned, *others = await crowd(self.client, (1, 3, 3))
        for customer in (abandoned, *others):
            await customer.book()
        refused = await self.client.reserve(others[0].wanted)
        assert (refused.status_code, refused.json()["reason"]) == (409, Reason.TIME_SLOT_TAKEN)
        engine = await self.topology.engine()
        # Its input cannot be read.
        await engine.start_workflow(BOOKING_WORKFLOW, "no booking", id="unreadable", task_queue="bookings")

    async def scrape(self) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            return "\n".join([(await http.get(f"{address}/metrics")).text for address in self.addresses])

    async def until_exported(self, pattern: str) -> None:
        """Wait until a line of the metrics begins like this."""

        async def is_exported() -> bool:
            return re.search(f"^{pattern}", await self.scrape(), re.MULTILINE) is not None

        await self.topology.until(is_exported)


@pytest.fixture
async def monitored(topology: Topology) -> AsyncIterator[Monitored]:
    await prepare_temporal(topology.settings(), environment=topology.environment())
    address = f"{LOOPBACK}:{free_port()}"
    async with mail_server() as post, webhook_receiver() as receiver:
        _, (child, url) = await asyncio.gather(
            topology.start_worker(
                worker_metrics_address=address,
                reservation_ttl="PT10S",
                smtp_host=LOOPBACK,
                smtp_port=str(post.port),
                smtp_security="none",
            ),
            topology.start_api(processes=API_PROCESSES),
        )
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
            client = await ApiClient.authorised(http, "demo")
            yield Monitored(topology, client, receiver.url, (url, f"http://{address}"))
        child.kill()
        await child.exited()
        await topology.end_workers()
        await topology.pause_schedules()


async def test_every_metric_of_a_rule_or_a_dashboard_is_exported(monitored: Monitored) -> None:
    await monitored.exercise()

    async def is_exported() -> bool:
        return named_metrics() <= exported_metrics(await monitored.scrape())

    try:
        await monitored.topology.until(is_exported)
    except TimeoutError:
        assert named_metrics() - exported_metrics(await monitored.scrape()) == set()
    shown = await monitored.scrape()
    ours = {re.sub("_(bucket|count|sum)$", "", name) for name in exported_metrics(shown) if name.startswith("bookme_")}
    assert ours == set(re.findall(r"`(bookme_\w+)`", METRICS_OF_THE_GUIDE))
    missing = [
        (bucket, bound)
        for bucket, bound in {each for query in queries() for each in BUCKET.findall(query)}
        if not re.search(rf'^{bucket}\{{[^}}]*le="{re.escape(bound)}"', shown, re.MULTILINE)
    ]
    assert missing == [], "a bound that is no bound of a bucket"
    for ending in ("MeetingCreated", "Expired"):
        await monitored.until_exported(rf'bookme_bookings_ended_total\{{[^}}]*ending="{ending}"[^}}]*\}} [12]$')
    await monitored.until_exported(r'bookme_mails_total\{[^}]*outcome="Sent"')
    await monitored.until_exported(r'bookme_webhook_attempts_total\{[^}]*ended="Delivered"')
    await monitored.until_exported(r'bookme_refusals_total\{reason="TIME_SLOT_TAKEN"\} [1-9]')
    await monitored.until_exported(r'bookme_journey_requests_total\{outcome="done",step="create_meeting"\} 2')


@pytest.mark.skipif(PROGRAM is None, reason="Prometheus comes with Debian's package `prometheus`")
async def test_prometheus_evaluates_the_rules_and_has_data_for_the_panels(monitored: Monitored, tmp_path: Path) -> None:
    until = monitored.topology.until
    asked = {
        (dashboard.name, panel["title"], target["legendFormat"]): target["expr"].replace(INTERVAL, "1m")
        for dashboard in DASHBOARDS
        for panel in panels(dashboard)
        for target in panel["targets"]
    }
    without_data = {name for name in asked if name[1] not in EMPTY}
    async with prometheus(tmp_path, [address.removeprefix("http://") for address in monitored.addresses]) as server:

        async def scrapes_both() -> bool:
            return await server.is_ready() and len(await server.series("up == 1")) == len(monitored.addresses)

        async def is_complete() -> bool:
            for name in sorted(without_data):
                if await server.series(asked[name]):
                    without_data.remove(name)
            return not without_data and not await server.failed_rules()

        await until(scrapes_both)
        await monitored.exercise()
        try:
            await until(is_complete)
        except TimeoutError:
            assert (without_data, await server.failed_rules()) == (set(), [])
        for query in (*asked.values(), *(block.text for block in blocks("promql"))):
            await server.series(query)


async def test_several_processes_show_the_state_once_and_say_when_it_is_unknown(
    monitored: Monitored,
) -> None:
    topology = monitored.topology
    customer = await Customer.arrived(monitored.client, steps=2)
    await customer.book()
    await monitored.until_exported(r'bookme_holds\{state="booked"\} 1\.0$')
    await topology.postgres.stop()
    try:
        await monitored.until_exported(r"bookme_database_up 0\.0$")
        await monitored.until_exported(r'bookme_holds\{state="booked"\} NaN$')
        assert "bookme_engine_up 1.0" in await monitored.scrape()
    finally:
        await topology.postgres.start()
    await monitored.until_exported(r"bookme_database_up 1\.0$")
    await monitored.until_exported(r'bookme_holds\{state="booked"\} 1\.0$')
