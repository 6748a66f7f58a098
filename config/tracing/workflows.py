"""Spans of updates, workflows and activities, by the SDK's own interceptor."""

from typing import Any

from opentelemetry import context
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.converter import PayloadConverter
from temporalio.worker import HandleUpdateInput, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

from config.temporal_sdk.request_ids import TRACE_HEADER

W3C = TraceContextTextMapPropagator()
"""The SDK would also carry baggage, which clients choose, and store it in Temporal without encryption."""


class RequestTraces(TracingInterceptor):
    """Gives the steps of an update to the trace of its request.

    The SDK gives everything that a run does to the trace that started the run. Spans inside workflows have no duration,
    because a run can continue on another worker.
    """

    def __init__(self, tracer: Tracer) -> None:
        super().__init__(tracer)
        self.text_map_propagator = W3C

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _Workflows


class _Workflows(TracingWorkflowInboundInterceptor):
    def __init__(self, next: WorkflowInboundInterceptor) -> None:
        super().__init__(_UpdatesInTheirTraces(next))
        self.text_map_propagator = W3C


class _UpdatesInTheirTraces(WorkflowInboundInterceptor):
    """Makes the request's trace the current one. `PendingUpdate.in_its_context` hands it over to `run`."""

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: ANN401 - the SDK's signature
        if TRACE_HEADER in input.headers:
            carrier: dict[str, str] = PayloadConverter.default.from_payload(input.headers[TRACE_HEADER])
            # Never detached: the handler has a context of its own.
            context.attach(W3C.extract(carrier, context.get_current()))
        return await super().handle_update_handler(input)
