"""A well-behaved client: one short journey at a time, at a low rate, for time slots that no other client wants."""

import asyncio
from typing import Final

from chaos.clients.api_client import ApiClient, ApiRequest
from chaos.clients.customers import Customer
from chaos.clients.inventory import Inventory

PAUSE: Final = 1.0


class QuietClient:
    """Looks up the topics, searches, books a meeting and cancels it. Nobody else books what `inventory` offers."""

    def __init__(self, api_client: ApiClient, inventory: Inventory) -> None:
        self._api_client = api_client
        self._customer = Customer(api_client, inventory)

    async def run(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            await self._look_up()
            await self._customer.search()
            await self._customer.book_a_meeting()
            await self._customer.cancel()
            await asyncio.sleep(PAUSE)

    async def _look_up(self) -> None:
        path, query = "/bookme/meeting-topics", {"isCustomer": "true"}
        request = ApiRequest(step="look-up", subject="", method="GET", path=path, query=query)
        await self._api_client.send(request, giving_up=1)
