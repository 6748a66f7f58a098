"""Deletes old rows once a day. A schedule starts the workflow."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig

from activities.signatures import RetentionSteps
from domain.messages.retention import Deleted, DeleteOldRows, OldRows, OldRowsDeleted
from workflows.common.runs import RETENTION_WORKFLOW
from workflows.common.saga import with_summary
from workflows.common.status_view import StatusView

DELETING: Final[ActivityConfig] = {
    "start_to_close_timeout": timedelta(minutes=5),
    # Short, so that another worker continues soon after a worker has died.
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
}


@workflow.defn(name=RETENTION_WORKFLOW)
class RetentionWorkflow:
    """Deletes what is older than the retention settings (`BOOKME_KEEP_…`), one kind of rows after another.

    Each step works for at most a minute. The current details show how many rows are gone.
    """

    @workflow.init
    def __init__(self) -> None:
        self._rows = dict.fromkeys(OldRows, 0)
        self._view = StatusView()

    @workflow.run
    async def run(self) -> Deleted:
        with self._view.ended_with_block():
            for kind in OldRows:
                self._view.show_working(f"delete old {kind}")
                while not (await self._delete(kind)).is_done:
                    self._show_rows()
                self._show_rows()
        return Deleted(rows=self._rows)

    async def _delete(self, kind: OldRows) -> OldRowsDeleted:
        """Delete for a minute, and count the rows. A row is not counted if its step was repeated after a failure."""
        done = await workflow.execute_activity_method(
            RetentionSteps.delete_old_rows, DeleteOldRows(of=kind), **with_summary(DELETING, f"delete old {kind}")
        )
        self._rows[kind] += done.rows
        return done

    def _show_rows(self) -> None:
        lines = [f"- {kind}: {rows:,}" for kind, rows in self._rows.items()]
        self._view.set_lines("Deleted or cleared so far:", "", *lines)
