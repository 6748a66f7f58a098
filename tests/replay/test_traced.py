"""Request ids and traces change no command of a run: stored histories replay with them, and create no spans."""

from pathlib import Path
from typing import Final

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.worker import Replayer

from config.settings import Settings
from config.temporal import data_converter
from config.temporal_sdk.request_ids import RequestIds
from config.tracing.provider import OpenTelemetry
from tests.replay.test_replay import load
from tests.workflows.support.sandbox import SANDBOX
from workers.main import WORKFLOWS

pytestmark = pytest.mark.ci

STORED: Final = sorted(Path(__file__).parent.rglob("*.json"))


@pytest.mark.parametrize("is_traced", [False, True], ids=["request ids", "request ids and traces"])
async def test_stored_runs_can_be_replayed(is_traced: bool) -> None:
    exported = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    interceptors = [RequestIds(), *(OpenTelemetry(provider).temporal_interceptors if is_traced else ())]
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=SANDBOX,
        data_converter=data_converter(Settings()),
        interceptors=interceptors,  # type: ignore[arg-type]  # each is an interceptor of workers too
    )
    for path in STORED:
        await replayer.replay_workflow(load(path))
    assert exported.get_finished_spans() == ()
    provider.shutdown()
