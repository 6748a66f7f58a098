"""The clients of a run, each with its own access token and random numbers."""

from typing import Final

import httpx

from chaos.clients.api_client import ApiClient, seeded_random
from chaos.clients.inventory import Inventory, next_monday
from chaos.clients.tokens import access_token, signing_key
from chaos.clients.unruly import Behaviour, UnrulyClients, UnrulyTask
from chaos.record import UNRULY, Writer
from chaos.stack.system import ISSUER, SystemUnderTest

CLIENT: Final = "bookme.read bookme.book"
STAFF: Final = f"{CLIENT} bookme.staff"


class ClientFactory:
    def __init__(self, seed: int, system: SystemUnderTest, http: httpx.AsyncClient, writer: Writer) -> None:
        self._seed = seed
        self._system = system
        self._http = http
        self._writer = writer
        self._key = signing_key(system.issuer_key)

    def api_client(self, name: str, scope: str = CLIENT) -> ApiClient:
        audience = self._system.settings().auth_audience
        token = access_token(self._key, ISSUER, audience, name, scope)
        return ApiClient(name, token, self._http, self._system.apis, self._writer, seeded_random(self._seed, name))

    async def unruly(self, staff: ApiClient, receiver: str) -> UnrulyClients:
        """Return the unruly clients. Their time slots are in another week than those of the other clients."""
        api_clients = {each: self.api_client(f"{UNRULY}-{each}") for each in Behaviour}
        task = UnrulyTask(
            behaviour="",
            client="",
            token="",
            seconds=0,
            seed=self._seed,
            apis=self._system.apis,
            offers=(await Inventory.found_by(staff, next_monday(3))).offers,
            receiver=receiver,
        )
        return UnrulyClients(task, api_clients, self._writer, self._system.directory / "unruly.log")
