"""Deletion of old rows on an operator's request."""

from admin.changes import Change, Operation
from admin.ui_links import schedule_url, ui_url_of
from storage.operator_actions import SubjectKind
from workflows.common.runs import RETENTION_SCHEDULE


async def purge(operation: Operation) -> Change:
    """Return the change that starts the daily deletion of old rows now. A deletion that is running goes on."""
    ui = schedule_url(ui_url_of(operation.settings), operation.client.namespace, RETENTION_SCHEDULE)

    async def perform(_: str) -> str:
        await operation.client.get_schedule_handle(RETENTION_SCHEDULE).trigger()
        return f"The deletion of old rows has been started. {ui} shows its progress."

    what = "delete what is older than the retention settings"
    return Change("purge", SubjectKind.SCHEDULE.named(RETENTION_SCHEDULE), what, perform)
