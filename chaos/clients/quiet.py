"""A well-behaved client: one short journey at a time, at a low rate, for time slots that no other client wants."""

import asyncio
from typing import Final

from chaos.clients.api_client import Service, Wish
from chaos.clients.customers import Customer
from chaos.clients.offers import World

PAUSE: Final = 1.0


class QuietClient:
    """Looks up the topics, searches, books a meeting and cancels it. No other client books in the week of `world`."""

    def __init__(self, service: Service, world: World) -> None:
        self._service = service
        self._customer = Customer(service, world)

    async def live(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            await self._look_up()
            await self._customer.search()
            await self._customer.book_a_meeting()
            await self._customer.cancel()
            await asyncio.sleep(PAUSE)

    async def _look_up(self) -> None:
        path, query = "/bookme/meeting-topics", {"isCustomer": "true"}
        wish = Wish(step="look-up", subject="", method="GET", path=path, query=query)
        await self._service.ask(wish, gives_up=1)
