"""Errors that have passed through the workflow engine or the database, as the exceptions that they were."""

from collections.abc import Mapping

from domain import errors, meeting_errors
from domain.errors import BookMeError, Fact, Reason


def error_from_payload(reason: str, message: str, facts: Mapping[str, Fact]) -> BookMeError:
    """Return the error that has this reason, message and facts.

    Raises:
        ValueError: the reason is unknown.

    """
    error = BookMeError.__new__(_BY_REASON[Reason(reason)])
    BookMeError.__init__(error, message, **facts)
    return error


_BY_REASON: Mapping[Reason, type[BookMeError]] = {
    kind.reason: kind
    for module in (errors, meeting_errors)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, BookMeError) and hasattr(kind, "reason")
}
