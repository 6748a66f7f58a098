"""JSON documents that the commands print with `--json`. The names are stable: scripts read them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Document(BaseModel):
    """Base of the documents. Names are camelCase, as in the API. Times are RFC 3339 in UTC."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True, frozen=True)


class Outcome(StrEnum):
    """The conclusion in one word. A story has the outcome that explains a complaint best."""

    HELD = "Held"
    OVERDUE = "Overdue"
    EXPIRED = "Expired"
    RELEASED = "Released"
    REPLACED = "Replaced"
    REFUSED = "Refused"
    FAILED = "Failed"
    PLANNED = "Planned"
    MOVED = "Moved"
    CANCELLED = "Cancelled"
    WITHDRAWN = "Withdrawn"
    OVER = "Over"
    BUSY = "Busy"
    TERMINATED = "Terminated"
    ERASED = "Erased"
    STUCK = "Stuck"
    BUG = "Bug"
    MAIL_REFUSED = "Mail refused"
    WEBHOOK_DOWN = "Webhook down"
    UNKNOWN = "Unknown"


class Entry(Document):
    """One line of a timeline.

    `source` is `event`, `row`, `mail`, `webhook`, `run`, `refusal` or `operator`. `kind` is a word for programs, such
    as the type of the event. `text` is for people.
    """

    at: datetime
    source: str
    kind: str
    text: str


class RunLink(Document):
    """A workflow run. Without `run_id`, the run is the newest one of its workflow id, if there is one."""

    workflow_id: str
    url: str
    run_id: str | None = None
    workflow_type: str | None = None
    status: str | None = None
    started: datetime | None = None
    closed: datetime | None = None


class Story(Document):
    """The story of one booking. `notes` say what is missing in the story, and why."""

    outcome: Outcome
    conclusion: str
    client_ids: list[str] = []
    tokens: list[str] = []
    customer_ids: list[str] = []
    meeting_ids: list[UUID] = []
    time_slot_ids: list[UUID] = []
    time_zone: str = "UTC"
    entries: list[Entry] = []
    runs: list[RunLink] = []
    notes: list[str] = []


class Found(Document):
    """Stories that fit a complaint, the newest first. `left_out` is the number of older ones that are not shown.

    `is_cut` is true if so much fits that the search has stopped: more bookings may fit, also beyond `left_out`.
    """

    stories: list[Story]
    left_out: int = 0
    is_cut: bool = False


class Hold(Document):
    """A time slot with a deadline. `seconds_left` is negative if the deadline has passed."""

    time_slot_id: UUID
    client_id: str
    token: str
    status: str
    employee: str
    customer_id: str | None = None
    start: datetime
    end: datetime
    held_since: datetime
    held_until: datetime
    seconds_left: int
    run: RunLink


class Holds(Document):
    """Holds by deadline. `time_zone` is that of the organisation. `is_cut` is true if there are more holds."""

    holds: list[Hold]
    time_zone: str = "UTC"
    is_cut: bool = False


class Links(Document):
    runs: list[RunLink]


class Finding(Document):
    """Something that does not fit together.

    `kind` is a word for programs. `advice` says what to do. `repaired` is null if no repair was tried, else it says
    what was done. `repair_failed` says why the repair failed.
    """

    kind: str
    subject: str
    text: str
    advice: str
    url: str | None = None
    can_repair: bool = False
    repaired: str | None = None
    repair_failed: str | None = None


class NotChecked(Document):
    """Something that was not checked, and why: the part that it needs is missing, which is a finding of its own."""

    check: str
    because: str


class CheckReport(Document):
    """Result of a check. `examined` counts the rows and runs that were compared, by kind."""

    findings: list[Finding]
    examined: dict[str, int]
    not_checked: list[NotChecked] = []
