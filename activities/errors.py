"""The one place where domain errors become `ApplicationError`s on their way through the engine."""

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.messages import Refused
from domain.errors import BookMeError


def refusal(error: BookMeError) -> ApplicationError:
    """The non-retryable failure that carries the refusal to whoever asked."""
    told = Refused(reason=error.reason, message=error.message, facts=dict(error.facts))
    # Benign: a decision is an everyday thing, and no worker should log it with its stack.
    return ApplicationError(
        error.message, told, type=error.reason, non_retryable=True, category=ApplicationErrorCategory.BENIGN
    )
