"""What Temporal shows of its runs: to everybody who may open its UI, and to whoever reads its database."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import ApplicationFailureInfo
from temporalio.api.history.v1 import History
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionDescription
from temporalio.service import RPCError

METADATA: Final = "__temporal_workflow_metadata"
"""The query that the UI asks for a run's current details."""


@dataclass
class Shown:
    """`words` are for people; `texts` is whatever is no argument or result; `raw` is every byte."""

    words: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


async def shown_by(client: Client, since: datetime) -> Shown:
    """All runs that there have been since then."""
    shown = Shown()
    async for run in client.list_workflows(f"StartTime >= '{since.isoformat()}'"):
        shown.kinds.add(run.workflow_type)
        await _add(shown, client, run)
    return shown


async def _add(shown: Shown, client: Client, run: WorkflowExecution) -> None:
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    described = await handle.describe()
    shown.words += [text async for text in _words(described)]
    shown.words += await _current_details(client, run)
    history = History(events=[event async for event in handle.fetch_history_events()])
    for message in (described.raw_description, history):
        shown.texts += texts(message)
        shown.raw.append(readable(message.SerializeToString()))


async def _words(described: WorkflowExecutionDescription) -> AsyncIterator[str]:
    yield str(await described.static_summary())
    yield str(await described.static_details())
    yield str(await described.memo())
    yield str(described.typed_search_attributes)


async def _current_details(client: Client, run: WorkflowExecution) -> list[str]:
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    try:
        metadata: WorkflowMetadata = await handle.query(METADATA, result_type=WorkflowMetadata)
    except RPCError:
        # One that was terminated before a worker had seen it.
        return []
    return [metadata.current_details, str(metadata)]


def texts(message: Message, *, of_failure: bool = False) -> Iterator[str]:
    """Every text and every single payload in it. Lists of payloads are arguments and results, but for a failure's."""
    if isinstance(message, Payloads) and not of_failure:
        return
    for _, value in message.ListFields():
        for each in _each(value):
            if isinstance(each, Message):
                yield from texts(each, of_failure=isinstance(message, ApplicationFailureInfo))
            elif isinstance(each, bytes):
                yield readable(each)
            elif isinstance(each, str):
                yield each


def _each(value: Any) -> Iterable[Any]:  # noqa: ANN401 - protobuf's containers have no common type
    if isinstance(value, str | bytes | Message):
        return [value]
    if hasattr(value, "items"):
        return [part for pair in value.items() for part in pair]
    return list(value) if hasattr(value, "__len__") else []


def readable(data: bytes) -> str:
    return data.decode(errors="replace")
