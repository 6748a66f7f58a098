"""Domain errors on their way through the engine: told, not retried."""

from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.errors import refusal
from activities.interceptor import RefusalsEndTheStep
from domain.error_payloads import error_from_payload
from domain.errors import BookMeError, HoldExpired, NotFound, TimeSlotTaken, TooManyHolds
from domain.messages.booking import Refused
from storage.database import StorageUnavailable

ERRORS = (
    TimeSlotTaken("room", datetime(2030, 1, 1, tzinfo=UTC)),
    HoldExpired(),
    NotFound("room", uuid4()),
    TooManyHolds(3),
)


class Failing(ActivityInboundInterceptor):
    """A step that fails in this way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> object:  # noqa: A002, ARG002 - the SDK's signature
        raise self._error


async def failure_of_a_step_that_raises(error: Exception) -> BaseException:
    step = RefusalsEndTheStep().intercept_activity(Failing(error))
    with pytest.raises(type(error) if isinstance(error, StorageUnavailable) else ApplicationError) as failed:
        await ActivityEnvironment().run(step.execute_activity, cast("ExecuteActivityInput", None))
    return failed.value


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.reason)
async def test_a_refusal_ends_the_step_and_arrives_whole(error: BookMeError) -> None:
    failure = await failure_of_a_step_that_raises(error)
    assert isinstance(failure, ApplicationError)
    assert (failure.type, failure.non_retryable) == (error.reason, True)
    told = Refused.model_validate_json(failure.details[0].model_dump_json())
    arrived = error_from_payload(told.reason, told.message, told.facts)
    assert type(arrived) is type(error)
    assert (arrived.message, arrived.facts) == (error.message, error.facts)


async def test_what_is_transient_is_left_to_the_retry_policy() -> None:
    error = StorageUnavailable("away")
    assert await failure_of_a_step_that_raises(error) is error


def test_a_refusal_is_made_in_workflows_too() -> None:
    assert refusal(HoldExpired()).type == "HOLD_EXPIRED"
