"""Current details of a run for operators in the Temporal UI: past events and the awaited event, in Markdown."""

from datetime import datetime

from temporalio import workflow


class StatusView:
    """Current details of the executing run. They must not contain personal data."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._awaited = ""

    def add_line(self, description: str) -> None:
        """Add a line with the current time. The awaited event stays as it is."""
        self._lines.append(f"- {clock(workflow.now())} — {description}")
        self._show()

    def show_awaited(self, description: str) -> None:
        """Show the awaited event above the lines, in place of the one shown before."""
        self._awaited = description
        self._show()

    def clear_awaited(self) -> None:
        self.show_awaited("")

    def _show(self) -> None:
        awaited = [f"**Waiting for** {self._awaited}", ""] if self._awaited else []
        workflow.set_current_details("\n".join([*awaited, *self._lines]))


def clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
