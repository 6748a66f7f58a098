"""Spans of outgoing HTTP requests."""

from http import HTTPStatus
from typing import Final

import httpx
from opentelemetry.trace import SpanKind, StatusCode, Tracer, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT: Final = "traceparent"
W3C: Final = TraceContextTextMapPropagator()


class TracedTransport(httpx.AsyncBaseTransport):
    """Sends requests in a span of their own, and names the span in the request's `traceparent`.

    A request that already has a `traceparent` continues that trace, for example the trace of the booking whose event it
    delivers. Every other request continues the current trace. Receivers get no `tracestate` and no baggage, because
    clients choose the content of these.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        parent = W3C.extract({TRACEPARENT: request.headers[TRACEPARENT]}) if TRACEPARENT in request.headers else None
        span = self._tracer.start_span(f"HTTP {request.method}", parent, SpanKind.CLIENT)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            self._mark(request)
            try:
                response = await self._inner.handle_async_request(request)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise
            status = response.status_code
            span.set_attributes({"http.request.method": request.method, "http.response.status_code": status})
            if status >= HTTPStatus.BAD_REQUEST:
                span.set_status(StatusCode.ERROR)
            return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    @staticmethod
    def _mark(request: httpx.Request) -> None:
        """Name the current span in the request, unless the trace is not recorded."""
        if get_current_span().is_recording():
            carrier: dict[str, str] = {}
            W3C.inject(carrier)
            request.headers[TRACEPARENT] = carrier[TRACEPARENT]
