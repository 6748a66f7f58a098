"""Reads and changes which version of the workers gets new bookings, for `bookme deploy`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentRampingVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from config.errors import StackError
from config.settings import Settings
from config.temporal import pollers
from workers.versions import describe_deployment, set_current_version

Summary = WorkerDeploymentInfo.WorkerDeploymentVersionSummary


@dataclass(frozen=True, kw_only=True)
class Version:
    """One release of the workers.

    `status` is `current`, `ramping`, `draining`, `drained`, or `inactive` (never got a new booking). `share` is the
    percentage of new bookings. `bookings` counts the open bookings that stay on this version. `workers` counts
    the workers that poll each task queue.
    """

    build_id: str
    status: str
    share: float
    bookings: int
    workers: dict[str, int]
    was_current_at: datetime | None

    @property
    def lacks_workers(self) -> list[str]:
        """Return the task queues that no worker of this version polls."""
        return [queue for queue, count in self.workers.items() if count == 0]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The versions of one deployment, the newest first. `token` changes with each change of the deployment."""

    name: str
    versions: tuple[Version, ...]
    token: bytes

    @property
    def current(self) -> Version | None:
        return self._only("current")

    @property
    def ramping(self) -> Version | None:
        return self._only("ramping")

    @property
    def former(self) -> Version | None:
        """The version that was current before the current one."""
        former = [each for each in self.versions if each.was_current_at and each is not self.current]
        return max(former, key=lambda each: each.was_current_at or datetime.min.replace(tzinfo=UTC), default=None)

    def version(self, build_id: str) -> Version | None:
        return next((each for each in self.versions if each.build_id == build_id), None)

    def _only(self, status: str) -> Version | None:
        return next((each for each in self.versions if each.status == status), None)


async def read_deployment(client: Client, settings: Settings) -> Deployment:
    """Read all versions from Temporal.

    Raises:
        StackError: no worker with a version ever polled the task queue.
        RPCError: Temporal cannot be used.

    """
    try:
        found = await describe_deployment(client, settings.deployment)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise StackError(
            f"No worker with a version has polled the task queue {settings.task_queue}: "
            "start workers with BOOKME_BUILD_ID."
        ) from error
    info = found.worker_deployment_info
    queues = (settings.task_queue, settings.delivery_task_queue)
    polling = {queue: await _builds_polling(client, queue) for queue in queues}
    newest_first = sorted(info.version_summaries, key=lambda each: each.create_time.ToDatetime(UTC), reverse=True)
    versions = [
        Version(
            build_id=(build_id := each.deployment_version.build_id),
            status=_status(each),
            share=_share(info, build_id),
            bookings=await _open_bookings(client, info.name, build_id),
            workers={queue: ids.count(build_id) for queue, ids in polling.items()},
            was_current_at=each.last_current_time.ToDatetime(UTC) if each.HasField("last_current_time") else None,
        )
        for each in newest_first
    ]
    return Deployment(name=info.name, versions=tuple(versions), token=found.conflict_token)


async def promote(client: Client, settings: Settings, build_id: str, share: float = 100) -> None:
    """Give new bookings to this version: all of them, or `share` percent.

    Raises:
        StackError: there is no such version, no worker of this version polls one of the task queues, or another
            command changed the deployment at the same time.

    """
    deployment = await read_deployment(client, settings)
    version = deployment.version(build_id)
    if version is None:
        known = ", ".join(each.build_id for each in deployment.versions)
        raise StackError(
            f"No worker has the version {build_id}: start one with BOOKME_BUILD_ID={build_id}. There are: {known}."
        )
    await _route_to(client, deployment, version, share)


async def roll_back(client: Client, settings: Settings) -> str:
    """Undo the last promotion, and return what was done, in words.

    If a version gets a share of the new bookings, it gets none any more. Otherwise the former current version gets
    all new bookings again.

    Raises:
        StackError: there was no other current version, or its workers do not run any more.

    """
    deployment = await read_deployment(client, settings)
    if (ramping := deployment.ramping) is not None:
        await _set_share(client, deployment, ramping.build_id, 0)
        return f"{ramping.build_id} gets no new bookings any more"
    former = deployment.former
    if former is None:
        raise StackError("No other version was current before, so there is nothing to return to.")
    await _route_to(client, deployment, former, 100)
    return f"{former.build_id} gets all new bookings again"


async def _route_to(client: Client, deployment: Deployment, version: Version, share: float) -> None:
    if version.lacks_workers:
        queues = " and ".join(version.lacks_workers)
        raise StackError(f"No worker of {version.build_id} polls {queues}: start one, and wait until it is ready.")
    try:
        if share < 100:  # noqa: PLR2004 - percent
            await _set_share(client, deployment, version.build_id, share)
        else:
            await set_current_version(client, deployment.name, version.build_id, deployment.token)
    except RPCError as error:
        if error.status is RPCStatusCode.FAILED_PRECONDITION:
            raise StackError(f"Temporal refuses the version {version.build_id}: {error.message}") from error
        raise


async def _set_share(client: Client, deployment: Deployment, build_id: str, share: float) -> None:
    """Give this version a share of the new bookings. With a share of zero, the version is no longer ramping."""
    request = SetWorkerDeploymentRampingVersionRequest(
        namespace=client.namespace,
        deployment_name=deployment.name,
        build_id=build_id if share else "",
        percentage=share,
        conflict_token=deployment.token,
        identity=client.identity,
    )
    await client.workflow_service.set_worker_deployment_ramping_version(request, retry=True)


async def _builds_polling(client: Client, task_queue: str) -> Sequence[str]:
    """Return the version of each worker that polls the task queue."""
    found = {(each.identity, each.deployment_options.build_id) for each in await pollers(client, task_queue)}
    return [build_id for _, build_id in found]


async def _open_bookings(client: Client, deployment: str, build_id: str) -> int:
    """Count the open runs that stay on this version. Runs that began within the last second may be missing."""
    query = (
        f"TemporalWorkerDeploymentVersion = '{deployment}:{build_id}' AND ExecutionStatus = 'Running' "
        "AND TemporalWorkflowVersioningBehavior = 'Pinned'"
    )
    return (await client.count_workflows(query)).count


def _status(version: Summary) -> str:
    """Return the status in one word: `WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED` is `drained`."""
    return WorkerDeploymentVersionStatus.Name(version.status).rpartition("_")[2].lower()


def _share(info: WorkerDeploymentInfo, build_id: str) -> float:
    routing = info.routing_config
    ramp = routing.ramping_version_percentage if routing.ramping_deployment_version.build_id else 0.0
    if build_id == routing.ramping_deployment_version.build_id:
        return ramp
    return 100 - ramp if build_id == routing.current_deployment_version.build_id else 0.0
