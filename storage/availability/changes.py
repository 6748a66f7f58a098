"""Statements of the index of stored time: read everything, or only what changed since a snapshot. See decision 0051."""

import asyncio
import sys
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from domain.availability.stored_time import OwnedTime
from domain.time_slots import BLOCKING, MEETINGS, OPENING, Interval, TimeSlotStatus
from storage.statements import IDS
from storage.tables.columns import INSTANT

CONFIGURATION: Final = UUID(int=0)
"""Owner of a change of the configuration, in the log of changes."""

CONFIGURATION_TABLES: Final = (
    *("organisation", "location", "room", "employee", "workday", "employee_topic", "employee_customer_type"),
    *("closing_day", "competence_group", "competence_group_topic", "competence_group_customer_type"),
    *("competence_group_member", "service_group", "service_group_topic", "service_group_customer_type"),
    *("service_group_customer_location", "service_group_location", "service_group_member"),
)
TABLES: Final = ("time_slot", "availability_change", *CONFIGURATION_TABLES)
TRIGGERS: Final = 4 + 2 + len(CONFIGURATION_TABLES)
"""Triggers that write the log, on all these tables together: migration 0022 has them."""

ROOM: Final = "room"
NOTHING: Final = "'{}'::uuid[]"


def _among(statuses: frozenset[TimeSlotStatus]) -> str:
    return "status IN ({})".format(", ".join(f"'{each}'" for each in sorted(statuses)))


KIND: Final = (
    f"CASE WHEN {_among(MEETINGS)} THEN 'meetings' WHEN {_among(OPENING)} THEN 'openings'"
    f" WHEN {_among(BLOCKING)} THEN 'busy' ELSE 'elsewhere' END"
)
STATE: Final = f"""
    SELECT concat_ws(' ', pg_postmaster_start_time(), pg_stat_get_bgwriter_stat_reset_time(),
                     (SELECT oid FROM pg_database WHERE datname = current_database()),
                     string_agg(concat_ws(':', tgrelid, tgname, tgenabled, xmin), ' ' ORDER BY oid)) AS state,
           count(*) = {TRIGGERS} AND bool_and(tgenabled = 'A') AND NOT pg_is_in_recovery() AND NOT EXISTS (
               SELECT FROM pg_subscription JOIN pg_database ON pg_database.oid = subdbid
               WHERE datname = current_database()
           ) AS is_recorded
    FROM pg_trigger
    WHERE NOT tgisinternal AND tgname LIKE 'note\\_%'
      AND tgrelid IN ({", ".join(f"to_regclass('{table}')" for table in TABLES)})
"""  # noqa: S608 - only constants of this module are put in
"""Text that differs after a restart, a restore or a change of the triggers. `is_recorded`: changes cannot get lost.

After the crash of one of its processes, PostgreSQL restarts without a new start time, but with new statistics. Commits
that were not on disk may be lost then, and numbers of transactions given again.

A standby is excluded: snapshots on it do not list the transactions in progress. A subscriber of logical replication is
excluded: PostgreSQL applies its changes without the triggers of statements.
"""


def _packed(of_employees: str, of_rooms: str) -> str:
    """Select the live intervals of each owner and kind in one value: pairs of 64-bit integers in network order.

    So 200,000 time slots are some thousand values, and reading them does not occupy the event loop.
    """
    counts = "end_at > :since AND start_at < :until AND (hold_expires_at IS NULL OR hold_expires_at > clock.now)"
    return f"""
        SELECT owner_id, kind, string_agg(timestamptz_send(start_at) || timestamptz_send(end_at), '') AS times,
               min(hold_expires_at) AS held_until
        FROM (
            SELECT employee_id AS owner_id, {KIND} AS kind, start_at, end_at, hold_expires_at
            FROM {of_employees}, clock WHERE {counts} AND employee_id IS NOT NULL AND time_slot.id <> ALL (:ignored)
            UNION ALL
            SELECT room_id, '{ROOM}', start_at, end_at, hold_expires_at
            FROM {of_rooms}, clock
            WHERE {counts} AND room_id IS NOT NULL AND {_among(BLOCKING)} AND time_slot.id <> ALL (:ignored)
        ) AS slot
        GROUP BY owner_id, kind
    """  # noqa: S608 - only constants of this module are put in


RESULT: Final = """
    SELECT clock.now, pg_current_snapshot()::text, state.state, state.is_recorded, {lost}, {configuration}, {owners},
           (SELECT array_agg(owner_id) FROM packed), (SELECT array_agg(kind) FROM packed),
           (SELECT array_agg(times) FROM packed), (SELECT array_agg(held_until) FROM packed)
    FROM clock, state
"""

