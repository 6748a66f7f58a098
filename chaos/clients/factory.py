"""The clients of a run, each with its own access token and random numbers."""

from typing import Final

import httpx

from chaos.clients.api_client import Service, dice_of
from chaos.clients.offers import World, next_monday
from chaos.clients.tokens import access_token, signing_key
from chaos.clients.unruly import Behaviour, Order, Unruly
from chaos.record import UNRULY, Writer
from chaos.stack.stack import ISSUER, Stage

CLIENT: Final = "bookme.read bookme.book"
STAFF: Final = f"{CLIENT} bookme.staff"


class Cast:
    def __init__(self, seed: int, stage: Stage, http: httpx.AsyncClient, writer: Writer) -> None:
        self._seed = seed
        self._stage = stage
        self._http = http
        self._writer = writer
        self._key = signing_key(stage.issuer_key)

    def service(self, name: str, scope: str = CLIENT) -> Service:
        audience = self._stage.settings().auth_audience
        token = access_token(self._key, ISSUER, audience, name, scope)
        return Service(name, token, self._http, self._stage.apis, self._writer, dice_of(self._seed, name))

    async def unruly(self, staff: Service, receiver: str) -> Unruly:
        """Return the unruly clients. Their time slots are in another week than those of the other clients."""
        services = {each: self.service(f"{UNRULY}-{each}") for each in Behaviour}
        order = Order(
            behaviour="",
            client="",
            token="",
            seconds=0,
            seed=self._seed,
            apis=self._stage.apis,
            offers=(await World.seen_by(staff, next_monday(3))).offers,
            receiver=receiver,
        )
        return Unruly(order, services, self._writer, self._stage.directory / "unruly.log")
