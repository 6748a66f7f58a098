"""The one step that works on the engine alone: whatever happens to it, the meeting has one run, and keeps it."""

import itertools
from uuid import uuid4

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.messages.meeting import OpenMeeting
from tests.model_based.steps.faults import cancelled_when_answered
from tests.model_based.steps.meeting_cases import open_meeting
from tests.model_based.steps.scene import Scene
from workflows.common.runs import meeting_workflow_id


async def test_cancelled_at_any_answer_and_taken_again(scene: Scene, engine: Client) -> None:
    for number in itertools.count(1):
        step = await another_meeting(scene)
        is_cancelled = await cancelled_when_answered(scene, scene.take("open_meeting", step), number)
        before = await run_of(engine, step)
        await scene.take("open_meeting", step)
        assert before in (None, await run_of(engine, step))
        await scene.take("open_meeting", step)
        assert await run_of(engine, step) is not None
        if not is_cancelled:
            break
    assert number > 1


async def another_meeting(scene: Scene) -> OpenMeeting:
    return (await open_meeting(scene)).model_copy(update={"meeting_id": uuid4()})


async def run_of(engine: Client, step: OpenMeeting) -> str | None:
    try:
        return (await engine.get_workflow_handle(meeting_workflow_id(step.meeting_id)).describe()).run_id
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
