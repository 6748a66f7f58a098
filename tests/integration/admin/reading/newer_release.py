"""The workflow of meetings in a newer release, which records a patch that this release does not know."""

from temporalio import workflow

from workflows.common.runs import MEETING_WORKFLOW
from workflows.meeting.messages import MeetingEnding, StartMeeting
from workflows.meeting.workflow import MeetingWorkflow


@workflow.defn(name=MEETING_WORKFLOW)
class NewerMeetingWorkflow(MeetingWorkflow):
    """Does what this release does, behind a patch."""

    @workflow.init
    def __init__(self, start: StartMeeting) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartMeeting) -> MeetingEnding:
        workflow.patched("of-the-newer-release")
        return await super().run(start)
