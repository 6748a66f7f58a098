"""Spans of SQL statements, by the events of SQLAlchemy. Parameters are not recorded."""

from typing import Any, Final

from opentelemetry.trace import SpanKind, StatusCode, Tracer
from sqlalchemy import ExceptionContext, event
from sqlalchemy.ext.asyncio import AsyncEngine

MOST_CHARACTERS: Final = 2000
"""Maximum length of the recorded text of a statement."""

SPAN: Final = "_span"
"""Attribute of SQLAlchemy's execution context with the span of its statement."""


def trace_statements(engine: AsyncEngine, tracer: Tracer) -> None:
    """Create a span for each statement of this engine that belongs to a trace."""

    def begin(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:  # noqa: ANN401 - SQLAlchemy's types are private
        span = tracer.start_span(f"SQL {statement[:40].split(maxsplit=1)[0]}", kind=SpanKind.CLIENT)
        if span.is_recording():
            span.set_attributes({"db.system.name": "postgresql", "db.query.text": statement[:MOST_CHARACTERS]})
            setattr(context, SPAN, span)

    event.listen(engine.sync_engine, "before_cursor_execute", begin)
    event.listen(engine.sync_engine, "after_cursor_execute", _end)
    event.listen(engine.sync_engine, "handle_error", _fail)


def _end(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:  # noqa: ANN401 - SQLAlchemy's types are private
    if (span := getattr(context, SPAN, None)) is not None:
        span.end()


def _fail(failed: ExceptionContext) -> None:
    if (span := getattr(failed.execution_context, SPAN, None)) is not None:
        span.set_attribute("error.type", type(failed.original_exception).__name__)
        span.set_status(StatusCode.ERROR)
        span.end()
