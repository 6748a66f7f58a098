"""Carries out a request with an `Idempotency-Key` once, and answers repeats from the stored outcome."""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.route import parse_json
from domain.errors import BookMeError, Gone, HoldExpired, HoldReleased, NotFound
from storage.bookings.idempotency import NOT_KEPT, Outcome, claim_key, keep_outcome, lock_key
from storage.database import Database

Answer = TypeVar("Answer")

Made = Mapping[str, Any]
"""JSON mapping that identifies the resource of a request, so that the resource can be shown again."""

Act = Callable[[AsyncSession], Awaitable[Made]]
Show = Callable[[AsyncSession, Made], Awaitable[Answer]]

IF_MATCH: Final = "If-Match"


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request and its `Idempotency-Key`, if there is one.

    `seed` is a secret from which other secrets are derived. Repeats with the same key have the same seed. Without a
    key the seed is random.
    """

    request: Request
    database: Database
    key: str | None
    _random: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def seed(self) -> bytes:
        return self._random if self.key is None else self.key.encode()

    def digest(self, principal: Principal) -> str | None:
        """Return the name under which the key is stored, or None without a key.

        The name is a digest, because secrets are derived from the key.
        """
        if self.key is None:
            return None
        return hashlib.sha256(f"{principal.client_id}\n{self.key}".encode()).hexdigest()

    async def once(
        self, principal: Principal, act: Act, show: Show[Answer], prepare: Callable[[], Awaitable[None]] | None = None
    ) -> Answer:
        """Act, store the outcome and show the resource, in one transaction. A repeat shows the resource as it is now.

        `prepare` makes checks that are too slow for a transaction. A repeat skips `prepare`.

        Raises:
            BookMeError: the request is refused; a repeat gets the same refusal, except for the reasons in `NOT_KEPT`.
            Gone: the request was carried out before, and its resource does not exist any more.
            IdempotencyKeyReused: the key belongs to another request.

        """
        key = self.digest(principal)
        if key is None:
            if prepare:
                await prepare()
            async with self.database.transaction() as session:
                return await show(session, await act(session))
        fingerprint = await fingerprint_of(self.request)
        if prepare and not await self._is_decided(key):
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
        """Do the same as `once` for an act with transactions of its own, perhaps in another process.

        An act that must not happen twice stores its outcome itself, under `digest`. Raises as `once` does.
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
        """Store the refusal unless an outcome is stored, and return the stored one. Raise a refusal in `NOT_KEPT`."""
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
    """Build the error for a repeat whose resource has ended. Unlike `ended`, it does not advise to book again."""
    kind, identity = str(ended.facts.get("kind", "time slot")), str(made.get("id", ""))
    match ended:
        case HoldExpired():
            return Gone(kind, identity, f"its hold expired at {ended.facts.get('expiredAt', 'its deadline')}")
        case HoldReleased():
            return Gone(kind, identity, f"it was {ended.facts.get('how', 'given back')}")
        case _:
            return Gone(kind, identity, ended.message.rstrip("."))


async def fingerprint_of(request: Request) -> str:
    """Return a digest that identifies the request by method, path, query, `If-Match` and JSON body.

    The order of parameters, and the order and spacing of JSON members, do not change the digest.
    """
    body = await request.body()
    asked = [
        request.method,
        request.url.path,
        sorted(request.query_params.multi_items()),
        request.headers.get(IF_MATCH, ""),
        parse_json(body) if body else "",
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
