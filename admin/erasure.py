"""Erasure of a customer's personal data in the database and in Temporal (GDPR article 17)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution as RunName
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from admin.changes import Change, Operation
from config.errors import StackError
from storage.operator_actions import customer_subject
from storage.operators.erasure import CustomerData, erase_rows, find_customer_data
from workflows.common.runs import meeting_workflow_id, workflow_id

LOOK_EVERY: Final = 0.2
"""Seconds between two looks whether Temporal has deleted a run."""


async def erase(operation: Operation, customer_id: str) -> Change:
    """Return the change that erases all personal data of this customer. Coming bookings must have ended before.

    Temporal's histories are deleted first, because after the erasure of the rows nothing names them any more. So a
    repeat after a failure continues where the first attempt ended.

    Raises:
        StackError: the customer has a coming meeting or a hold, or a workflow run of the customer has not ended.

    """
    async with operation.database.transaction() as session:
        found = await find_customer_data(session, customer_id)
    _check_over(found)
    runs = [run async for run in _runs(operation.client, found)]
    _check_ended(runs)

    async def perform(_: str) -> str:
        for run in runs:
            await _delete_history(operation.client, run)
        async with operation.database.transaction() as session:
            again = await find_customer_data(session, customer_id)
            _check_over(again)
            await erase_rows(session, again)
        return (
            f"Erased: {len(again.meetings)} meetings, {len(again.events)} events, {len(runs)} runs in Temporal. "
            "Backups, logs of other systems and mails that were sent are not part of this."
        )

    what = f"erase {len(found.meetings)} meetings, {len(found.events)} events and {len(runs)} runs of the customer"
    already = "There is no personal data of this customer." if found.is_empty else None
    return Change("erase", customer_subject(customer_id), what, perform, already, is_quick=False)


def _check_over(data: CustomerData) -> None:
    if data.coming:
        commands = "\n".join(f"  bookme admin cancel-meeting {each}" for each in data.coming)
        raise StackError(
            f"The customer has coming meetings. Cancel them first, or wait until they are over:\n{commands}"
        )
    if data.holds:
        commands = "\n".join(f"  bookme admin release --time-slot {each}" for each in data.holds)
        raise StackError(f"The customer holds time slots. Release them first, or wait until they expire:\n{commands}")


def _check_ended(runs: list[WorkflowExecution]) -> None:
    still = [run.id for run in runs if run.status is WorkflowExecutionStatus.RUNNING]
    if still:
        names = "\n".join(f"  {each}" for each in still)
        raise StackError(f"These runs have not ended yet, so nothing was erased. Try again later:\n{names}")


async def _runs(client: Client, data: CustomerData) -> AsyncIterator[WorkflowExecution]:
    """Yield the runs of the customer's bookings and meetings that Temporal still has."""
    ids = [*map(workflow_id, data.bookings), *map(meeting_workflow_id, data.meetings)]
    for each in ids:
        async for run in client.list_workflows(f"WorkflowId = '{each}'"):
            yield run


async def _delete_history(client: Client, run: WorkflowExecution) -> None:
    """Delete the run's history, and wait until Temporal has done it in the background."""
    name = RunName(workflow_id=run.id, run_id=run.run_id)
    request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=name)
    try:
        await client.workflow_service.delete_workflow_execution(request, retry=True)
        while True:
            await client.get_workflow_handle(run.id, run_id=run.run_id).describe()
            await asyncio.sleep(LOOK_EVERY)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
