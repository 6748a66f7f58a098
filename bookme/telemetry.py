"""What the processes tell: logs of one line a record on standard error, and the worker's metrics.

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

from bookme.settings import Settings

QUIET: Final = ("httpx", "httpcore", "asyncio", "alembic", "uvicorn.access")
"""Loggers that would repeat what others say, or that would log addresses with tokens in them."""

STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "color_message",
    "taskName",
    "temporal_log",
}


class KeyValueFormatter(logging.Formatter):
    """`time=… level=INFO logger=api.app message="…" request=4f1c`: one line a record, `extra` included."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts |= {name: value for name, value in vars(record).items() if name not in STANDARD}
        if record.exc_info:
            facts["exception"] = self.formatException(record.exc_info)
        return " ".join(f"{name}={_quoted(value)}" for name, value in facts.items())


def _quoted(value: object) -> str:
    text = str(value)
    plain = text and text.isprintable() and not any(character in text for character in ' "=')
    return text if plain else "".join(map(_shown, json.dumps(text, ensure_ascii=False)))


def _shown(character: str) -> str:
    """What would end a line somewhere, steer a terminal, or cannot be written, as JSON escapes it."""
    return character if character.isprintable() else json.dumps(character)[1:-1]


def configure_logging(settings: Settings) -> None:
    """Send every log to standard error: standard output belongs to what a command answers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValueFormatter())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # In detail it logs what it carries: whole payloads.
    logging.getLogger("temporalio").setLevel(max(logging.INFO, logging.getLogger().level))
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=core_logging())), error_if_already_set=False)


def worker_runtime(settings: Settings) -> Runtime | None:
    """The Temporal SDK with its metrics served for Prometheus, when an address is set for them."""
    if settings.worker_metrics_address is None:
        return None
    # The SDK's own names and milliseconds: the Grafana dashboard that Temporal publishes for its SDKs asks for those.
    metrics = PrometheusConfig(bind_address=settings.worker_metrics_address)
    return Runtime(telemetry=TelemetryConfig(logging=core_logging(), metrics=metrics))


def core_logging() -> LoggingConfig:
    """The SDK's core writes to standard output unless it is told otherwise."""
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"), append_target_to_name=False, append_log_fields_to_message=False
    )
    return LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
