"""How runs are started: a booking's by its first reservation, a meeting's by its booking or by whoever needs it."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final, TypedDict
from uuid import UUID

from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

from activities.meeting_messages import OpenMeeting
from activities.messages import BookingName, WantedTimeSlot
from workflows import search_attributes as attributes
from workflows.meeting_messages import MeetingStatus
from workflows.messages import BookingStatus
from workflows.names import meeting_workflow_id, workflow_id

TASK_TIMEOUT: Final = timedelta(seconds=2)
"""How long a worker may be silent about a task before another one gets it: what makes recovery quick."""


class Start(TypedDict):
    """What an operator finds the run by is given with its start: the run need not tell it, nor anybody wait for it."""

    id: str
    id_conflict_policy: WorkflowIDConflictPolicy
    id_reuse_policy: WorkflowIDReusePolicy
    task_timeout: timedelta
    static_summary: str
    search_attributes: TypedSearchAttributes
    priority: Priority


def booking_start(booking: BookingName, wanted: WantedTimeSlot) -> Start:
    """A run that is there already is asked; what ended before may be reserved again."""
    others = f" and {len(wanted.additional_employees)} more" if wanted.additional_employees else ""
    whom = f"employee {wanted.employee_id}" if wanted.employee_id else "any employee"
    status = SearchAttributePair(attributes.BOOKING_STATUS, BookingStatus.RESERVING.value)
    return _start(
        booking.client_id,
        workflow_id(booking),
        f"{booking.client_id} · {when(wanted.start, wanted.end)} · {whom}{others}",
        [status, *_found_by(booking.client_id, wanted.employee_id, wanted.start)],
    )


def meeting_start(meeting: OpenMeeting) -> Start:
    """A run that is there already stays; what ended before may run again."""
    status = SearchAttributePair(attributes.MEETING_STATUS, MeetingStatus.PLANNED.value)
    return _start(
        meeting.client_id,
        meeting_workflow_id(meeting.meeting_id),
        f"{meeting.client_id} · {when(meeting.start, meeting.end)} · employee {meeting.employee_id}",
        [status, *_found_by(meeting.client_id, meeting.employee_id, meeting.start)],
    )


def when(start: datetime, end: datetime) -> str:
    minutes = round((end - start).total_seconds() / 60)
    return f"{start:%Y-%m-%d %H:%M}Z, {minutes} min"


def _start(
    client_id: str, run: str, summary: str, found_by: list[SearchAttributePair[str] | SearchAttributePair[datetime]]
) -> Start:
    """`summary` is the run's title in the Temporal UI, from its beginning on; no personal data."""
    return {
        "id": run,
        "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
        "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        "task_timeout": TASK_TIMEOUT,
        "static_summary": summary,
        "search_attributes": TypedSearchAttributes(found_by),
        "priority": Priority(fairness_key=fairness_key(client_id, datetime.now(UTC))),
    }


def fairness_key(client_id: str, at: datetime) -> str:
    """Name the runs that a client starts within a minute, in at most 64 bytes.

    The engine takes tasks of all keys in turn. So a new booking waits neither for thousands of runs whose timers fired
    while no worker was there, nor for the many that another client starts.
    """
    return f"{hashlib.sha256(client_id.encode()).hexdigest()[:32]}:{at:%Y%m%d%H%M}"


def _found_by(
    client_id: str, employee_id: UUID | None, start: datetime
) -> list[SearchAttributePair[str] | SearchAttributePair[datetime]]:
    employee = [] if employee_id is None else [SearchAttributePair(attributes.EMPLOYEE_ID, str(employee_id))]
    return [
        SearchAttributePair(attributes.CLIENT_ID, client_id),
        *employee,
        SearchAttributePair(attributes.SLOT_START, start),
    ]
