"""Carries the id of a request in Temporal headers: from the API to its update, to the run, and to the steps.

So the log lines of a step name the request that caused the step, and no message changes. The memo of a run has the id
of its first request.
"""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Interceptor as ClientInterceptor,
)
from temporalio.client import (
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.converter import PayloadConverter
from temporalio.worker import (
    ActivityInboundInterceptor,
    ContinueAsNewInput,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    SignalExternalWorkflowInput,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from domain.request_context import REQUEST_ID, TRACEPARENT

HEADER: Final = "request-id"
MEMO: Final = "RequestId"

TRACE_HEADER: Final = "_tracer-data"
"""Header in which the SDK's tracing interceptor carries the `traceparent`."""

SAMPLED: Final = 1
"""Flag of a `traceparent` whose trace is recorded. The flags are its last two hexadecimal digits."""

CONVERTER: Final = PayloadConverter.default

Headers = Mapping[str, Payload]


class RequestIds(ClientInterceptor, Interceptor):
    """Interceptor for clients. Workers that use such a client have it too."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _FromCaller(next)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _ToActivity(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: ARG002 - the SDK's signature
        return _ToWorkflow


def with_request_id(headers: Headers) -> Headers:
    """Return the headers with the id of the current request, if there is one."""
    request_id = REQUEST_ID.get()
    return headers if request_id is None else {**headers, HEADER: CONVERTER.to_payload(request_id)}


def take_request_id(headers: Headers) -> None:
    """Set the id of the current request from the headers."""
    REQUEST_ID.set(CONVERTER.from_payload(headers[HEADER], str) if HEADER in headers else None)


def take_traceparent(headers: Headers) -> None:
    """Set the place of the current work in its trace from the headers, if the trace is recorded."""
    carrier = CONVERTER.from_payload(headers[TRACE_HEADER]) if TRACE_HEADER in headers else {}
    traceparent = carrier.get("traceparent")
    TRACEPARENT.set(traceparent if traceparent and int(traceparent[-2:], 16) & SAMPLED else None)


class _FromCaller(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        _mark_start(input)
        return await super().start_workflow(input)

    async def start_update_with_start_workflow(
        self,
        input: StartWorkflowUpdateWithStartInput,
    ) -> WorkflowUpdateHandle[Any]:
        _mark_start(input.start_workflow_input)
        input.update_workflow_input.headers = with_request_id(input.update_workflow_input.headers)
        return await super().start_update_with_start_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        input.headers = with_request_id(input.headers)
        return await super().start_workflow_update(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        input.headers = with_request_id(input.headers)
        await super().signal_workflow(input)


def _mark_start(start: Any) -> None:  # noqa: ANN401 - two input classes of the SDK without a common base
    """Add the id of the current request to the headers and to the memo of the new run."""
    start.headers = with_request_id(start.headers)
    if (request_id := REQUEST_ID.get()) is not None:
        start.memo = {**(start.memo or {}), MEMO: request_id}


class _ToActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: ANN401 - the SDK's signature
        # Never reset: each activity has a context of its own, in which the SDK also logs its failure.
        take_request_id(input.headers)
        take_traceparent(input.headers)
        return await super().execute_activity(input)


class _ToWorkflow(WorkflowInboundInterceptor):
    """Sets the id in the task of `run` and of each handler. Each of these tasks has a context of its own."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_FromWorkflow(outbound))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: ANN401 - the SDK's signature
        take_request_id(input.headers)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        take_request_id(input.headers)
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: ANN401 - the SDK's signature
        take_request_id(input.headers)
        return await super().handle_update_handler(input)


class _FromWorkflow(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        input.headers = with_request_id(input.headers)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:
        input.headers = with_request_id(input.headers)
        return super().start_local_activity(input)

    async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
        input.headers = with_request_id(input.headers)
        await super().signal_external_workflow(input)

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        input.headers = with_request_id(input.headers)
        super().continue_as_new(input)
