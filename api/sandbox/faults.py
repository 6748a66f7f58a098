"""Lets the next request of a client fail, as the client has asked for."""

import asyncio
from collections.abc import Collection
from typing import Final

from api.auth.principals import Principal
from api.http.errors import Unavailable
from domain.errors import Reason, TimeSlotTaken
from storage.database import Database
from storage.sandbox.faults import Fault, take_fault

SLOW_SECONDS: Final = 5.0
PATHS: Final = "/sandbox/"
"""Beginning of the paths of a sandbox, whose requests have no simulated faults."""


class Faults:
    """Carries out the faults of a sandbox. All processes of the API share them through the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def strike(self, principal: Principal, path: str, reasons: Collection[Reason]) -> None:
        """Carry out the fault of this client, if there is one. `reasons` are those that the operation can answer.

        Raises:
            TimeSlotTaken, Unavailable: the client has asked for it.

        """
        if path.startswith(PATHS):
            return
        possible = [each for each in Fault if each is not Fault.TIME_SLOT_TAKEN or Reason.TIME_SLOT_TAKEN in reasons]
        async with self._database.autocommit() as session:
            fault = await take_fault(session, principal.client_id, possible)
        match fault:
            case Fault.TIME_SLOT_TAKEN:
                raise TimeSlotTaken
            case Fault.SERVICE_UNAVAILABLE:
                raise Unavailable("The sandbox simulates a fault.")
            case Fault.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
