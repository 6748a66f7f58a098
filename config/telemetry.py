"""Logs with one line per record on standard error, and the worker's metrics.

Logs hold no personal data: no request or response bodies, no query strings, no database parameters.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from config.settings import Settings
from domain.request_context import REQUEST_ID

QUIET: Final = ("httpx", "httpcore", "urllib3", "asyncio", "alembic", "uvicorn.access")
"""Loggers that repeat the lines of other loggers, or that would log addresses with tokens."""

STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "color_message",
    "taskName",
    "temporal_log",
}


BUCKETS: Final = {"bookme_webhook_lag_seconds": (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)}
"""Upper bounds of histograms whose values are not milliseconds, the unit that the SDK assumes."""


class KeyValueFormatter(logging.Formatter):
    """Formats a record with its `extra` as one line: `time=… level=INFO logger=api.app message="…" request=4f1c`."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={_quoted(value)}" for name, value in facts_of(record, self).items())


class JsonFormatter(logging.Formatter):
    """Formats a record with its `extra` as one JSON object on one line, in ASCII. Unknown types become strings."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(facts_of(record, self), default=str)


class AddRequestId(logging.Filter):
    """Adds the id of the request that caused the record, as `request`, unless the record has one."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = REQUEST_ID.get()
        if request_id is not None and not hasattr(record, "request"):
            record.request = request_id
        return True


def facts_of(record: logging.LogRecord, formatter: logging.Formatter) -> dict[str, object]:
    """Return the members of a log line: time, level, logger, message, the record's `extra`, and the exception."""
    facts: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    facts |= {name: value for name, value in vars(record).items() if name not in STANDARD}
    if record.exc_info:
        facts["exception"] = formatter.formatException(record.exc_info)
    return facts


def _quoted(value: object) -> str:
    text = str(value)
    plain = text and text.isprintable() and not any(character in text for character in ' "=')
    return text if plain else "".join(map(_shown, json.dumps(text, ensure_ascii=False)))


def _shown(character: str) -> str:
    """Escape a character as JSON does if it could end a line or control a terminal, or cannot be written."""
    return character if character.isprintable() else json.dumps(character)[1:-1]


def configure_logging(settings: Settings) -> None:
    """Send all logs to standard error, because standard output is for the results of commands."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else KeyValueFormatter())
    handler.addFilter(AddRequestId())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # At level DEBUG, the SDK logs whole payloads.
    logging.getLogger("temporalio").setLevel(max(logging.INFO, logging.getLogger().level))
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=core_logging())), error_if_already_set=False)


def worker_runtime(settings: Settings) -> Runtime | None:
    """Return a runtime of the SDK that serves its metrics for Prometheus, or None if no address is set for them."""
    if settings.worker_metrics_address is None:
        return None
    # No other names or units: Temporal's Grafana dashboard for its SDKs expects the default names and milliseconds.
    metrics = PrometheusConfig(bind_address=settings.worker_metrics_address, histogram_bucket_overrides=BUCKETS)
    return Runtime(telemetry=TelemetryConfig(logging=core_logging(), metrics=metrics))


def core_logging() -> LoggingConfig:
    """Return a configuration that forwards the logs of the SDK's core, which otherwise go to standard output."""
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"), append_target_to_name=False, append_log_fields_to_message=False
    )
    return LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
