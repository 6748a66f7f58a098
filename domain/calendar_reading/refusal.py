"""Error that all modules of the calendar reading raise."""


class UnusableCalendar(ValueError):
    """The file cannot be read, or has content that cannot be understood. The message names the cause."""


def quoted(text: str) -> str:
    """Return the first 80 characters of a text from the file, quoted and printable, for an error message."""
    return ascii(text[:80]) if not text.isprintable() else f"'{text[:80]}'"
