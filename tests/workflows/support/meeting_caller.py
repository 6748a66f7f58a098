"""Whoever owns one meeting: asks its run as the API does, without the API."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import WithStartWorkflowOperation, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain.meetings import MeetingType
from domain.messages.booking import WantedTimeSlot
from domain.messages.meeting import MeetingTerms, OpenMeeting
from tests.workflows.support.fake_meeting import ANN, FakeMeeting
from workflows.common import search_attributes
from workflows.common.runs import meeting_run_options
from workflows.meeting.messages import (
    UPDATES,
    CancelMeetingRequest,
    ChangeMeetingRequest,
    MeetingChangeOutcome,
    MeetingEnding,
    MeetingRequest,
    MoveMeetingRequest,
    StartMeeting,
)
from workflows.meeting.workflow import MeetingWorkflow

STEP: Final = timedelta(seconds=5)
SOON: Final = 10
"""In so many steps a run ends that is about to: a long sleep may stop skipping when something happens on its way."""


class Owner:
    """Whoever asks things of one meeting, as the API does."""

    def __init__(self, environment: WorkflowEnvironment, task_queue: str, fake: FakeMeeting) -> None:
        self.fake = fake
        self.run_id: str | None = None
        self.most_requests = 100
        self._environment = environment
        self._task_queue = task_queue

    @property
    def run(self) -> WorkflowHandle[MeetingWorkflow, MeetingEnding]:
        return self._environment.client.get_workflow_handle(
            f"meeting-{self.fake.meeting.id}", result_type=MeetingEnding
        )

    def opening(self) -> OpenMeeting:
        meeting = self.fake.meeting
        return OpenMeeting(
            meeting_id=meeting.id, client_id="bank", employee_id=ANN, start=meeting.start, end=meeting.end
        )

    async def open(self) -> None:
        await self._environment.client.start_workflow(
            MeetingWorkflow.run,
            self._start_message(),
            task_queue=self._task_queue,
            **meeting_run_options(self.opening()),
        )

    def _start_message(self) -> StartMeeting:
        return StartMeeting(meeting_id=self.fake.meeting.id, most_requests=self.most_requests)

    async def ask(self, request: MeetingRequest) -> MeetingChangeOutcome:
        start = WithStartWorkflowOperation(
            MeetingWorkflow.run,
            self._start_message(),
            task_queue=self._task_queue,
            **meeting_run_options(self.opening()),
        )
        outcome: MeetingChangeOutcome = await self._environment.client.execute_update_with_start_workflow(
            UPDATES[type(request)], request, start_workflow_operation=start, result_type=MeetingChangeOutcome
        )
        return outcome

    async def change(self, *team: UUID, title: str = "New", sequence: int | None = None) -> MeetingChangeOutcome:
        meeting = self.fake.meeting
        assert meeting.time_slot_id is not None
        terms = MeetingTerms(
            time_slot_id=meeting.time_slot_id, type=MeetingType.ONLINE, title=title, additional_employees=team
        )
        seen = meeting.sequence if sequence is None else sequence
        return await self.ask(ChangeMeetingRequest(asked=uuid4().hex, sequence=seen, terms=terms))

    async def move(self, start: datetime, employee_id: UUID = ANN) -> MeetingChangeOutcome:
        meeting = self.fake.meeting
        end = start + (meeting.end - meeting.start)
        wanted = WantedTimeSlot(start=start, end=end, employee_id=employee_id)
        return await self.ask(MoveMeetingRequest(asked=uuid4().hex, sequence=meeting.sequence, wanted=wanted))

    async def cancel(self) -> MeetingChangeOutcome:
        return await self.ask(CancelMeetingRequest(asked=uuid4().hex))

    async def until(self, instant: datetime) -> None:
        """Let time pass, in steps where something may happen on the way."""
        while (left := instant - await self._environment.get_current_time()) > timedelta(0):
            await self._environment.sleep(left)

    async def ended(self) -> MeetingEnding:
        """How its run ends: at once, or when the meeting is over."""
        for _ in range(SOON):
            if not await self._is_open():
                break
            await self._environment.sleep(STEP)
        else:
            await self.until(self.fake.meeting.end + STEP)
        while await self._is_open():
            await self._environment.sleep(STEP)
        return await self.run.result()

    async def has_gone_on(self) -> bool:
        """Whether its run continues an earlier one."""
        began = (await self.run.fetch_history()).events[0].workflow_execution_started_event_attributes
        return bool(began.continued_execution_run_id)

    async def goes_on(self) -> bool:
        """Whether it does so soon."""
        for _ in range(SOON):
            if await self.has_gone_on():
                return True
            await self._environment.sleep(STEP)
        return False

    async def _is_open(self) -> bool:
        """Asked of the server directly: the SDK cannot read what the test server says of search attributes."""
        request = DescribeWorkflowExecutionRequest(
            namespace=self._environment.client.namespace, execution=WorkflowExecution(workflow_id=self.run.id)
        )
        described = await self._environment.client.workflow_service.describe_workflow_execution(request)
        return int(described.workflow_execution_info.status) == WorkflowExecutionStatus.RUNNING

    async def needs_operator(self) -> bool:
        """Whether a search for `NeedsOperator` finds the run."""
        found = (await self.run.describe()).typed_search_attributes
        return bool(found.get(search_attributes.NEEDS_OPERATOR))

    async def details(self) -> str:
        """What an operator reads of the run in the Temporal UI."""
        metadata: WorkflowMetadata = await self.run.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return metadata.current_details
