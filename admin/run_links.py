"""Links to the runs of a booking, a meeting, a time slot, or of a client's deliveries."""

from temporalio.service import RPCError

from admin.connections import Connections
from admin.documents import Links, RunLink
from admin.story.find import OF_MOVES
from admin.story.question import Question, from_database, from_engine
from admin.story.runs import describe
from admin.ui_links import link_to, run_url
from domain.messages.booking import BookingKey
from storage.database import StorageUnavailable
from storage.operators.stories import StoryKeys, read_story
from workflows.common.runs import delivery_workflow_id, meeting_workflow_id, workflow_id


class NoRun(Exception):
    """Temporal has no such run. The message says for what."""


async def run_links(opened: Connections, ui_url: str, asked: Question) -> Links:
    """Return the links of the newest runs. Without Temporal, the links have no run id, and the runs may not exist.

    Raises:
        NoRun: there is no such run.
        StackError: neither the database nor Temporal can say which booking is meant.

    """
    names = await _workflow_ids(opened, asked)
    found: list[RunLink] = []
    for name in names:
        try:
            run = await describe(opened.client, name)
        except (RPCError, RuntimeError):
            found.append(RunLink(workflow_id=name, url=run_url(ui_url, opened.client.namespace, name)))
        else:
            found.extend([link_to(ui_url, run)] if run else [])
    if not found:
        raise NoRun(f"Temporal has no run {' or '.join(names)}." if names else "No booking fits this.")
    return Links(runs=found)


async def _workflow_ids(opened: Connections, asked: Question) -> list[str]:
    """Return the workflow ids that are meant, that of the newest booking first."""
    if asked.meeting_id is not None:
        return [meeting_workflow_id(asked.meeting_id)]
    if asked.is_of_client:
        return [delivery_workflow_id(str(asked.client_id))]
    if asked.token is not None and asked.client_id is not None:
        return [workflow_id(BookingKey(client_id=asked.client_id, token=asked.token))]
    try:
        async with opened.database.transaction() as session:
            found = await from_database(session, asked)
            if asked.time_slot_id is not None and found:
                found = [(await read_story(session, found[0])).keys]
    except StorageUnavailable:
        found = await from_engine(opened.client, asked)
    return list(dict.fromkeys(name for keys in found for name in _ids_of(keys)))


def _ids_of(keys: StoryKeys) -> list[str]:
    named = sorted(each for each in keys.bookings if not each[1].startswith(OF_MOVES))
    bookings = [BookingKey(client_id=client, token=token) for client, token in named]
    return [*map(workflow_id, bookings), *map(meeting_workflow_id, sorted(keys.meetings))]
