"""Current details of a run for operators in the Temporal UI: past events and the awaited event, in Markdown."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from temporalio import workflow

DURATION: Final = TypeAdapter(timedelta)


class StatusView:
    """Current details of the executing run, under a title.

    They contain no personal data, except the names of employees where they may be shown. The summary of a run cannot
    change, so the title has what can change, for example the time of a moved meeting.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._awaited = ""
        self._title = ""

    def set_title(self, title: str) -> None:
        """Set the title. The next line shows it."""
        self._title = title

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
        title = [f"### {self._title}", ""] if self._title else []
        awaited = [f"**Waiting for** {self._awaited}", ""] if self._awaited else []
        workflow.set_current_details("\n".join([*title, *awaited, *self._lines]))


def in_words(duration: str) -> str:
    """Return an ISO 8601 duration in words, for example `1 day` for `P1D`."""
    seconds = round(DURATION.validate_python(duration).total_seconds())
    parts = []
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, length)
        parts += [f"{number} {unit}{'' if number == 1 else 's'}"] if number else []
    return " ".join(parts)


def clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
