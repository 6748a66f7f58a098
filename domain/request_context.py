"""The request that caused the current work: its id for logs, and its place in a trace.

`api.middleware.request_scope` sets the id in the API. `config.temporal_sdk.request_ids` carries both through Temporal.
"""

from contextvars import ContextVar
from typing import Final

REQUEST_ID: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
"""The `X-Request-Id` of the request, or None for work that no request caused."""

TRACEPARENT: Final[ContextVar[str | None]] = ContextVar("traceparent", default=None)
"""Trace and span of the request (W3C Trace Context), or None if the request is not traced."""