PARAMETERS: Final = (
    sa.bindparam("since", type_=INSTANT),
    sa.bindparam("until", type_=INSTANT),
    sa.bindparam("ignored", type_=IDS),
)

EVERYTHING: Final = sa.text(
    f"""
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now), state AS ({STATE}),
    packed AS MATERIALIZED ({_packed("time_slot", "time_slot")})
    {RESULT.format(lost="false", configuration="true", owners=NOTHING)}
    """.replace("::", r"\:\:")
).bindparams(*PARAMETERS)

CHANGES: Final = sa.text(
    f"""
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now), state AS ({STATE}),
    change AS MATERIALIZED (
        SELECT owner_id, removed_to FROM availability_change
        WHERE xid >= :oldest AND NOT pg_visible_in_snapshot(xid::text::xid8, CAST(:snapshot AS text)::pg_snapshot)
          -- A restored row may have the number of a transaction that this server has not begun yet.
          AND xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    ),
    owner AS MATERIALIZED (
        -- With the constants, because an employee or a room may have such an id.
        SELECT owner_id AS id FROM change
        UNION
        SELECT holder
        FROM clock, unnest(CAST(:holders AS uuid[]), CAST(:deadlines AS timestamptz[])) AS held (holder, deadline)
        WHERE deadline <= clock.now
    ),
    packed AS MATERIALIZED (
        {_packed("owner JOIN time_slot ON employee_id = owner.id", "owner JOIN time_slot ON room_id = owner.id")}
    )
    {
        RESULT.format(
            lost="EXISTS (SELECT FROM change WHERE removed_to >= :oldest)",
            configuration=f"EXISTS (SELECT FROM change WHERE owner_id = '{CONFIGURATION}')",
            owners="(SELECT array_agg(id) FROM owner)",
        )
    }
    """.replace("::", r"\:\:")  # noqa: S608 - only constants of this module are put in
).bindparams(
    *PARAMETERS,
    sa.bindparam("oldest", type_=sa.BigInteger),
    sa.bindparam("snapshot", type_=sa.Text),
    sa.bindparam("holders", type_=IDS),
    sa.bindparam("deadlines", type_=sa.ARRAY(INSTANT)),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Result of one statement, in the snapshot `snapshot`. `owners` are those whose time was read anew.

    `is_recorded`: later changes can be found. `lost`: some changes since the former snapshot cannot be found.
    """

    now: datetime
    snapshot: str
    state: str
    is_recorded: bool
    lost: bool
    configuration: bool
    owners: Sequence[UUID]
    employees: Mapping[UUID, OwnedTime]
    rooms: Mapping[UUID, OwnedTime]


async def read_everything(session: AsyncSession, span: Interval, ignored: Sequence[UUID] = ()) -> Reading:
    """Read the stored time of all employees and rooms that touches the span, without the ignored time slots."""
    parameters = {"since": span.start, "until": span.end, "ignored": list(ignored)}
    row = (await session.execute(EVERYTHING, parameters)).one()
    return await asyncio.to_thread(_reading, row)


async def read_changes(
    session: AsyncSession, span: Interval, snapshot: str, deadlines: Mapping[UUID, datetime]
) -> Reading:
    """Read the time of the owners that changed since the snapshot, or whose deadline has passed, and nothing else."""
    parameters = {
        "since": span.start,
        "until": span.end,
        "ignored": [],
        "snapshot": snapshot,
        "oldest": int(snapshot.partition(":")[0]),
        "holders": list(deadlines),
        "deadlines": list(deadlines.values()),
    }
    return _reading((await session.execute(CHANGES, parameters)).one())


def _reading(row: Sequence[Any]) -> Reading:
    now, snapshot, state, is_recorded, lost, configuration, owners, ids, kinds, times, deadlines = row
    employees: defaultdict[UUID, OwnedTime] = defaultdict(OwnedTime)
    rooms: defaultdict[UUID, OwnedTime] = defaultdict(OwnedTime)
    for owner, kind, packed, held_until in zip(ids or (), kinds or (), times or (), deadlines or (), strict=True):
        of = rooms[owner] if kind == ROOM else employees[owner]
        setattr(of, "busy" if kind == ROOM else kind, _instants(packed))
        if held_until is not None:
            of.until = min(held_until, of.until or held_until)
    changed = owners or ()
    return Reading(now, snapshot, state, is_recorded, lost, configuration, changed, dict(employees), dict(rooms))


def _instants(packed: bytes) -> array:  # type: ignore[type-arg]  # not subscriptable in Python 3.11
    """Unpack integers of 64 bits in network order."""
    found = array("q", packed)
    if sys.byteorder == "little":
        found.byteswap()
    return found
