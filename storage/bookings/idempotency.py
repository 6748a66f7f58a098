"""Outcomes of requests, stored for a day under the `Idempotency-Key` that the client sent.

The first stored outcome is the outcome of the key. A transaction that changes something stores its outcome before the
commit. The API stores a refusal when it answers with the refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.error_payloads import error_from_payload
from domain.errors import BookMeError, IdempotencyKeyReused, Reason
from storage.bookings.time_slots import NOW
from storage.statements import forget, table_of
from storage.tables.booking import IdempotencyKeyRow

KEPT_FOR: Final = timedelta(days=1)
"""After this period a key may be used for another request."""

NOT_KEPT: Final = frozenset(
    {
        *(Reason.IDEMPOTENCY_KEY_REUSED, Reason.GONE),
        *(Reason.TOO_MANY_HOLDS, Reason.TOO_MANY_END_USER_HOLDS, Reason.TOO_MANY_RENEWALS, Reason.TOO_MANY_CHANGES),
    }
)
"""Refusals that are not stored: those about the key itself, and 429, which asks the client to repeat the request."""

KEYS: Final = table_of(IdempotencyKeyRow)
IS_DECIDED: Final = sa.or_(KEYS.c.made.is_not(None), KEYS.c.refused.is_not(None))
IS_KEY: Final = KEYS.c.key == sa.bindparam("name", type_=sa.Text)
ANSWER: Final = (KEYS.c.made, KEYS.c.refused)
FORGET: Final = forget(KEYS.c.key, KEYS.c.used_at, KEPT_FOR, ~IS_KEY)
LOCKED: Final = sa.select(*ANSWER).where(IS_KEY).with_for_update()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Decided outcome of a request: the mapping that names the resource, or the refusal."""

    made: Mapping[str, Any] | None = None
    refused: BookMeError | None = None


async def claim_key(session: AsyncSession, key: str, fingerprint: str) -> Outcome | None:
    """Assign the key to the request with this fingerprint. Return the outcome of the request, or None if undecided.

    Every other request with this key waits until the transaction ends. A key older than `KEPT_FOR` is assigned anew.

    Raises:
        IdempotencyKeyReused: the key is assigned to another request.

    """
    await session.execute(FORGET, {"name": key})
    claim = insert(KEYS).values(key=key, fingerprint=fingerprint, used_at=NOW)
    fresh = {
        "fingerprint": claim.excluded.fingerprint,
        "used_at": claim.excluded.used_at,
        "made": None,
        "refused": None,
    }
    lapsed = KEYS.c.used_at < NOW - KEPT_FOR
    claimed = claim.on_conflict_do_update(
        index_elements=["key"],
        set_={name: sa.case((lapsed, new), else_=KEYS.c[name]) for name, new in fresh.items()},
    ).returning(KEYS.c.fingerprint, *ANSWER)
    owner, *answer = (await session.execute(claimed)).one()
    if owner != fingerprint:
        raise IdempotencyKeyReused
    return _outcome(*answer)


async def lock_key(session: AsyncSession, key: str) -> Outcome | None:
    """Lock a claimed key and return its outcome, or None if there is no such key or no outcome yet.

    No other transaction can store an outcome of the key until this transaction ends.
    """
    found = (await session.execute(LOCKED, {"name": key})).one_or_none()
    return None if found is None else _outcome(*found)


async def keep_outcome(session: AsyncSession, key: str, outcome: Outcome) -> Outcome:
    """Store the outcome of a claimed key, unless the key has an outcome. Return the outcome that the key has now.

    A key that has been forgotten meanwhile stores nothing. The given outcome is returned then.
    """
    change = sa.update(KEYS).where(KEYS.c.key == key, ~IS_DECIDED)
    await session.execute(change.values(made=outcome.made or sa.null(), refused=_written(outcome.refused)))
    return await lock_key(session, key) or outcome


def _written(refused: BookMeError | None) -> dict[str, Any] | sa.Null:
    if refused is None:
        return sa.null()
    return {"reason": refused.reason, "message": refused.message, "facts": dict(refused.facts)}


def _outcome(made: Mapping[str, Any] | None, refused: Mapping[str, Any] | None) -> Outcome | None:
    if made is None and refused is None:
        return None
    return Outcome(made, error_from_payload(**refused) if refused else None)
