"""The questions that operators ask most, as queries on search attributes, and as links to the Temporal UI."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from workflows.booking.messages import BookingStatus
from workflows.booking.progress import UNDONE, WAITS_FOR
from workflows.common.runs import BOOKING_WORKFLOW, MEETING_WORKFLOW, WEBHOOK_DELIVERY_WORKFLOW
from workflows.common.search_attributes import (
    BOOKING_STATUS,
    CLIENT_ID,
    EMPLOYEE_ID,
    HOLD_EXPIRES_AT,
    MEETING_STATUS,
    NEEDS_OPERATOR,
    SLOT_START,
)
from workflows.meeting.messages import MeetingStatus

ANY_CLIENT: Final = "CLIENT"
ANY_EMPLOYEE: Final = "EMPLOYEE-ID"
"""Placeholders. An operator replaces them in the query field of the UI."""

ENDED: Final = (*UNDONE, BookingStatus.MEETING_CREATED)
"""Statuses of a booking whose run has little left to do."""

RUNNING: Final = 'ExecutionStatus="Running"'


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A question of operators, with the query that answers it in the list of workflows."""

    title: str
    explanation: str
    query: str


@dataclass(frozen=True, slots=True)
class SavedLink:
    """A saved query, with the address that opens it in the Temporal UI."""

    title: str
    explanation: str
    query: str
    url: str


def saved_links(ui_url: str, now: datetime, namespace: str = "default") -> list[SavedLink]:
    """Return the saved queries as links. `ui_url` is the address of the Temporal UI; `now` is as in `saved_queries`."""
    return [
        SavedLink(each.title, each.explanation, each.query, query_url(ui_url, each.query, namespace))
        for each in saved_queries(now)
    ]


def query_url(ui_url: str, query: str, namespace: str = "default") -> str:
    """Return the address of the list of workflows in the Temporal UI, filtered by the query."""
    return f"{ui_url.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows?query={quote(query, safe='')}"


def saved_queries(now: datetime, client: str = ANY_CLIENT, employee: str = ANY_EMPLOYEE) -> tuple[SavedQuery, ...]:
    """Return the ten saved queries.

    `now` must have a time zone. "Today" is the day of `now` in this time zone. `client` is a client id, `employee` the
    id of an employee.
    """
    first, last = _day_of(now)
    slot_is_today = f'{SLOT_START.name} BETWEEN "{first}" AND "{last}"'
    is_booking = f'WorkflowType="{BOOKING_WORKFLOW}"'
    return (
        SavedQuery(
            "Bookings waiting now",
            "A time slot is held. The client has not created the meeting yet.",
            f"{is_booking} AND {RUNNING} AND {_is_one_of(BOOKING_STATUS.name, WAITS_FOR)}",
        ),
        SavedQuery(
            "Holds overdue",
            "The deadline has passed, and the booking has not ended. Usually empty; otherwise the pending activity of "
            "the run shows the failure, or no worker takes tasks, because none runs or the database cannot be used.",
            f'{is_booking} AND {RUNNING} AND {HOLD_EXPIRES_AT.name}<"{_instant(now)}"',
        ),
        SavedQuery(
            "Needs an operator",
            "A step for a meeting has failed permanently, for example a mail. The current details name it.",
            f"{NEEDS_OPERATOR.name}=true AND {RUNNING}",
        ),
        SavedQuery(
            "Run does not finish",
            "The booking has ended, and its run has not: its time slot is not released yet, or the run of its meeting "
            "is not started. Usually empty; otherwise the pending activity shows the failure.",
            f"{is_booking} AND {RUNNING} AND {_is_one_of(BOOKING_STATUS.name, ENDED)}",
        ),
        SavedQuery(
            "Failed runs",
            "The run failed, timed out or was terminated. Its booking or meeting may still need somebody.",
            _is_one_of("ExecutionStatus", ("Failed", "TimedOut", "Terminated")),
        ),
        SavedQuery(
            "Deliveries pending",
            "A client's webhooks have events that are not delivered yet. The current details name the last attempts.",
            f'WorkflowType="{WEBHOOK_DELIVERY_WORKFLOW}" AND {RUNNING}',
        ),
        SavedQuery(
            "Meetings today",
            "Meetings that begin today and were not cancelled.",
            f'WorkflowType="{MEETING_WORKFLOW}" AND {slot_is_today} AND '
            + _is_one_of(MEETING_STATUS.name, (MeetingStatus.PLANNED, MeetingStatus.OVER)),
        ),
        SavedQuery(
            "Expired today",
            "Bookings that ended today because the client did not continue in time.",
            f'{BOOKING_STATUS.name}="{BookingStatus.EXPIRED}" AND CloseTime>="{first}"',
        ),
        SavedQuery(
            "One client",
            f"Everything of one client. Replace {ANY_CLIENT} in the query by the client id.",
            f"{CLIENT_ID.name}={_quoted(client)}",
        ),
        SavedQuery(
            "One employee on one day",
            f"Bookings and meetings of one employee today. Replace {ANY_EMPLOYEE} and the days in the query.",
            f"{EMPLOYEE_ID.name}={_quoted(employee)} AND {slot_is_today}",
        ),
    )


def _day_of(now: datetime) -> tuple[str, str]:
    """Return the first and the last second of the local day of `now`."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    # The next day in local time, which is 23 or 25 hours later when the clocks change.
    next_day = (day + timedelta(days=1)).astimezone(UTC)
    return _instant(day), _instant(next_day - timedelta(seconds=1))


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _is_one_of(attribute: str, values: Iterable[str]) -> str:
    # Not `IN`, which the UI shows and changes wrongly in its filters. For times, `BETWEEN` is what the UI reads.
    return f"({' OR '.join(f'{attribute}={_quoted(each)}' for each in sorted(values))})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
