"""Whoever makes one booking: asks its run as the API does, without the API."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, PollWorkflowExecutionUpdateRequest
from temporalio.client import (
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from domain.meetings import BookedBy, MeetingType
from domain.messages.booking import BookingKey, MeetingContent, MeetingCreated, TimeSlotSnapshot, WantedTimeSlot
from tests.workflows.support.fake_steps import RESERVATION_TTL
from workflows.booking.messages import (
    BookingEnding,
    BookRequest,
    CreateRequest,
    ExtendRequest,
    MeetingOutcome,
    ReleaseOutcome,
    ReleaseRequest,
    ReserveRequest,
    StartBooking,
    TimeSlotOutcome,
    WithRequestId,
)
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import booking_run_options, workflow_id

ANN, TOPIC, CUSTOMER_TYPE = (UUID(int=number) for number in (1, 21, 22))
NINE = datetime(2031, 3, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT_NINE = WantedTimeSlot(start=NINE, end=NINE + HOUR, employee_id=ANN)
AT_TEN = WantedTimeSlot(start=NINE + HOUR, end=NINE + 2 * HOUR, employee_id=ANN)
CONTENT = MeetingContent(
    booked_by=BookedBy.CUSTOMER,
    customer_type_id=CUSTOMER_TYPE,
    topic_id=TOPIC,
    type=MeetingType.ONLINE,
    employee_id=ANN,
    customer_id="secret-customer",
    title="secret title",
    description="secret description",
)

YES = "yes"
STEP = timedelta(seconds=0.2)
CANCELED, FAILED = "the run was canceled", "the run failed"


async def told(answer: Awaitable[object]) -> str:
    """`yes`, or the type of the failure that the caller was told."""
    try:
        await answer
    except WorkflowUpdateFailedError as error:
        return (error.cause.type if isinstance(error.cause, ApplicationError) else None) or repr(error.cause)
    return YES


class Caller:
    """One reservation token. Every request is a new attempt, unless it names one."""

    def __init__(self, environment: WorkflowEnvironment, task_queue: str) -> None:
        self.booking = BookingKey(client_id="bank", token=uuid4().hex)
        self._environment = environment
        self._client = environment.client
        self._task_queue = task_queue
        self._kept_until: datetime | None = None

    @property
    def run(self) -> WorkflowHandle[BookingWorkflow, BookingEnding]:
        return self._client.get_workflow_handle(workflow_id(self.booking), result_type=BookingEnding)

    async def start(self, wanted: WantedTimeSlot = AT_NINE, attempt: str = "first") -> None:
        """Start the run and be gone: its update never comes."""
        await self._client.start_workflow(
            BookingWorkflow.run,
            StartBooking(booking=self.booking, attempt=attempt, request=ReserveRequest(asked="gone", wanted=wanted)),
            task_queue=self._task_queue,
            **booking_run_options(self.booking, wanted),
        )

    async def reserve(self, wanted: WantedTimeSlot = AT_NINE, attempt: str | None = None) -> TimeSlotSnapshot:
        return self._keep(await (await self.begin_reserve(wanted, attempt)).result())

    async def book(self, slot_id: UUID) -> TimeSlotSnapshot:
        return self._keep(await (await self.begin_book(slot_id)).result())

    async def extend(self, slot_id: UUID, extension_id: UUID | None = None) -> TimeSlotSnapshot:
        request = ExtendRequest(asked=uuid4().hex, time_slot_id=slot_id, extension_id=extension_id or uuid4())
        return self._keep(await self.run.execute_update(BookingWorkflow.extend, request))

    async def create_meeting(self, slot_id: UUID) -> MeetingCreated:
        return (await (await self.begin_create_meeting(slot_id)).result()).meeting

    async def release(self, slot_id: UUID, **who: str) -> None:
        await (await self.begin_release(slot_id, **who)).result()

    async def begin_reserve(
        self, wanted: WantedTimeSlot = AT_NINE, attempt: str | None = None
    ) -> WorkflowUpdateHandle[TimeSlotOutcome]:
        """Ask, and go on when the request has reached the run; so do the three below."""
        request = ReserveRequest(asked=uuid4().hex, wanted=wanted)
        attempt = attempt or request.asked
        start = WithStartWorkflowOperation(
            BookingWorkflow.run,
            StartBooking(booking=self.booking, attempt=attempt, request=request),
            task_queue=self._task_queue,
            **booking_run_options(self.booking, wanted),
        )
        return await self._client.start_update_with_start_workflow(
            BookingWorkflow.reserve,
            request,
            start_workflow_operation=start,
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            id=attempt,
        )

    async def begin_book(self, slot_id: UUID) -> WorkflowUpdateHandle[TimeSlotOutcome]:
        request = BookRequest(asked=uuid4().hex, time_slot_id=slot_id)
        return await self.run.start_update(BookingWorkflow.book, request, wait_for_stage=WorkflowUpdateStage.ACCEPTED)

    async def begin_book_without_worker(self, slot_id: UUID) -> asyncio.Task[str]:
        """Ask while nobody serves the run, and go on when the request waits at the server."""
        request = BookRequest(asked=uuid4().hex, time_slot_id=slot_id)
        asking = asyncio.create_task(told(self.run.execute_update(BookingWorkflow.book, request, id=request.asked)))
        while not await self._is_at_the_server(request.asked):  # noqa: ASYNC110 - the server sets no event
            await asyncio.sleep(0.01)
        return asking

    async def begin_create_meeting(self, slot_id: UUID) -> WorkflowUpdateHandle[MeetingOutcome]:
        request = CreateRequest(asked=uuid4().hex, time_slot_id=slot_id, content=CONTENT)
        return await self.run.start_update(
            BookingWorkflow.create_meeting, request, wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )

    async def begin_release(self, slot_id: UUID, **who: str) -> WorkflowUpdateHandle[ReleaseOutcome]:
        request = ReleaseRequest.model_validate({"asked": uuid4().hex, "time_slot_id": slot_id, **who})
        return await self.run.start_update(
            BookingWorkflow.release, request, wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )

    async def adopt(self, what: str, slot_id: UUID) -> Any:  # noqa: ANN401 - each request has its own answer
        """Ask `book`, `create_meeting` or `release` of the run, or of a new one that adopts the time slot."""
        request: WithRequestId = {
            "book": BookRequest(asked=uuid4().hex, time_slot_id=slot_id),
            "create_meeting": CreateRequest(asked=uuid4().hex, time_slot_id=slot_id, content=CONTENT),
            "release": ReleaseRequest(asked=uuid4().hex, time_slot_id=slot_id),
        }[what]
        start = WithStartWorkflowOperation(
            BookingWorkflow.run,
            StartBooking(booking=self.booking, adopts=slot_id),
            task_queue=self._task_queue,
            **booking_run_options(self.booking, AT_NINE),
        )
        update: Any = getattr(BookingWorkflow, what)
        outcome = await self._client.execute_update_with_start_workflow(
            update, request, start_workflow_operation=start, id=request.asked
        )
        match outcome:
            case TimeSlotOutcome():
                return self._keep(outcome)
            case MeetingOutcome():
                return outcome.meeting
        return None

    async def details(self) -> str:
        """What an operator reads of the run in the Temporal UI."""
        metadata: WorkflowMetadata = await self.run.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return metadata.current_details

    async def is_open(self) -> bool:
        """Asked of the server directly: the SDK cannot read the search attributes that the test server describes."""
        request = DescribeWorkflowExecutionRequest(
            namespace=self._client.namespace, execution=WorkflowExecution(workflow_id=self.run.id)
        )
        described = await self._client.workflow_service.describe_workflow_execution(request)
        return int(described.workflow_execution_info.status) == WorkflowExecutionStatus.RUNNING

    async def until(self, has_happened: Callable[[], bool]) -> None:
        """In small steps, because a long one may stop skipping when something happens on its way."""
        while not has_happened():
            await self._environment.sleep(STEP)

    async def let_the_deadline_pass(self) -> None:
        """That of the time slot which this caller was told of last."""
        now = await self._environment.get_current_time()
        deadline = max(self._kept_until or now + RESERVATION_TTL, now)
        if (undisturbed := deadline - STEP - now) > timedelta(0):
            await self._environment.sleep(undisturbed)
        while await self._environment.get_current_time() < deadline + STEP:
            await self._environment.sleep(STEP)

    async def ended_at_its_deadline(self) -> str:
        await self.let_the_deadline_pass()
        return await self.ended()

    async def ended(self) -> str:
        """The ending of a booking which is about to end, or how its run was ended without one."""
        while await self.is_open():
            await self._environment.sleep(STEP)
        try:
            ending: BookingEnding = await self.run.result()
        except WorkflowFailureError as error:
            return CANCELED if isinstance(error.cause, CancelledError) else FAILED
        return ending.status

    async def _is_at_the_server(self, update_id: str) -> bool:
        """Tell also of an update that no worker has accepted yet. The SDK's own handle would wait for a worker."""
        update = UpdateRef(workflow_execution=WorkflowExecution(workflow_id=self.run.id), update_id=update_id)
        request = PollWorkflowExecutionUpdateRequest(namespace=self._client.namespace, update_ref=update)
        try:
            await self._client.workflow_service.poll_workflow_execution_update(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    def _keep(self, outcome: TimeSlotOutcome) -> TimeSlotSnapshot:
        self._kept_until = outcome.time_slot.kept_until
        return outcome.time_slot

    async def leave(self) -> None:
        """End a run that is open: the test server skips no time while a run waits for a worker that is gone."""
        with contextlib.suppress(RPCError):
            await self.run.terminate()

    async def ended_at(self) -> datetime:
        last_event = (await self.run.fetch_history()).events[-1]
        return last_event.event_time.ToDatetime(UTC)
