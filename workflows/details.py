"""What an operator reads of a run in the Temporal UI: its story so far, in Markdown, and what it waits for."""

from datetime import datetime

from temporalio import workflow


class Details:
    """The current details of the run that they are told in. No personal data."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def tell(self, what: str) -> None:
        """Add a line that happened now."""
        self._lines.append(f"- {clock(workflow.now())} — {what}")
        workflow.set_current_details("\n".join(self._lines))

    def await_(self, what: str) -> None:
        """Say above the story what is waited for."""
        workflow.set_current_details("\n".join([f"**Waiting for** {what}", "", *self._lines]))


def clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
