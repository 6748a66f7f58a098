"""The step that deletes old rows, in memory: so many rows of each kind, of which a step deletes two."""

from temporalio import activity

from activities.signatures import RetentionSteps
from domain.messages.retention import DeleteOldRows, OldRows, OldRowsDeleted

OF_A_STEP = 2


class FakeRetention(RetentionSteps):
    """`left` are the old rows of each kind."""

    def __init__(self, **left: int) -> None:
        self.left = {OldRows[name.upper()]: rows for name, rows in left.items()}

    @activity.defn
    async def delete_old_rows(self, step: DeleteOldRows) -> OldRowsDeleted:
        left = self.left.get(step.of, 0)
        rows = min(left, OF_A_STEP)
        self.left[step.of] = left - rows
        return OldRowsDeleted(rows=rows, is_done=rows < OF_A_STEP)
