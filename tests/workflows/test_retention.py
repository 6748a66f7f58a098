"""The run that deletes old rows: each kind until none is left, and the details say how many."""

from uuid import uuid4

from temporalio.testing import WorkflowEnvironment

from domain.messages.retention import Deleted, OldRows
from tests.workflows.support.fake_retention import FakeRetention
from tests.workflows.support.sandbox import make_worker
from workflows.retention import RetentionWorkflow


async def test_each_kind_until_none_is_left(skipping: WorkflowEnvironment) -> None:
    fake, name = FakeRetention(deliveries=5, time_slots=1), f"test-{uuid4()}"
    async with make_worker(skipping.client, name, fake, workflow=RetentionWorkflow):
        deleted: Deleted = await skipping.client.execute_workflow(RetentionWorkflow.run, id=name, task_queue=name)
    assert deleted.rows == dict.fromkeys(OldRows, 0) | {OldRows.DELIVERIES: 5, OldRows.TIME_SLOTS: 1}
    assert not any(fake.left.values())
