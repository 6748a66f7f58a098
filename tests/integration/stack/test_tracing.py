"""Traces: when they are on, what they cost while they are off, and what of them leaves the process."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, StatusCode, Tracer
from temporalio.converter import PayloadConverter

from config.ports import LOOPBACK, free_port
from config.temporal_sdk.request_ids import TRACE_HEADER, take_traceparent
from config.tracing import is_on, provider, start_tracing
from config.tracing.http_requests import TracedTransport
from config.tracing.privacy import AllowedOnly, RequestsOnly
from devstack.processes import Child, Program
from domain.request_context import TRACEPARENT
from tests.support.otlp_receiver import otlp_receiver

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
REQUEST = {"http.request.method": "GET"}


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exported: InMemorySpanExporter) -> Iterator[Tracer]:
    traced = TracerProvider(sampler=RequestsOnly(ALWAYS_ON))
    traced.add_span_processor(SimpleSpanProcessor(AllowedOnly(exported)))
    yield traced.get_tracer("test")
    traced.shutdown()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_SERVICE_NAME": "bookme"}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_an_endpoint_switches_them_on(environment: dict[str, str], expected: bool) -> None:
    assert is_on(environment) is expected


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "bookme-api"),
        ({"OTEL_SERVICE_NAME": "desk"}, "desk"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=desk,deployment.environment.name=test"}, "desk"),
    ],
)
def test_a_service_has_a_name(environment: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert provider.resource_of("bookme-api", environment).attributes["service.name"] == name


SERVE = "from api.serving import served_api; app = served_api(); assert not app._native_telemetry.enabled()"
WORK = "import cli.main, workers.main; from config.tracing import OFF, start_tracing; assert start_tracing('w') is OFF"


@pytest.mark.ci
@pytest.mark.parametrize(
    ("program", "absent"),
    [
        # FastAPI itself imports the package `opentelemetry-api`.
        (SERVE, ("opentelemetry.sdk", "opentelemetry.exporter", "temporalio.contrib.opentelemetry", "config.tracing.")),
        (WORK, ("opentelemetry", "temporalio.contrib.opentelemetry", "config.tracing.")),
    ],
    ids=["api", "worker"],
)
def test_while_they_are_off_nothing_of_them_is_loaded(program: str, absent: tuple[str, ...]) -> None:
    told = f"{program}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {"BOOKME_DEV_ISSUER": "true", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, env=environment)
    assert [name for name in json.loads(done.stdout) if name.startswith(absent)] == []


def test_only_allowed_data_is_exported(tracer: Tracer, exported: InMemorySpanExporter) -> None:
    attributes = REQUEST | {"url.query": "token=planted", "url.path": "/planted", "http.route": "/bookme/{id}"}
    span = tracer.start_span("GET /bookme/{id}", kind=SpanKind.SERVER, attributes=attributes)
    span.record_exception(ValueError("planted"))
    span.set_status(StatusCode.ERROR, "planted")
    span.end()
    (sent,) = exported.get_finished_spans()
    assert sent.attributes == REQUEST | {"http.route": "/bookme/{id}"}
    assert [(each.name, each.attributes) for each in sent.events] == [("exception", {"exception.type": "ValueError"})]
    assert sent.status.status_code is StatusCode.ERROR
    assert "planted" not in sent.to_json()


def test_only_a_request_begins_a_trace(tracer: Tracer, exported: InMemorySpanExporter) -> None:
    with tracer.start_as_current_span("RunActivity:relay_events", kind=SpanKind.SERVER):
        tracer.start_span("SQL SELECT", kind=SpanKind.CLIENT).end()
    assert exported.get_finished_spans() == ()
    with tracer.start_as_current_span("GET", kind=SpanKind.SERVER, attributes=REQUEST):
        tracer.start_span("SQL SELECT", kind=SpanKind.CLIENT).end()
    assert [each.name for each in exported.get_finished_spans()] == ["SQL SELECT", "GET"]


class TestRequests:
    TRACE = "0af7651916cd43dd8448eb211c80319c"
    GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"

    @pytest.fixture
    def requests(self) -> list[httpx.Request]:
        return []

    @pytest.fixture
    def transport(self, tracer: Tracer, requests: list[httpx.Request]) -> TracedTransport:
        class Network(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                requests.append(request)
                if request.url.host == "down.example":
                    raise httpx.ConnectError("planted")
                return httpx.Response(int(request.url.path.strip("/")))

        return TracedTransport(Network(), tracer)

    async def send(self, transport: TracedTransport, url: str, **headers: str) -> None:
        await transport.handle_async_request(httpx.Request("POST", url, headers=headers))

    @pytest.mark.parametrize(("status", "expected"), [(204, StatusCode.UNSET), (500, StatusCode.ERROR)])
    async def test_a_request_continues_the_trace_that_it_names(
        self,
        transport: TracedTransport,
        requests: list[httpx.Request],
        exported: InMemorySpanExporter,
        status: int,
        expected: StatusCode,
    ) -> None:
        await self.send(transport, f"http://hook.example/{status}", traceparent=self.GIVEN)
        (sent,) = exported.get_finished_spans()
        assert requests[0].headers["traceparent"] == f"00-{self.TRACE}-{sent.context.span_id:016x}-01"
        assert sent.attributes == {"http.request.method": "POST", "http.response.status_code": status}
        assert sent.status.status_code is expected

    async def test_without_a_trace_a_request_names_none(
        self, transport: TracedTransport, requests: list[httpx.Request], exported: InMemorySpanExporter
    ) -> None:
        await self.send(transport, "http://hook.example/204")
        assert "traceparent" not in requests[0].headers
        assert exported.get_finished_spans() == ()

    async def test_a_failure_is_named_and_not_told(
        self, transport: TracedTransport, exported: InMemorySpanExporter
    ) -> None:
        with pytest.raises(httpx.ConnectError):
            await self.send(transport, "http://down.example/", traceparent=self.GIVEN)
        (sent,) = exported.get_finished_spans()
        assert sent.attributes == {"error.type": "ConnectError"}
        assert "planted" not in sent.to_json()


@pytest.mark.parametrize(
    ("flags", "is_recorded"),
    [("00", False), ("01", True), ("02", False), ("03", True)],
    ids=["nothing", "recorded", "random id", "recorded, random id"],
)
def test_an_event_names_a_recorded_trace_only(flags: str, is_recorded: bool) -> None:
    traceparent = f"{TestRequests.GIVEN[:-2]}{flags}"
    headers = {TRACE_HEADER: PayloadConverter.default.to_payload({"traceparent": traceparent})}
    before = TRACEPARENT.set("another")
    take_traceparent(headers)
    assert TRACEPARENT.get() == (traceparent if is_recorded else None)
    take_traceparent({})
    assert TRACEPARENT.get() is None
    TRACEPARENT.reset(before)


async def test_a_process_ends_soon_although_its_collector_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{LOOPBACK}:{collector.getsockname()[1]}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "20")
        monkeypatch.setattr(provider, "MOST_SECONDS", 0.1)
        tracing = start_tracing("bookme-test")
        assert isinstance(tracing, provider.OpenTelemetry)
        tracing._tracer.start_span("GET", kind=SpanKind.SERVER, attributes=REQUEST).end()
        async with asyncio.timeout(10):
            await tracing.aclose()


@pytest.mark.ci
async def test_a_stopped_api_has_sent_its_last_spans(tmp_path: Path) -> None:
    """Neither PostgreSQL nor Temporal is there."""
    port = free_port()

    async def answers(_: int) -> bool:
        with contextlib.suppress(httpx.TransportError):
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"http://{LOOPBACK}:{port}/nothing")).status_code == 404
        return False

    async with otlp_receiver() as collector:
        never = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "600000"}
        ours = {"BOOKME_DEV_ISSUER": "true", "BOOKME_DEV_ISSUER_KEY": str(tmp_path / "issuer.pem")}
        command = (sys.executable, "-m", "cli", "api", "--port", str(port))
        environment = {**os.environ, **never, **ours}
        api = Child(
            Program(name="API", command=command, log=tmp_path / "api.log", ready=answers, environment=environment)
        )
        await api.start()
        assert collector.bodies == []
        await api.stop()
        assert [span.name for span in collector.spans()] == ["GET"]
        assert collector.services() == {"bookme-api"}
        log = (tmp_path / "api.log").read_text()
    (access,) = (line for line in log.splitlines() if "logger=api.access" in line)
    assert "route=unmatched status=404" in access
    assert f"trace={next(collector.spans()).trace_id.hex()}" in access
