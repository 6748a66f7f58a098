"""Random scripts of clients, carried out in real time or in a sandbox, and what became of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import httpx
from hypothesis import strategies as st

from tests.integration.api.sandbox.support import events_of
from tests.support.clients import ApiClient, Json

UNIT: Final = timedelta(seconds=4)
"""Time between two operations of a script."""

RESERVATION_TTL: Final = 2.5 * UNIT
BOOKED_TTL: Final = 3.5 * UNIT
REMINDED_AFTER: Final = 4.5 * UNIT
"""From the beginning. No deadline is at the time of an operation, but half a unit before or after."""

ON_TIME: Final = UNIT / 3
"""Limit of the time for the operations of all scripts at one moment. On a slower machine, real time would decide."""

LENGTH: Final = 6
"""Operations of a script."""

ENDS: Final = LENGTH + 4
"""Units after which nothing of a script is left to come."""

OWN: Final = ("timeSlotId", "meetingId", "clientId", "expiredAt", "before")
"""Members of an event that differ each time."""


class Verb(StrEnum):
    """An operation of a client."""

    RESERVE = "reserve"
    BOOK = "book"
    MEET = "meet"
    MOVE = "move"
    CANCEL = "cancel"
    RELEASE = "release"
    WAIT = "wait"


LIKELY: Final = (Verb.RESERVE, Verb.RESERVE, Verb.BOOK, Verb.BOOK, Verb.MEET, Verb.MEET)
"""A booking comes far only if its steps are drawn more often than its ends."""

OPERATION: Final = st.tuples(st.sampled_from("aab"), st.sampled_from((*LIKELY, *Verb)))
SCRIPT: Final = st.lists(OPERATION, min_size=LENGTH, max_size=LENGTH)

Script = Sequence[tuple[str, Verb]]


class Place(NamedTuple):
    """The free time slot that a script is about, and another start of the same employee."""

    offer: Json
    other_start: str


class Told(NamedTuple):
    """Answers to the operations of a client, and its events."""

    answers: list[str]
    events: list[tuple[str, Json]]


@dataclass
class Player:
    """Carries out one script as a client of its own."""

    client: ApiClient
    script: Script
    place: Place
    slots: dict[str, Json] = field(default_factory=dict)
    meetings: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    async def act(self, number: int) -> None:
        if number < len(self.script):
            token, verb = self.script[number]
            self.answers.append(await self._acts[verb](token))

    @property
    def _acts(self) -> dict[Verb, Callable[[str], Awaitable[str]]]:
        return {
            Verb.RESERVE: self._reserve,
            Verb.BOOK: self._book,
            Verb.MEET: self._meet,
            Verb.MOVE: self._move,
            Verb.CANCEL: self._cancel,
            Verb.RELEASE: self._release,
            Verb.WAIT: self._wait,
        }

    async def _reserve(self, token: str) -> str:
        answer = await self.client.reserve(self.place.offer, token)
        if answer.is_success:
            self.slots[token] = answer.json()
        return told_by(answer)

    async def _book(self, token: str) -> str:
        return told_by(await self.client.book(self.slots[token]["id"])) if token in self.slots else ""

    async def _meet(self, token: str) -> str:
        if token not in self.slots:
            return ""
        answer = await self.client.create_meeting(self.slots[token])
        if answer.is_success:
            self.meetings[token] = answer.json()["id"]
        return told_by(answer)

    async def _move(self, token: str) -> str:
        if token not in self.meetings:
            return ""
        path = f"/bookme/meetings/{self.meetings[token]}/move"
        return told_by(await self.client.post(path, {"startDate": self.place.other_start}))

    async def _cancel(self, token: str) -> str:
        if token not in self.meetings:
            return ""
        path = f"/bookme/meetings/{self.meetings[token]}"
        return told_by(await self.client.http.delete(path, headers=self.client.headers))

    async def _release(self, token: str) -> str:
        return told_by(await self.client.give_back(self.slots[token]["id"])) if token in self.slots else ""

    async def _wait(self, _token: str) -> str:
        return ""

    async def told(self) -> Told:
        return Told(self.answers, [_plain(each) for each in await events_of(self.client)])


def _plain(event: Json) -> tuple[str, Json]:
    return event["type"], {name: value for name, value in event["data"].items() if name not in OWN}


def told_by(answer: httpx.Response) -> str:
    return str(answer.json()["reason"] if answer.is_error else answer.status_code)


async def play(
    players: Sequence[Player], wait_until: Callable[[datetime], Awaitable[None]], began: datetime
) -> list[Told] | None:
    """Carry out all scripts at once, one operation of each every unit. Return None if the machine was too slow."""
    for number in range(ENDS + 1):
        await wait_until(began + number * UNIT)
        woken = time.monotonic()
        await asyncio.gather(*(player.act(number) for player in players))
        if time.monotonic() > woken + ON_TIME.total_seconds():
            return None
    return [await player.told() for player in players]


async def places(client: ApiClient, count: int) -> list[Place]:
    """Free time slots that nobody else's script touches."""
    offers = await client.search(meetingTypes="online")
    found: dict[tuple[str, str], list[Json]] = {}
    for offer in offers:
        found.setdefault((offer["employeeId"], offer["startDate"][:10]), []).append(offer)
    apart = [(day[0], day[-1]["startDate"]) for day in found.values() if ends_before(day[0], day[-1])]
    assert len(apart) >= count
    return [Place(*each) for each in apart[:count]]


def ends_before(first: Json, last: Json) -> bool:
    hour = timedelta(hours=1)
    return datetime.fromisoformat(first["endDate"]) + hour <= datetime.fromisoformat(last["startDate"])
