"""What an operator reads of a run in the Temporal UI: its story so far, in Markdown, and what it waits for."""

from datetime import datetime

from temporalio import workflow


class Details:
    """The current details of the run that they are told in. No personal data."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._awaited = ""

    def tell(self, what: str) -> None:
        """Add a line that happened now. It stays said what is waited for."""
        self._lines.append(f"- {clock(workflow.now())} — {what}")
        self._show()

    def await_(self, what: str) -> None:
        """Say above the story what is waited for, until something else is, or nothing."""
        self._awaited = what
        self._show()

    def await_nothing(self) -> None:
        self.await_("")

    def _show(self) -> None:
        awaited = [f"**Waiting for** {self._awaited}", ""] if self._awaited else []
        workflow.set_current_details("\n".join([*awaited, *self._lines]))


def clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
