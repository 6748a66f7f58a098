"""Addresses of runs in the Temporal UI."""

from urllib.parse import quote

from temporalio.client import WorkflowExecution

from admin.documents import RunLink


def run_url(ui_url: str, namespace: str, workflow_id: str, run_id: str | None = None) -> str:
    """Return the address of the run's history, or of the workflow, which shows its newest run."""
    address = f"{ui_url.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{quote(workflow_id, safe='')}"
    return address if run_id is None else f"{address}/{run_id}/history"


def link_to(ui_url: str, run: WorkflowExecution) -> RunLink:
    """Return the link to this run."""
    return RunLink(
        workflow_id=run.id,
        url=run_url(ui_url, run.namespace, run.id, run.run_id),
        run_id=run.run_id,
        workflow_type=run.workflow_type,
        status=None if run.status is None else run.status.name.replace("_", " ").capitalize(),
        started=run.start_time,
        closed=run.close_time,
    )
