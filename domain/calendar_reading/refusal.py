"""The error that every part of the reading raises."""


class UnusableCalendar(ValueError):
    """The file cannot be read, or says something that cannot be understood. The message names the cause."""


def quoted(text: str) -> str:
    """A text of the file for an error message: printable, and of at most 80 characters."""
    return ascii(text[:80]) if not text.isprintable() else f"'{text[:80]}'"
