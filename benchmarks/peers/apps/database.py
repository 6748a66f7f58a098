"""Tables of the three small services, with the SQL functions that carry out their steps.

Each function can be repeated: a repeat changes nothing, and returns what the first call returned.
"""

import os
import urllib.request
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

SCHEMA: Final = """
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE hold (
    id text PRIMARY KEY,
    resource int NOT NULL,
    hour int NOT NULL,
    status text NOT NULL,
    expires_at timestamptz,
    CONSTRAINT no_two_holds_of_one_resource_overlap
        EXCLUDE USING gist (resource WITH =, int4range(hour, hour + 1) WITH &&)
);
CREATE INDEX hold_by_expiry ON hold (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE meeting (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    hold_id text NOT NULL UNIQUE REFERENCES hold
);

-- Without timers, an expired hold must make way for the next client. With timers, it is theirs to remove.
CREATE FUNCTION reserve(wanted text, place int, at int, ttl float, has_timers boolean) RETURNS timestamptz AS $$
BEGIN
    IF NOT has_timers THEN
        DELETE FROM hold WHERE resource = place AND hour = at AND expires_at <= clock_timestamp();
    END IF;
    INSERT INTO hold VALUES (wanted, place, at, 'held', clock_timestamp() + make_interval(secs => ttl))
        ON CONFLICT DO NOTHING;
    RETURN (SELECT expires_at FROM hold WHERE id = wanted);
END $$ LANGUAGE plpgsql;

CREATE FUNCTION book(wanted text, ttl float, has_timers boolean) RETURNS timestamptz AS $$
BEGIN
    UPDATE hold SET status = 'booked', expires_at = clock_timestamp() + make_interval(secs => ttl)
        WHERE id = wanted AND status = 'held' AND (has_timers OR expires_at > clock_timestamp());
    RETURN (SELECT expires_at FROM hold WHERE id = wanted AND status = 'booked');
END $$ LANGUAGE plpgsql;

CREATE FUNCTION meet(wanted text, has_timers boolean) RETURNS uuid AS $$
BEGIN
    UPDATE hold SET status = 'met', expires_at = NULL
        WHERE id = wanted AND status = 'booked' AND (has_timers OR expires_at > clock_timestamp());
    IF FOUND THEN
        INSERT INTO meeting (hold_id) VALUES (wanted);
    END IF;
    RETURN (SELECT id FROM meeting WHERE hold_id = wanted);
END $$ LANGUAGE plpgsql;

CREATE FUNCTION release(wanted text, was text) RETURNS void AS $$
    DELETE FROM hold WHERE id = wanted AND status = was
$$ LANGUAGE sql;
"""

SWEEP: Final = "DELETE FROM hold WHERE expires_at <= clock_timestamp()"
UNREACHABLE: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Errors of a database that is not there now. No statement of the steps causes one by itself."""

POOL: Final = 20
RECEIVER_PATIENCE: Final = 10.0


def database_url() -> str:
    return os.environ["PEER_DATABASE_URL"]


def port() -> int:
    return int(os.environ["PEER_PORT"])


def ttl() -> float:
    """Seconds after which a hold expires, and after which a booked hold without a meeting expires."""
    return float(os.environ["PEER_TTL"])


class Steps:
    """The steps of a booking, each of them one statement in its own transaction."""

    def __init__(self, pool: asyncpg.Pool, *, has_timers: bool) -> None:
        self._pool = pool
        self._has_timers = has_timers

    @classmethod
    async def connected(cls, *, has_timers: bool) -> "Steps":
        return cls(await asyncpg.create_pool(database_url(), min_size=POOL, max_size=POOL), has_timers=has_timers)

    async def reserve(self, hold: str, resource: int, hour: int) -> datetime | None:
        """Return the deadline of the hold, or None if another hold has the time."""
        values = (hold, resource, hour, ttl(), self._has_timers)
        found: datetime | None = await self._pool.fetchval("SELECT reserve($1, $2, $3, $4, $5)", *values)
        return found

    async def book(self, hold: str) -> datetime | None:
        """Return the new deadline of the hold, or None if the hold has expired."""
        found: datetime | None = await self._pool.fetchval("SELECT book($1, $2, $3)", hold, ttl(), self._has_timers)
        return found

    async def meet(self, hold: str) -> UUID | None:
        """Return the id of the meeting, or None if the hold has expired."""
        found: UUID | None = await self._pool.fetchval("SELECT meet($1, $2)", hold, self._has_timers)
        return found

    async def release(self, hold: str, was: str) -> None:
        """Remove the hold if it still has this status."""
        await self._pool.execute("SELECT release($1, $2)", hold, was)

    async def sweep(self) -> None:
        await self._pool.execute(SWEEP)


def tell_receiver(meeting: str) -> None:
    """Tell the receiver of the meeting, if there is one. Blocks until it answers."""
    if url := os.environ.get("PEER_RECEIVER"):
        request = urllib.request.Request(url, meeting.encode(), method="POST")
        urllib.request.urlopen(request, timeout=RECEIVER_PATIENCE).close()
