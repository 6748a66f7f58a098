"""Liveness and readiness of the process, for probes, and its metrics. Open to everybody."""

import asyncio
from collections.abc import Awaitable
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from api.dependencies import Resources, Shared
from api.middleware.metrics import registry
from api.schemas.base.examples import example
from api.stopping import is_stopping

router = APIRouter(tags=["Operations"])
metrics_router = APIRouter(tags=["Operations"])
"""Only for an API without a metrics port of its own (`api.serving`)."""

PROBE_TIMEOUT: Final = 3.0
"""Seconds after which a database or an engine that has not answered counts as unreachable."""


class Liveness(BaseModel):
    """The answer of a process that is alive."""

    model_config = example(status="up")

    status: Literal["up"] = Field("up", description="Always `up`.")


class ReadinessStatus(StrEnum):
    """Answers of the readiness probe."""

    READY = "ready"
    NOT_READY = "not ready"
    STOPPING = "stopping"


class Readiness(BaseModel):
    """State of the database and of the workflow engine. The process needs both."""

    model_config = example(status="ready", database="up", engine="up")

    status: ReadinessStatus = Field(
        description="Whether the process can serve requests. `stopping`: it still does, and stops soon."
    )
    database: str = Field(description="`up`, or `read-only` or `down` with the reason.")
    engine: str = Field(description="`up`, or `down` with the reason.")


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live", operation_id="Health_live")
async def live() -> Liveness:
    """Check that the process answers."""
    return Liveness()


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready",
    operation_id="Health_ready",
    responses={
        503: {
            "model": Readiness,
            "description": "The database or the workflow engine cannot be used, or the process is stopping. The "
            "answer says which.",
        }
    },
)
async def ready(shared: Shared, request: Request, response: Response) -> Readiness:
    """Check that the process can serve requests.

    The answer is 200 if the database can be reached and accepts changes, the workflow engine can be reached, and the
    process was not told to stop. Otherwise the answer is 503.
    """
    database, engine = await asyncio.gather(_probe(_database(shared)), _probe(_engine(shared)))
    status = ReadinessStatus.READY if database == engine == "up" else ReadinessStatus.NOT_READY
    if is_stopping(request):
        status = ReadinessStatus.STOPPING
    if status is not ReadinessStatus.READY:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Readiness(status=status, database=database, engine=engine)


@metrics_router.head("/metrics", include_in_schema=False)
@metrics_router.get(
    "/metrics",
    operation_id="Metrics",
    response_class=Response,
    responses={
        200: {
            "description": "The metrics in the text format of Prometheus.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
)
async def metrics() -> Response:
    """Get the Prometheus metrics of the API: the sums over all its processes on this machine."""
    return Response(generate_latest(registry()), media_type=CONTENT_TYPE_LATEST)


async def _probe(check: Awaitable[str]) -> str:
    """Run `check` within `PROBE_TIMEOUT`. A failure of the check itself is reported as `down`."""
    try:
        return await asyncio.wait_for(check, PROBE_TIMEOUT)
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the part cannot be used
        return f"down: {type(error).__name__}"


async def _database(shared: Resources) -> str:
    why = await shared.database.why_read_only()
    return f"read-only: {why}, so that nothing can be booked or changed" if why else "up"


async def _engine(shared: Resources) -> str:
    await shared.engine.client.service_client.check_health()
    return "up"
