"""Question of an operator, and a search for the bookings that fit: in the database, or without it in Temporal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.service import RPCError

from admin.story.runs import RPC_TIMEOUT
from config.errors import StackError
from domain.messages.booking import BookingKey
from services.booking.candidates import employee_label
from storage.bookings.time_slots import database_time
from storage.operators import lookups
from storage.operators.stories import StoryKeys, read_time_zone
from workflows.common.runs import BOOKING_PREFIX, BOOKING_WORKFLOW, MEETING_WORKFLOW, SEPARATOR, meeting_of, unescaped

MOST_LISTED: Final = 20
"""Employees that an ambiguous name lists, and runs that are taken from Temporal."""

MOST_SEARCHED: Final = 5_000
"""Running bookings among which a token without a client is searched if the database cannot be reached."""

NO_SERVER: Final = "Neither the database nor Temporal can be reached."
ONLY_IN_THE_DATABASE: Final = (
    "The database cannot be reached, and Temporal does not know this. Ask by --token with --client, by --meeting, "
    "by --client, or by --employee with its id."
)


class NoServer(StackError):
    """No server that could answer the question can be reached."""


@dataclass(frozen=True, slots=True)
class Question:
    """One complaint. Exactly one of the fields is set, but for `client_id`, `at` and `since`, which narrow another.

    `at` without an offset is in the organisation's time zone. `since` is a time, or a period until now.
    """

    customer_id: str | None = None
    token: str | None = None
    meeting_id: UUID | None = None
    time_slot_id: UUID | None = None
    employee: str | None = None
    client_id: str | None = None
    at: datetime | None = None
    since: datetime | timedelta = timedelta(days=1)

    @property
    def is_of_client(self) -> bool:
        """True if all bookings of a client are asked for, and not one token of it."""
        return self.client_id is not None and self.token is None


async def from_database(session: AsyncSession, asked: Question) -> list[StoryKeys]:
    """Return the keys of the bookings that fit, the newest first.

    Raises:
        StackError: the name of the employee is unknown, or several employees have it.

    """
    if asked.customer_id is not None:
        return await lookups.by_customer(session, asked.customer_id)
    if asked.token is not None:
        return await lookups.by_token(session, asked.token, asked.client_id)
    if asked.meeting_id is not None:
        return await lookups.by_meeting(session, asked.meeting_id)
    if asked.time_slot_id is not None:
        return await lookups.by_time_slot(session, asked.time_slot_id)
    if asked.employee is not None and asked.at is not None:
        at = in_zone(asked.at, await read_time_zone(session))
        return await lookups.by_employee(session, await _employee(session, asked.employee), at)
    assert asked.client_id is not None, "one is set"  # noqa: S101 - for the type checker
    since = asked.since if isinstance(asked.since, datetime) else await database_time(session) - asked.since
    return await lookups.by_client(session, asked.client_id, in_zone(since, await read_time_zone(session)))


def in_zone(at: datetime, zone: str) -> datetime:
    """Return the instant in UTC. A time without an offset is in this zone."""
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


async def _employee(session: AsyncSession, name: str) -> UUID:
    found = {each.id: each.display_name for each in await lookups.find_employees(session, name)}
    found |= {each: shown for each, shown in (await lookups.employee_names(session)).items() if _is_label(name, shown)}
    if not found:
        found = {each.id: each.display_name for each in await lookups.find_employees_named_like(session, name)}
    if len(found) > 1:
        names = ", ".join(f"{shown} ({each})" for each, shown in [*found.items()][:MOST_LISTED])
        more = f", and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
        raise StackError(f"Several employees fit {name!r}: {names}{more}. Use the id.")
    if not found:
        raise StackError(f"No employee has the id, name, initials, mail address or external id {name!r}.")
    return next(iter(found))


def _is_label(text: str, display_name: str) -> bool:
    """Return whether the Temporal UI shows the employee by this text: by initials, or by name (decision 0031)."""
    labels = (employee_label(display_name, in_full=in_full) for in_full in (False, True))
    return text.casefold() in {label.casefold() for label in labels if label}


async def from_engine(client: Client, asked: Question) -> list[StoryKeys]:
    """Return the keys of the bookings that fit and that Temporal knows, the newest first.

    Raises:
        StackError: only the database could answer the question, or Temporal cannot be used either.

    """
    if asked.meeting_id is not None:
        return [StoryKeys(meetings={asked.meeting_id})]
    if asked.token is not None and asked.client_id is not None:
        return [StoryKeys(bookings={(asked.client_id, asked.token)})]
    try:
        return await _searched(client, asked)
    except (RPCError, RuntimeError) as error:
        raise NoServer(NO_SERVER) from error


async def _searched(client: Client, asked: Question) -> list[StoryKeys]:
    if asked.token is not None:
        return await _of_token(client, asked.token)
    if asked.employee is not None and asked.at is not None and _is_id(asked.employee):
        begins = in_zone(asked.at, "UTC").isoformat()
        return await _listed(client, f"EmployeeId = '{asked.employee}' AND SlotStart = '{begins}'")
    if asked.is_of_client and "'" not in (asked.client_id or ""):
        return await _listed(client, f"ClientId = '{asked.client_id}' AND ExecutionStatus = 'Running'")
    raise NoServer(ONLY_IN_THE_DATABASE)


async def _of_token(client: Client, token: str) -> list[StoryKeys]:
    running = f"WorkflowType = '{BOOKING_WORKFLOW}' AND ExecutionStatus = 'Running'"
    found = client.list_workflows(running, limit=MOST_SEARCHED, rpc_timeout=RPC_TIMEOUT)
    keys = [booking_of(run.id) async for run in found]
    return [StoryKeys(bookings={(each.client_id, each.token)}) for each in keys if each and each.token == token]


async def _listed(client: Client, condition: str) -> list[StoryKeys]:
    types = f"WorkflowType IN ('{BOOKING_WORKFLOW}', '{MEETING_WORKFLOW}')"
    ids = [
        run.id
        async for run in client.list_workflows(f"{types} AND {condition}", limit=MOST_LISTED, rpc_timeout=RPC_TIMEOUT)
    ]
    return _unique([each for each in map(_keys_of, ids) if each])


def _keys_of(workflow_id: str) -> StoryKeys | None:
    booking, meeting = booking_of(workflow_id), meeting_of(workflow_id)
    if booking is not None:
        return StoryKeys(bookings={(booking.client_id, booking.token)})
    return StoryKeys(meetings={meeting}) if meeting is not None else None


def booking_of(workflow_id: str) -> BookingKey | None:
    """Return the booking whose run has this workflow id. None for other runs, and for an id that is a digest."""
    client, separator, token = workflow_id.removeprefix(BOOKING_PREFIX).partition(SEPARATOR)
    if not workflow_id.startswith(BOOKING_PREFIX) or not separator:
        return None
    return BookingKey(client_id=unescaped(client), token=unescaped(token))


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _unique(found: Sequence[StoryKeys]) -> list[StoryKeys]:
    kept: list[StoryKeys] = []
    for each in found:
        if not any(each.overlaps(other) for other in kept):
            kept.append(each)
    return kept
