"""A worker that publishes and delivers, and is killed at one moment of that.

Run as `python -m tests.e2e.programs.dying_relay <moment> <file>`. It does what `bookme worker` does, until the
moment comes: an event is `published` and no run was told of it, a run was told and it was not noted (`handed_over`), or
a receiver has `answered` and that was not noted. The file exists from then on.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

import httpx
from temporalio.client import Client

from activities.events import RelayActivities
from config.settings import Settings
from config.telemetry import configure_logging
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import Answer, WebhookRequests
from storage.database import Database
from storage.notifications.deliveries import Times
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookRow
from workers.deliveries import make_delivery_worker
from workers.main import SANDBOX, booking_steps, connect_in_the_end, make_worker, stop_requested
from workers.webhook_runs import WebhookRuns


@dataclass(frozen=True)
class Fate:
    """When to die, and what tells of it."""

    moment: str
    file: Path

    def strike_at(self, moment: str) -> None:
        if moment == self.moment:
            self.file.touch()
            os.kill(os.getpid(), Signals.SIGKILL)


class FatefulRuns(WebhookRuns):
    def __init__(self, fate: Fate, client: Client, task_queue: str) -> None:
        super().__init__(client, task_queue)
        self._fate = fate

    async def hand_over(self, client_id: str) -> None:
        self._fate.strike_at("published")
        await super().hand_over(client_id)
        self._fate.strike_at("handed_over")


class FatefulRequests(WebhookRequests):
    def __init__(self, fate: Fate, client: httpx.AsyncClient) -> None:
        super().__init__(client)
        self._fate = fate

    async def post(self, webhook: WebhookRow, event: BookingEventRow, times: Times) -> Answer:
        answer = await super().post(webhook, event, times)
        self._fate.strike_at("answered")
        return answer


async def main(moment: str, file: str) -> None:
    settings = Settings()
    configure_logging(settings)
    client = await connect_in_the_end(settings)
    database = Database(settings.database_url.get_secret_value())
    fate = Fate(moment, Path(file))
    async with (
        outbound_client(private_too=True) as outside,
        make_worker(
            client,
            settings.task_queue,
            *booking_steps(settings, client, database),
            RelayActivities(database, FatefulRuns(fate, client, settings.delivery_task_queue).hand_over),
        ),
        make_delivery_worker(client, settings, database, FatefulRequests(fate, outside), SANDBOX),
    ):
        await stop_requested()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
