"""Carries out a request with an `Idempotency-Key` once, and answers its repeats from the outcome that was kept."""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.principals import Principal
from api.route import parse_json
from domain.errors import BookMeError, Gone, HoldExpired, HoldReleased, NotFound
from storage.database import Database
from storage.idempotency import NOT_KEPT, Outcome, claim_key, keep_outcome, lock_key

Answer = TypeVar("Answer")

Made = Mapping[str, Any]
"""Names the resource of a request, in JSON, so that it can be shown again."""

Act = Callable[[AsyncSession], Awaitable[Made]]
Show = Callable[[AsyncSession, Made], Awaitable[Answer]]

IF_MATCH: Final = "If-Match"


async def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request, and the `Idempotency-Key` that it may have. `seed` is secret: with a key, repeats have the same."""

    request: Request
    database: Database
    key: str | None
    _random: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def seed(self) -> bytes:
        return self._random if self.key is None else self.key.encode()

    def digest(self, principal: Principal) -> str | None:
        """The name under which the key is stored. A digest, because secrets are derived from the key."""
        if self.key is None:
            return None
        return hashlib.sha256(f"{principal.client_id}\n{self.key}".encode()).hexdigest()

    async def once(
        self, principal: Principal, act: Act, show: Show[Answer], prepare: Callable[[], Awaitable[None]] = _nothing
    ) -> Answer:
        """Act, keep the outcome and show the resource, in one transaction. A repeat shows the resource as it is now.

        `prepare` checks what no transaction should wait for; a repeat does not need it.

        Raises:
            BookMeError: the refusal, in a repeat too.
            Gone: the request was carried out before, and its resource is not there any more.
            IdempotencyKeyReused: the key stands for another request.

        """
        key = self.digest(principal)
        if key is None:
            await prepare()
            async with self.database.transaction() as session:
                return await show(session, await act(session))
        fingerprint = await fingerprint_of(self.request)
        if prepare is not _nothing and not await self._is_decided(key):
            await prepare()
        try:
            async with self.database.transaction() as session:
                outcome = await claim_key(session, key, fingerprint)
                if outcome is None:
                    made = await act(session)
                    await keep_outcome(session, key, Outcome(made))
                    return await show(session, made)
        except BookMeError as refused:
            outcome = await self._keep(key, fingerprint, refused)
        return await self._repeat(outcome, show)

    async def once_elsewhere(
        self,
        principal: Principal,
        act: Callable[[], Awaitable[Answer]],
        name: Callable[[Answer], Made],
        show: Show[Answer],
    ) -> Answer:
        """The same for an act that has transactions of its own, in another process perhaps.

        An act that cannot be done twice keeps its outcome itself, under `digest`. Raises as `once` does.
        """
        key = self.digest(principal)
        if key is None:
            return await act()
        fingerprint = await fingerprint_of(self.request)
        async with self.database.transaction() as session:
            outcome = await claim_key(session, key, fingerprint)
        if outcome is None:
            try:
                answer = await act()
            except BookMeError as refused:
                outcome = await self._keep(key, fingerprint, refused)
            else:
                made = name(answer)
                async with self.database.transaction() as session:
                    outcome = await keep_outcome(session, key, Outcome(made))
                if outcome.made == made:
                    return answer
        return await self._repeat(outcome, show)

    async def _is_decided(self, key: str) -> bool:
        async with self.database.transaction() as session:
            return await lock_key(session, key) is not None

    async def _keep(self, key: str, fingerprint: str, refused: BookMeError) -> Outcome:
        """Keep the refusal, unless another request has decided the outcome. Raises a refusal that decides nothing."""
        if refused.reason in NOT_KEPT:
            raise refused
        async with self.database.transaction() as session:
            return await claim_key(session, key, fingerprint) or await keep_outcome(
                session, key, Outcome(refused=refused)
            )

    async def _repeat(self, outcome: Outcome, show: Show[Answer]) -> Answer:
        if outcome.refused is not None or outcome.made is None:
            raise outcome.refused or AssertionError("an outcome is one or the other")
        try:
            async with self.database.transaction() as session:
                return await show(session, outcome.made)
        except (NotFound, HoldExpired, HoldReleased) as ended:
            raise gone(ended, outcome.made) from ended


def gone(ended: BookMeError, made: Made) -> Gone:
    """The answer to a repeat, made of what a new request would be told: without the advice to book again."""
    kind, identity = str(ended.facts.get("kind", "time slot")), str(made.get("id", ""))
    match ended:
        case HoldExpired():
            return Gone(kind, identity, f"its hold expired at {ended.facts.get('expiredAt', 'its deadline')}")
        case HoldReleased():
            return Gone(kind, identity, f"it was {ended.facts.get('how', 'given back')}")
        case _:
            return Gone(kind, identity, ended.message.rstrip("."))


async def fingerprint_of(request: Request) -> str:
    """Names a request by all that it asks for: method, path, query, `If-Match`, and JSON body however it is spaced."""
    body = await request.body()
    asked = [
        request.method,
        request.url.path,
        sorted(request.query_params.multi_items()),
        request.headers.get(IF_MATCH, ""),
        parse_json(body) if body else "",
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
