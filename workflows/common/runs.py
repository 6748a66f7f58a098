"""Names, ids and start options of the runs of workflows, and names of schedules and signals."""

import hashlib
import re
import string
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
from workflows.meeting.messages import MeetingStatus

BOOKING_WORKFLOW = "BookingWorkflow"
MEETING_WORKFLOW = "MeetingWorkflow"
MEETING_PREFIX = "meeting-"
LOOK_AGAIN = "look_again"
CLOCK_MOVED = "clock_moved"
"""Signal to the runs of bookings and meetings of a sandbox, after its users have moved the clock."""
SEND_AGAIN = "send_again"
ACKNOWLEDGE = "acknowledge"
REFRESH_CALENDARS_WORKFLOW = "RefreshCalendarsWorkflow"
REFRESH_CALENDARS_SCHEDULE = "refresh-calendars"
OPEN_MEETINGS_WORKFLOW = "OpenMeetingsWorkflow"
OPEN_MEETINGS_SCHEDULE = "open-meetings"
RETENTION_WORKFLOW = "RetentionWorkflow"
RETENTION_SCHEDULE = "delete-old-rows"
SCHEDULES = (REFRESH_CALENDARS_SCHEDULE, OPEN_MEETINGS_SCHEDULE, RETENTION_SCHEDULE)
"""All schedules. The metrics show the last run of each."""
RELAY_WORKFLOW = "RelayWorkflow"
RELAY_ID = "relay-events"
WEBHOOK_DELIVERY_WORKFLOW = "WebhookDeliveryWorkflow"
WAKE = "wake"

BOOKING_PREFIX: Final = "booking-"
DELIVERIES_PREFIX: Final = "deliveries-"
MAX_ID_LENGTH: Final = 1000
"""Bytes that Temporal allows in a workflow id by default (`limit.maxIDLength`)."""

PLAIN_BYTES: Final = frozenset(f"{string.ascii_letters}{string.digits}._-".encode())
SEPARATOR: Final = "~~"
"""Separates the escaped client from the escaped token. Inside an escape, a hexadecimal digit follows each `~`."""

DIGEST_PREFIX: Final = "~-"
"""Prefix of the digest that replaces a name which is too long. No escaped name begins with this prefix."""


def workflow_id(booking: BookingKey) -> str:
    """Return the workflow id of the booking: `booking-{client}~~{token}`, with client and token escaped.

    The id has letters, digits, `.`, `_`, `-` and `~` only, because the Temporal UI cannot open an id that has a `%`.
    If the id would be longer than Temporal allows, a SHA-256 digest replaces client and token.
    """
    return _fitting(BOOKING_PREFIX, f"{escaped(booking.client_id)}{SEPARATOR}{escaped(booking.token)}")


def escaped(text: str) -> str:
    """Replace each UTF-8 byte except ASCII letters, digits, `.`, `_` and `-` by `~` and two hexadecimal digits."""
    # `surrogatepass`: without it, a string with a lone surrogate could not be encoded.
    return "".join(
        chr(byte) if byte in PLAIN_BYTES else f"~{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")
    )


