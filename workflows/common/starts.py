"""Options with which the runs of bookings and meetings are started."""

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

from domain.messages.booking import BookingKey, WantedTimeSlot
from domain.messages.meeting import OpenMeeting
from workflows.booking.messages import BookingStatus
from workflows.common import search_attributes as attributes
from workflows.common.names import meeting_workflow_id, workflow_id
from workflows.meeting.messages import MeetingStatus

TASK_TIMEOUT: Final = timedelta(seconds=2)
"""Time that a worker has for a workflow task before another worker gets the task. Short, for a quick recovery."""


class Start(TypedDict):
    """Options of one start.

    The start sets the search attributes, so that operators find the run at once and the run need not set them.
    """

    id: str
    id_conflict_policy: WorkflowIDConflictPolicy
    id_reuse_policy: WorkflowIDReusePolicy
    task_timeout: timedelta
    static_summary: str
    search_attributes: TypedSearchAttributes
    priority: Priority


def booking_start(booking: BookingKey, wanted: WantedTimeSlot) -> Start:
    """Return the options for a booking's run. An open run is used; after its end, a new run may be started."""
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
    """Return the options for a meeting's run. An open run stays; after its end, a new run may be started."""
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
    """Return the options. `summary` is the run's title in the Temporal UI; it must not contain personal data."""
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
    """Return a key of at most 64 bytes for all runs that a client starts within one minute.

    The engine takes tasks of all keys in turn. So a new booking does not wait for thousands of runs whose timers
    fired while no worker was running. A new booking does not wait for the many runs of another client either.
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
