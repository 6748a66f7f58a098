"""How a meeting's run is started, by its booking or by the first who wants something of the meeting."""

from datetime import timedelta
from typing import Final, TypedDict

from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

from activities.meeting_messages import OpenMeeting
from workflows import search_attributes as attributes
from workflows.meeting_messages import MeetingStatus
from workflows.names import meeting_workflow_id

TASK_TIMEOUT: Final = timedelta(seconds=2)
"""How long a worker may be silent about a task before another one gets it: what makes recovery quick."""


class MeetingStart(TypedDict):
    id: str
    id_conflict_policy: WorkflowIDConflictPolicy
    id_reuse_policy: WorkflowIDReusePolicy
    task_timeout: timedelta
    static_summary: str
    search_attributes: TypedSearchAttributes


def meeting_start(meeting: OpenMeeting) -> MeetingStart:
    """A run that is there already stays; what ended before may run again."""
    return {
        "id": meeting_workflow_id(meeting.meeting_id),
        "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
        "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        "task_timeout": TASK_TIMEOUT,
        "static_summary": summary(meeting),
        "search_attributes": searchable(meeting),
    }


def summary(meeting: OpenMeeting) -> str:
    """The run's title in the Temporal UI, from its beginning on; no personal data."""
    minutes = round((meeting.end - meeting.start).total_seconds() / 60)
    return f"{meeting.client_id} · {meeting.start:%Y-%m-%d %H:%M}Z, {minutes} min · employee {meeting.employee_id}"


def searchable(meeting: OpenMeeting) -> TypedSearchAttributes:
    """What the run is found by before it has done anything."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(attributes.MEETING_STATUS, MeetingStatus.PLANNED.value),
            SearchAttributePair(attributes.CLIENT_ID, meeting.client_id),
            SearchAttributePair(attributes.EMPLOYEE_ID, str(meeting.employee_id)),
            SearchAttributePair(attributes.SLOT_START, meeting.start),
        ]
    )
