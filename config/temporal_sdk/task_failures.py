"""Adds the workflow, the run and the cause to log lines about failing workflow tasks. The SDK's core omits them."""

import logging
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

LOGGERS: Final = ("temporalio.core", "temporalio.worker._workflow")
"""Loggers whose lines name a run only by its id, or not at all."""

MOST_RUNS: Final = 20_000
"""Maximum number of runs whose names are kept, which is more than a worker has in its cache."""

MOST_CHARACTERS: Final = 500
_MESSAGE: Final = re.compile(r'message: "((?:[^"\\]|\\.)*)"')
_KIND: Final = re.compile(r"force_cause: (\w+)")


class NamedRuns:
    """Workflow type and workflow id of each run that this process has recently loaded, by run id."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()

    def add(self, run_id: str, name: str) -> None:
        self._names[run_id] = name
        self._names.move_to_end(run_id)
        if len(self._names) > MOST_RUNS:
            self._names.popitem(last=False)

    def find(self, run_id: str) -> str:
        """Return the type and id of the workflow, such as `BookingWorkflow booking-…`, or `unknown`."""
        return self._names.get(run_id, "unknown")


class NamingRunner(WorkflowRunner):
    """Creates workflow instances as another runner does, and keeps the names of their runs."""

    def __init__(self, inner: WorkflowRunner, runs: NamedRuns) -> None:
        self.inner = inner
        self._runs = runs

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK's private type
        self.inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        self._runs.add(det.info.run_id, f"{det.info.workflow_type} {det.info.workflow_id}")
        return self.inner.create_instance(det)

    def set_worker_level_failure_exception_types(self, types: Any) -> None:  # noqa: ANN401 - the SDK's signature
        self.inner.set_worker_level_failure_exception_types(types)


class NameTheRun(logging.Filter):
    """Adds `workflow`, `run` and `cause` to the records of the SDK that are about one run."""

    def __init__(self, runs: NamedRuns) -> None:
        super().__init__()
        self._runs = runs

    def filter(self, record: logging.LogRecord) -> bool:
        fields: Mapping[str, Any] = getattr(getattr(record, "temporal_log", None), "fields", None) or {}
        run_id = fields.get("run_id") or _run_id_of(record)
        if run_id:
            record.workflow = self._runs.find(run_id)
            record.run = run_id
        if failure := fields.get("failure"):
            record.cause = cause_of(str(failure))
        return True


RUNS: Final = NamedRuns()
"""Runs of all workers of this process."""

NAMING: Final = NameTheRun(RUNS)


def install() -> NamedRuns:
    """Let the SDK's loggers name the runs of this process in their lines, and return these runs. Safe to repeat."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(NAMING)
    return RUNS


def cause_of(failure: str) -> str:
    """Return the kind and the first message of a failure in the text format of the SDK's core."""
    kind, message = _KIND.search(failure), _MESSAGE.search(failure)
    parts = (kind[1] if kind and kind[1] != "Unspecified" else "", message[1] if message else "")
    return ": ".join(filter(None, parts))[:MOST_CHARACTERS] or "unknown"


def _run_id_of(record: logging.LogRecord) -> str:
    """Return the run id in a line such as `Failed handling activation on workflow with run ID %s`, else ''."""
    is_about_a_run = isinstance(record.msg, str) and record.msg.endswith("run ID %s")
    return str(record.args[0]) if is_about_a_run and isinstance(record.args, tuple) and record.args else ""
