"""Conversion of domain errors into `ApplicationError`s for the workflow engine. No other module does this."""

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from domain.errors import BookMeError
from domain.messages.booking import Refused


def refusal(error: BookMeError) -> ApplicationError:
    """Return the non-retryable failure that carries the refusal to the caller of the activity."""
    payload = Refused(reason=error.reason, message=error.message, facts=dict(error.facts))
    # Benign: refusals are expected, and no worker should log them with their stack.
    return ApplicationError(
        error.message, payload, type=error.reason, non_retryable=True, category=ApplicationErrorCategory.BENIGN
    )