def unescaped(text: str) -> str:
    """Return the text that `escaped` has escaped."""
    plain = re.sub(b"~([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())
    return plain.decode("utf-8", "surrogatepass")


def meeting_workflow_id(meeting_id: UUID) -> str:
    """Return the workflow id of the meeting: `meeting-{id}`."""
    return f"{MEETING_PREFIX}{meeting_id}"


def meeting_of(workflow_id: str) -> UUID | None:
    """Return the id of the meeting whose run has this workflow id, or None if the run is not that of a meeting."""
    try:
        meeting_id = UUID(workflow_id.removeprefix(MEETING_PREFIX))
    except ValueError:
        return None
    return meeting_id if workflow_id == meeting_workflow_id(meeting_id) else None


def delivery_workflow_id(client_id: str) -> str:
    """Return the id of the run that delivers to all webhooks of the client: `deliveries-{client}`.

    The client is escaped, and shortened if necessary, as in `workflow_id`.
    """
    return _fitting(DELIVERIES_PREFIX, escaped(client_id))


def _fitting(prefix: str, name: str) -> str:
    """Return the prefix and the name. If this is longer than Temporal allows, a SHA-256 digest replaces the name."""
    if len(prefix + name) > MAX_ID_LENGTH:
        name = f"{DIGEST_PREFIX}{hashlib.sha256(name.encode()).hexdigest()}"
    return prefix + name


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


def booking_run_options(booking: BookingKey, wanted: WantedTimeSlot, employee_label: str | None = None) -> Start:
    """Return the options for a booking's run. An open run is used; after its end, a new run may be started.

    `employee_label` is the name or the initials of the wanted employee for operators, if known.
    """
    others = f" and {len(wanted.additional_employees)} more" if wanted.additional_employees else ""
    whom = _whom(wanted.employee_id, employee_label) if wanted.employee_id else "any employee"
    status = SearchAttributePair(attributes.BOOKING_STATUS, BookingStatus.RESERVING.value)
    return _run_options(
        booking.client_id,
        workflow_id(booking),
        f"{booking.client_id} · {when(wanted.start, wanted.end)} · {whom}{others}",
        [status, *_search_attributes(booking.client_id, wanted.employee_id, wanted.start)],
    )


def meeting_run_options(meeting: OpenMeeting) -> Start:
    """Return the options for a meeting's run. An open run stays; after its end, a new run may be started."""
    status = SearchAttributePair(attributes.MEETING_STATUS, MeetingStatus.PLANNED.value)
    return _run_options(
        meeting.client_id,
        meeting_workflow_id(meeting.meeting_id),
        f"{meeting.client_id} · meeting with {_whom(meeting.employee_id, meeting.employee_label)} · "
        f"at the start of this run: {when(meeting.start, meeting.end)}",
        [status, *_search_attributes(meeting.client_id, meeting.employee_id, meeting.start)],
    )


def delivery_run_options(client_id: str) -> Start:
    """Return the options for the run that delivers to the webhooks of a client. An open run is used."""
    return _run_options(
        client_id,
        delivery_workflow_id(client_id),
        delivery_title(client_id),
        [SearchAttributePair(attributes.CLIENT_ID, client_id)],
    )


def delivery_title(client_id: str) -> str:
    """Return the title of a run that delivers to the webhooks of a client."""
    return f"{client_id} · deliver events to its webhooks"


def title(client_id: str, start: datetime, end: datetime, employee_id: UUID, employee_label: str | None) -> str:
    """Return the title that a run shows above its current details. It has the time at present."""
    return f"{when(start, end)} · {_whom(employee_id, employee_label)} · {client_id}"


def _whom(employee_id: UUID, employee_label: str | None) -> str:
    return employee_label or f"employee {employee_id}"


def when(start: datetime, end: datetime) -> str:
    minutes = round((end - start).total_seconds() / 60)
    return f"{start:%Y-%m-%d %H:%M}Z, {minutes} min"


def _run_options(
    client_id: str,
    run: str,
    summary: str,
    search_attributes: list[SearchAttributePair[str] | SearchAttributePair[datetime]],
) -> Start:
    """Return the options. `summary` is the run's title in the Temporal UI; it has no personal data of customers."""
    return {
        "id": run,
        "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
        "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        "task_timeout": TASK_TIMEOUT,
        "static_summary": summary,
        "search_attributes": TypedSearchAttributes(search_attributes),
        "priority": Priority(fairness_key=fairness_key(client_id, datetime.now(UTC))),
    }


def fairness_key(client_id: str, at: datetime) -> str:
    """Return a key of at most 64 bytes for all runs that a client starts within one minute.

    The engine takes tasks of all keys in turn. So a new booking does not wait for thousands of runs whose timers
    fired while no worker was running. A new booking does not wait for the many runs of another client either.
    """
    return f"{hashlib.sha256(client_id.encode()).hexdigest()[:32]}:{at:%Y%m%d%H%M}"


def _search_attributes(
    client_id: str, employee_id: UUID | None, start: datetime
) -> list[SearchAttributePair[str] | SearchAttributePair[datetime]]:
    employee = [] if employee_id is None else [SearchAttributePair(attributes.EMPLOYEE_ID, str(employee_id))]
    return [
        SearchAttributePair(attributes.CLIENT_ID, client_id),
        *employee,
        SearchAttributePair(attributes.SLOT_START, start),
    ]
