"""Worker interceptor that counts and logs attempts of activities, and converts their domain errors into refusals."""

import logging
import time
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.errors import refusal
from activities.step_metrics import count_attempt
from domain.errors import BookMeError

log = logging.getLogger(__name__)


class RefusalsEndTheStep(Interceptor):
    """Reports a domain error as a failure without retry. Other errors are retried by the retry policy of the step.

    Retries are counted (`activities.step_metrics`).
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        return _Translate(next)


class _Translate(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        count_attempt()
        began, ending = time.perf_counter(), "failed"
        try:
            result = await super().execute_activity(input)
            ending = "done"
        except BookMeError as error:
            ending = error.reason
            raise refusal(error) from error
        finally:
            if log.isEnabledFor(logging.DEBUG):
                _log(ending, time.perf_counter() - began)
        return result


def _log(ending: str, seconds: float) -> None:
    info = activity.info()
    log.debug(
        "step",
        extra={
            "step": info.activity_type,
            "ending": ending,
            "attempt": info.attempt,
            "ms": round(seconds * 1000, 1),
            "run": info.workflow_run_id,
        },
    )
