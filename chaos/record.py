"""The record of a run, which the checker reads: one JSON object per line. Times are UTC."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Json = dict[str, Any]
Table = Literal["time_slot", "meeting", "booking_event"]
Operation = Literal["INSERT", "UPDATE", "DELETE"]

QUIET: Final = "quiet"
UNRULY: Final = "unruly"
"""Prefix of the names of unruly clients."""
STALL: Final = "stall"
"""Kind of fault: the machine was busy with something else. The service is not to blame."""
REFUSALS: Final = range(400, 500)


class Line(BaseModel):
    model_config = ConfigDict(frozen=True)


class Run(Line):
    """Options of one run. Times are in seconds.

    Everything must be quiet `bound` after the last fault. An undisturbed request of the quiet client may take
    `served_within`.
    """

    kind: Literal["run"] = "run"
    seed: int
    seconds: float
    clients: int
    faults: tuple[str, ...]
    bound: float
    served_within: float = 2.0
    began: datetime


class Exchange(Line):
    """One request, and its answer or transport error (`trouble`). Repeats of a request have the same `intent`.

    `subject` is the token of a reservation, or the id of the time slot or meeting that the request is about.
    """

    kind: Literal["exchange"] = "exchange"
    client: str
    intent: str
    api: str | None = None
    """Name of the API process that got the request."""
    step: str
    subject: str
    method: str
    path: str
    body: Any = None
    sent: datetime
    answered: datetime
    seconds: float = 0
    """Duration by the monotonic clock."""
    status: int | None = None
    answer: Any = None
    trouble: str | None = None

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_refused(self) -> bool:
        return self.status in REFUSALS

    @property
    def is_known(self) -> bool:
        return self.is_accepted or self.is_refused

    @property
    def is_unruly(self) -> bool:
        """Return whether the request is one of an unruly client."""
        return self.client.startswith(UNRULY)


class Fault(Line):
    """A fault of the run. `trouble` is set if it failed, if a process did not recover, or if one ended by itself."""

    kind: Literal["fault"] = "fault"
    what: str
    target: str
    began: datetime
    ended: datetime
    trouble: str | None = None


class RowChange(Line):
    """A change of a row. Changes are in the order in which they were made. `row` is the new row, or the deleted one."""

    kind: Literal["row"] = "row"
    at: datetime
    transaction: int
    table: Table
    operation: Operation
    row: Json


class RecordedEvent(Line):
    """An event of the log, or as the webhook got it. `skew` is the signature's time minus arrival, in seconds."""

    kind: Literal["told"] = "told"
    by: Literal["log", "webhook"]
    event: Json
    skew: float = 0


class WorkflowRun(Line):
    kind: Literal["workflow"] = "workflow"
    id: str
    type: str
    status: str
    started: datetime | None = None
    closed: datetime | None = None


class FinalState(Line):
    """The times at which the last fault was over and at which the final state was read."""

    kind: Literal["looked"] = "looked"
    healed: datetime
    at: datetime
    positions: tuple[int, ...] = ()
    """The ids of the events in the order of their positions in the published log."""


AnyLine = Annotated[
    Run | Exchange | Fault | RowChange | RecordedEvent | WorkflowRun | FinalState,
    Field(discriminator="kind"),
]
LINES: Final[TypeAdapter[AnyLine]] = TypeAdapter(AnyLine)


@dataclass
class Record:
    """Everything that the checker needs."""

    run: Run
    final_state: FinalState
    exchanges: list[Exchange] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    changes: list[RowChange] = field(default_factory=list)
    log: list[Json] = field(default_factory=list)
    received: list[Json] = field(default_factory=list)
    skews: list[float] = field(default_factory=list)
    """`RecordedEvent.skew` of each received event."""
    workflows: list[WorkflowRun] = field(default_factory=list)

    @cached_property
    def intents(self) -> dict[str, list[Exchange]]:
        """Every request with its repeats by `intent`, in the order in which they were sent."""
        found: dict[str, list[Exchange]] = defaultdict(list)
        for each in sorted(self.exchanges, key=lambda exchange: exchange.sent):
            found[each.intent].append(each)
        return found

    @cached_property
    def _by_subject(self) -> dict[tuple[str, str], list[Exchange]]:
        found: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
        for each in self.exchanges:
            found[each.step, each.subject].append(each)
        return found

    def about(self, step: str, subject: str) -> list[Exchange]:
        """Return every request of that step about that token, time slot or meeting."""
        return self._by_subject.get((step, subject), [])

    def accepted(self, *steps: str) -> Iterator[Exchange]:
        return (each for each in self.exchanges if each.step in steps and each.is_accepted)


class Writer:
    """Writes each line at once, so that an aborted run leaves its record too."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.lines: list[AnyLine] = []

    def write(self, line: AnyLine) -> None:
        self.lines.append(line)
        self._file.write(line.model_dump_json(exclude_defaults=False, exclude_none=True) + "\n")
        self._file.flush()

    def record(self) -> Record:
        return collected(self.lines)


def read(file: Path) -> Record:
    """Read a record from a file."""
    with file.open() as lines:
        return collected(LINES.validate_json(line) for line in lines)


def collected(lines: Iterable[AnyLine]) -> Record:
    by_type: dict[type[Line], list[Any]] = defaultdict(list)
    for each in lines:
        by_type[type(each)].append(each)
    events: list[RecordedEvent] = by_type[RecordedEvent]
    return Record(
        run=by_type[Run][-1],
        final_state=by_type[FinalState][-1],
        exchanges=by_type[Exchange],
        faults=by_type[Fault],
        changes=by_type[RowChange],
        log=[each.event for each in events if each.by == "log"],
        received=[each.event for each in events if each.by == "webhook"],
        skews=[each.skew for each in events if each.by == "webhook"],
        workflows=by_type[WorkflowRun],
    )


def now() -> datetime:
    return datetime.now(UTC)
