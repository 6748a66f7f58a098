"""Version of a worker in Temporal's Worker Versioning, so that workers of several releases run side by side.

All workers of one task queue are one Worker Deployment. Each release (`BOOKME_BUILD_ID`) is a version of the
deployment. Temporal gives new runs to the current version. `bookme deploy` changes the current version.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentResponse,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from config.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 1.0
"""Seconds between two checks whether the deployment has a current version."""

NOT_YET: Final = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.ABORTED)
"""Temporal does not know the version of a worker before its first poll. Another worker may have changed the version."""


def deployment_config(settings: Settings) -> WorkerDeploymentConfig | None:
    """Return the version of this worker, or None if the setting `BOOKME_BUILD_ID` is not set.

    Runs move to the current version with their next task, except those of `PinnedBookingWorkflow`.
    """
    if settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


@contextlib.asynccontextmanager
async def current_version_ensured(client: Client, settings: Settings) -> AsyncIterator[None]:
    """Make the version of this worker current if the deployment never had a current version.

    The block runs meanwhile: Temporal knows the version only after the worker has polled.
    """
    ensuring = asyncio.create_task(ensure_current_version(client, settings))
    try:
        yield
    finally:
        ensuring.cancel()


async def ensure_current_version(client: Client, settings: Settings) -> None:
    """Wait until the deployment has a current version, and log whether this worker gets new bookings."""
    while True:
        try:
            current = await _current_version(client, settings)
        except RPCError as error:
            if settings.build_id is None:
                # No worker has a version, or the server is too old to know versions.
                return
            if error.status not in NOT_YET:
                log.warning("the version of the workers cannot be read", extra={"error": error.message})
        else:
            _log_version(settings.build_id, current)
            return
        await asyncio.sleep(LOOK_EVERY)


async def _current_version(client: Client, settings: Settings) -> str:
    """Return the current version. Make the version of this worker current if no version ever was."""
    found = await describe_deployment(client, settings.deployment)
    info = found.worker_deployment_info
    current = info.routing_config.current_deployment_version.build_id
    was_current = any(version.HasField("last_current_time") for version in info.version_summaries)
    if current or was_current or settings.build_id is None:
        return current
    await set_current_version(client, settings.deployment, settings.build_id, found.conflict_token)
    return settings.build_id


async def describe_deployment(client: Client, deployment: str) -> DescribeWorkerDeploymentResponse:
    """Return the versions of a deployment. Raises `RPCError` (NOT_FOUND) if no worker with a version ever polled."""
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    # With retries, because Temporal limits the rate of requests about one deployment.
    return await client.workflow_service.describe_worker_deployment(request, retry=True)


async def set_current_version(client: Client, deployment: str, build_id: str, conflict_token: bytes) -> None:
    """Give new runs, and the next tasks of runs that are not pinned, to this version.

    Raises `RPCError` (FAILED_PRECONDITION) if the deployment was changed after `conflict_token`, or if a task queue
    of the current version has no worker of this version.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=deployment,
        build_id=build_id,
        conflict_token=conflict_token,
        identity=client.identity,
    )
    await client.workflow_service.set_worker_deployment_current_version(request, retry=True)


def _log_version(build_id: str | None, current: str) -> None:
    facts = {"build_id": build_id or "not set", "current": current or "none"}
    if (build_id or "") == current:
        log.info("this worker gets new bookings", extra=facts)
    elif build_id is None:
        log.warning("this worker gets no tasks: set BOOKME_BUILD_ID to the current version", extra=facts)
    else:
        log.info("this worker gets new bookings after `bookme deploy promote`", extra=facts)
