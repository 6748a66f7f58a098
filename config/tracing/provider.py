"""Traces that are on: their provider, and the parts that create spans."""

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Self

import httpx
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import get_current_span
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Interceptor

from config.tracing import Tracing
from config.tracing.http_requests import TracedTransport
from config.tracing.privacy import AllowedOnly, RequestsOnly
from config.tracing.statements import trace_statements
from config.tracing.workflows import RequestTraces

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

MOST_SECONDS: Final = 3.0
"""Seconds in which a process that ends sends its last spans."""

UNTRACED: Final = ("/health/", "/metrics")
"""Beginnings of paths whose requests are not traced: monitoring requests them every few seconds."""


class OpenTelemetry(Tracing):
    """Creates spans with this provider, and adds the id of their trace to log lines."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("bookme", metadata.version("bookme"))
        for handler in logging.getLogger().handlers:
            handler.addFilter(add_trace_id)

    @classmethod
    def exporting(cls, service: str) -> Self:
        """Export spans by OTLP over HTTP as the standard variables say."""
        provider = TracerProvider(resource=resource_of(service, os.environ), shutdown_on_exit=False)
        provider.sampler = RequestsOnly(provider.sampler)
        provider.add_span_processor(BatchSpanProcessor(AllowedOnly(OTLPSpanExporter())))
        return cls(provider)

    @property
    def temporal_interceptors(self) -> Sequence[Interceptor]:
        return (RequestTraces(self._tracer),)

    @property
    def http_server(self) -> "TelemetryConfig":
        return {
            **super().http_server,
            "tracing": True,
            "tracer_provider": self._provider,
            "operation_spans": False,
            "exclude": lambda scope: scope["path"].startswith(UNTRACED),
        }

    def trace_statements(self, engine: AsyncEngine) -> None:
        trace_statements(engine, self._tracer)

    def trace_requests(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return TracedTransport(transport, self._tracer)

    async def aclose(self) -> None:
        # A daemon, because the exporter waits up to ten seconds for a collector that is down.
        stopping = Thread(target=self._provider.shutdown, daemon=True)
        stopping.start()
        await asyncio.to_thread(stopping.join, MOST_SECONDS)


def resource_of(service: str, environment: Mapping[str, str]) -> Resource:
    """Return the attributes of the process. Names in the environment replace ours."""
    ours: dict[str, Any] = {"service.version": metadata.version("bookme")}
    others = environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if not environment.get("OTEL_SERVICE_NAME") and "service.name=" not in others:
        ours["service.name"] = service
    return Resource.create(ours)


def add_trace_id(record: logging.LogRecord) -> bool:
    """Add the id of the current trace to the log record, as `trace`."""
    span = get_current_span().get_span_context()
    if span.is_valid and span.trace_flags.sampled:
        record.trace = f"{span.trace_id:032x}"
    return True
