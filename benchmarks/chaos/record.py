"""What a run writes down, one JSON object a line, and what the checker reads. Times are UTC."""

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
"""Names of clients; those of unruly ones begin so."""
STALL: Final = "stall"
"""No fault of the service: the machine was busy with something else."""
REFUSALS: Final = range(400, 500)


class Line(BaseModel):
    model_config = ConfigDict(frozen=True)


class Run(Line):
    """Options of one run. `bound` is in seconds: when everything must be quiet after the last fault. So is
    `served_within`: how long an undisturbed request of the quiet client may take.
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
    """One request, and what came back: an answer or `trouble`. Repeats of one request have one `intent`.

    `subject` is what it is about: the token of a reservation, the id of a time slot, of a meeting.
    """

    kind: Literal["exchange"] = "exchange"
    client: str
    intent: str
    api: str | None = None
    """The API process that was asked."""
    step: str
    subject: str
    method: str
    path: str
    body: Any = None
    sent: datetime
    answered: datetime
    seconds: float = 0
    """By the monotonic clock."""
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
        """Whether its client asks for what no decent client asks for."""
        return self.client.startswith(UNRULY)


class Fault(Line):
    """Something that was done to the stage; `trouble` when it did not come back as it should."""

    kind: Literal["fault"] = "fault"
    what: str
    target: str
    began: datetime
    ended: datetime
    trouble: str | None = None


class RowChange(Line):
    """A change of a row, in the order in which they were made. Of a deletion, `row` is what it was."""

    kind: Literal["row"] = "row"
    at: datetime
    transaction: int
    table: Table
    operation: Operation
    row: Json


class Told(Line):
    """An event as the log told it, or as the webhook received it, whose signature was `skew` seconds away from then."""

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


class Looked(Line):
    """When the last fault was over, and when what was found afterwards was read."""

    kind: Literal["looked"] = "looked"
    healed: datetime
    at: datetime
    positions: tuple[int, ...] = ()
    """The ids of the events in the order of their positions in the published log."""


AnyLine = Annotated[
    Run | Exchange | Fault | RowChange | Told | WorkflowRun | Looked,
    Field(discriminator="kind"),
]
LINES: Final[TypeAdapter[AnyLine]] = TypeAdapter(AnyLine)


@dataclass
class Record:
    """Everything that a verdict needs."""

    run: Run
    looked: Looked
    exchanges: list[Exchange] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    changes: list[RowChange] = field(default_factory=list)
    log: list[Json] = field(default_factory=list)
    received: list[Json] = field(default_factory=list)
    skews: list[float] = field(default_factory=list)
    """Of each that was received."""
    workflows: list[WorkflowRun] = field(default_factory=list)

    @cached_property
    def intents(self) -> dict[str, list[Exchange]]:
        """Every request with its repeats, in the order in which they were sent."""
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
        """Every request of that kind about that token, time slot or meeting."""
        return self._by_subject.get((step, subject), [])

    def accepted(self, *steps: str) -> Iterator[Exchange]:
        return (each for each in self.exchanges if each.step in steps and each.is_accepted)


class Writer:
    """Writes lines as they happen, so that a run which is broken off leaves its record too."""

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
    """A record that was written before."""
    with file.open() as lines:
        return collected(LINES.validate_json(line) for line in lines)


def collected(lines: Iterable[AnyLine]) -> Record:
    by_type: dict[type[Line], list[Any]] = defaultdict(list)
    for each in lines:
        by_type[type(each)].append(each)
    told: list[Told] = by_type[Told]
    return Record(
        run=by_type[Run][-1],
        looked=by_type[Looked][-1],
        exchanges=by_type[Exchange],
        faults=by_type[Fault],
        changes=by_type[RowChange],
        log=[each.event for each in told if each.by == "log"],
        received=[each.event for each in told if each.by == "webhook"],
        skews=[each.skew for each in told if each.by == "webhook"],
        workflows=by_type[WorkflowRun],
    )


def now() -> datetime:
    return datetime.now(UTC)
