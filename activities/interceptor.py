"""Worker interceptor that counts the attempts of activities, and converts their domain errors into refusals."""

from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.errors import refusal
from activities.step_metrics import count_attempt
from domain.errors import BookMeError


class RefusalsEndTheStep(Interceptor):
    """Reports a domain error as a failure without retry. Other errors are retried by the retry policy of the step.

    Retries are counted (`activities.step_metrics`).
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        return _Translate(next)


class _Translate(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        count_attempt()
        try:
            return await super().execute_activity(input)
        except BookMeError as error:
            raise refusal(error) from error
