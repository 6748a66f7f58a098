"""Traces by OpenTelemetry: off until an OTLP endpoint is set (`OTEL_EXPORTER_OTLP_ENDPOINT`).

While traces are off, a process imports no part of the SDK, and every call here costs nothing.

    __init__       the switch, and the class whose methods do nothing
    provider       the class whose methods create spans
    privacy        which spans and which of their data are exported
    statements     spans of SQL statements
    http_requests  spans of outgoing HTTP requests
    workflows      spans of updates, workflows and activities
"""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from temporalio.client import Interceptor

if TYPE_CHECKING:
    import httpx
    from fastapi.telemetry import TelemetryConfig
    from sqlalchemy.ext.asyncio import AsyncEngine


class Tracing:
    """Adds tracing to the parts of a process. This class adds nothing: traces are off."""

    @property
    def temporal_interceptors(self) -> Sequence[Interceptor]:
        return ()

    @property
    def http_server(self) -> "TelemetryConfig":
        """The telemetry settings of a FastAPI application."""
        return {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}

    def trace_statements(self, engine: "AsyncEngine") -> None:
        """Create a span for each statement of this engine."""

    def trace_requests(self, transport: "httpx.AsyncBaseTransport") -> "httpx.AsyncBaseTransport":
        """Return the transport of an HTTP client that creates a span for each request."""
        return transport

    async def aclose(self) -> None:
        """Send the last spans. Each process calls this at its end."""


OFF = Tracing()


def is_on(environment: Mapping[str, str]) -> bool:
    """Return whether the standard variables of OpenTelemetry ask for traces by OTLP."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    is_elsewhere = environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() not in {"otlp", ""}
    return any(environment.get(name) for name in endpoints) and not is_disabled and not is_elsewhere


def start_tracing(service: str) -> Tracing:
    """Start traces if the environment asks for them. `service` is the name of the service if it sets none."""
    if not is_on(os.environ):
        return OFF
    from config.tracing.provider import OpenTelemetry  # noqa: PLC0415 - not loaded while traces are off

    return OpenTelemetry.exporting(service)
