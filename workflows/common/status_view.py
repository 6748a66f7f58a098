"""Current details of a run for operators in the Temporal UI: past events, and what the run does or waits for."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from domain.messages.booking import Cancellation, CancelledBy

DURATION: Final = TypeAdapter(timedelta)

WHO: Final[Mapping[str, str]] = {
    CancelledBy.CLIENT: "the client",
    CancelledBy.STAFF: "staff",
    CancelledBy.OPERATOR: "an operator",
    CancelledBy.SYSTEM: "BookMe itself",
}
"""Party that ended a booking or cancelled a meeting, in words."""

NEXT_RUN: Final = "a new run continues"


class StatusView:
    """Current details of the executing run: a title, the state of the run, and lines. All are Markdown.

    They contain no personal data, except the names of employees where they may be shown. The summary of a run cannot
    change, so the title has what can change, for example the time of a moved meeting.

    The UI shows the last details of an ended run, too. So each workflow ends its view with `show_ended`.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._state = ""
        self._title = ""

    def set_title(self, title: str) -> None:
        """Set the title. The next change of the state or the lines shows it."""
        self._title = title

    def add_line(self, description: str) -> None:
        """Add a line with the current time. The state stays as it is."""
        self.set_lines(*self._lines, timed_line(workflow.now(), description))

    def set_lines(self, *lines: str) -> None:
        """Replace all lines. The state stays as it is."""
        self._lines = [*lines]
        self._show()

    def show_awaited(self, description: str) -> None:
        """Show above the lines what the run waits for."""
        self._show_state(f"**Waiting for** {description}")

    def show_working(self, description: str) -> None:
        """Show above the lines what the run does."""
        self._show_state(f"**Working**: {description}")

    def show_ended(self, description: str) -> None:
        """Show above the lines that the run has ended, and how."""
        self._show_state(f"**Ended**: {description}")

    def clear_state(self) -> None:
        self._show_state("")

    @contextmanager
    def ended_with_block(self) -> Iterator[None]:
        """Show at the end of the block that the run has ended. The block is all that the run does."""
        try:
            yield
        except workflow.ContinueAsNewError:
            self.show_ended(NEXT_RUN)
            raise
        except (FailureError, asyncio.CancelledError) as error:
            self.show_ended("an operator cancelled the run" if is_cancelled_exception(error) else "the run failed")
            raise
        self.show_ended("all work is done")

    def _show_state(self, state: str) -> None:
        self._state = state
        self._show()

    def _show(self) -> None:
        title = [f"### {self._title}", ""] if self._title else []
        state = [self._state, ""] if self._state else []
        workflow.set_current_details("\n".join([*title, *state, *self._lines]))


def timed_line(at: datetime, description: str) -> str:
    """Return the item of a Markdown list, with its time."""
    return f"- {clock(at)} — {description}"


def reason_note(cancellation: Cancellation) -> str:
    """Return a note that a reason was given, or nothing.

    The reason itself is free text, which may have personal data. So the details do not contain it.
    """
    return ", with a reason that `bookme admin find` shows" if cancellation.reason else ""


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
