"""Where domain errors leave the activities: as refusals that end the step."""

from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.errors import refusal
from domain.errors import BookMeError


class RefusalsEndTheStep(Interceptor):
    """A domain error is a decision: it is told, not retried. Everything else is retried as the step's policy says."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        return _Translate(next)


class _Translate(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        try:
            return await super().execute_activity(input)
        except BookMeError as error:
            raise refusal(error) from error
