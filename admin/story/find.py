"""Finds the stories that fit a complaint. Works with the database alone, and with Temporal alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio.service import RPCError

from admin.connections import Connections
from admin.documents import Found, Story
from admin.story.actions import story_of_erased, subjects_of
from admin.story.case import Case
from admin.story.conclusion import conclude
from admin.story.question import MOST_LISTED, NO_SERVER, NoServer, Question, from_database, from_engine
from admin.story.runs import RunFacts, read_runs
from admin.story.timeline import timeline
from admin.ui_links import link_to
from admin.words import Words
from domain.messages.booking import BookingKey
from storage.database import StorageUnavailable
from storage.notifications.webhooks import DeliveryStatus
from storage.operator_actions import customer_subject, find_actions
from storage.operators.lookups import MOST_FOUND
from storage.operators.stories import StoryKeys, StoryRows, read_names, read_story, read_time_zone
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow
from storage.tables.operations import OperatorActionRow
from workflows.common.runs import delivery_workflow_id, meeting_workflow_id, workflow_id
from workflows.common.search_attributes import EMPLOYEE_ID

NO_DATABASE: Final = "The database cannot be reached. This story is from Temporal alone, with times in UTC."
NO_ENGINE: Final = "Temporal cannot be reached ({}). This story is from the database alone."
GONE: Final = "Temporal has no run {} any more, or never had one. What it did is known from the database alone."
NO_RUN_YET: Final = "The meeting has no run at the moment. A run starts when there is work for the meeting."
CUT: Final = "The story has more events. Only the newest ones are shown."

OF_MOVES: Final = "move:"
"""Prefix of the tokens of time slots that the run of a meeting reserves. They have no run of their own."""


class NothingFound(Exception):
    """No booking fits the question."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds stories. `ui_url` is the address of the Temporal UI."""

    connections: Connections
    ui_url: str

    async def find(self, asked: Question, limit: int) -> Found:
        """Return at most `limit` stories that fit, the newest first.

        Raises:
            NothingFound: nothing fits.
            StackError: the name of the employee is unknown or ambiguous, or neither server can answer.

        """
        keys, has_database = await self._keys(asked)
        stories: list[Story] = []
        seen: list[StoryKeys] = []
        rest: list[StoryKeys] = []
        for each in keys:
            if any(each.overlaps(other) for other in seen):
                continue
            if len(stories) < limit:
                stories.append(await self._story(asked, each, has_database=has_database))
            (seen if len(seen) < limit else rest).append(each)
        if not stories or not has_database:
            stories = [each for each in stories or await self._only_in_engine(asked) if each.entries or each.runs]
        if not stories:
            stories = await self._erased(asked) if has_database else []
        if not stories:
            raise NothingFound
        is_cut = len(keys) >= (MOST_FOUND if has_database else MOST_LISTED)
        return Found(stories=stories, left_out=_count(rest), is_cut=is_cut)

    async def _only_in_engine(self, asked: Question) -> list[Story]:
        """Return the story of a booking that was refused at once: there is a run of it, and no row."""
        if asked.token is None or asked.client_id is None:
            return []
        keys = StoryKeys(bookings={(asked.client_id, asked.token)})
        return [await self._story(asked, keys, has_database=True)]

    async def _keys(self, asked: Question) -> tuple[list[StoryKeys], bool]:
        """Return the keys of the bookings that fit, and whether the database has answered."""
        try:
            async with self.connections.database.transaction() as session:
                return await from_database(session, asked), True
        except StorageUnavailable:
            return await from_engine(self.connections.client, asked), False

    async def _rows(self, keys: StoryKeys) -> StoryRows:
        async with self.connections.database.snapshot() as session:
            return await read_story(session, keys)

    async def _story(self, asked: Question, keys: StoryKeys, *, has_database: bool) -> Story:
        """Return the story. `keys` gets the other ids of the story."""
        focus = next(iter(keys.time_slots)) if asked.time_slot_id else None
        rows = await self._rows(keys) if has_database else None
        case = Case(rows, focus=focus)
        if rows is None:
            case.notes.append(NO_DATABASE)
        else:
            case.notes.extend([CUT] if rows.is_cut else [])
            case.actions = await self._actions(subjects_of(rows, keys, asked.customer_id))
        await self._add_runs(case, keys, is_brief=asked.is_of_client)
        case.words = await self._words(case)
        return _document(case, keys, self.ui_url)

    async def _actions(self, subjects: set[str]) -> Sequence[OperatorActionRow]:
        async with self.connections.database.autocommit() as session:
            return await find_actions(session, subjects)

    async def _erased(self, asked: Question) -> list[Story]:
        """Return the story of a customer whose personal data an operator has erased, so that no booking names it."""
        if asked.customer_id is None:
            return []
        found = story_of_erased(asked.customer_id, await self._actions({customer_subject(asked.customer_id)}))
        return [found] if found else []

    async def _words(self, case: Case) -> Words:
        if case.rows is None:
            return Words()
        async with self.connections.database.autocommit() as session:
            zone = ZoneInfo(await read_time_zone(session))
            return Words(zone, await read_names(session, _employees(case.rows, case.runs)))

    async def _add_runs(self, case: Case, keys: StoryKeys, *, is_brief: bool) -> None:
        """Add the runs of the bookings, of the meetings, and of deliveries that are pending."""
        bookings = [workflow_id(BookingKey(client_id=client, token=token)) for client, token in sorted(keys.bookings)
                    if not token.startswith(OF_MOVES)]  # fmt: skip
        meetings = [meeting_workflow_id(each) for each in sorted(keys.meetings)]
        try:
            for each in bookings:
                await self._add(case, each, "" if is_brief else GONE.format(each), with_history=not is_brief)
            for each in meetings:
                note = NO_RUN_YET if _is_planned(case) and not is_brief else ""
                await self._add(case, each, note, with_history=not is_brief)
            for each in sorted(_of_deliveries(case.rows)):
                await self._add(case, each, GONE.format(each), with_history=False)
        except (RPCError, RuntimeError) as error:
            if case.rows is None:
                raise NoServer(NO_SERVER) from error
            case.notes.append(NO_ENGINE.format(str(error).splitlines()[0][:200]))

    async def _add(self, case: Case, run_id: str, note: str, *, with_history: bool) -> None:
        found = await read_runs(self.connections.client, run_id, with_history=with_history)
        case.runs.extend(found if with_history else found[:1])
        if not found and note:
            case.notes.append(note)


def _document(case: Case, keys: StoryKeys, ui_url: str) -> Story:
    rows = case.rows
    owned: tuple[BookingEventRow | TimeSlotRow | MeetingRow, ...] = ()
    if rows is not None:
        owned = (*rows.events, *rows.slots.values(), *rows.meetings.values())
    outcome, conclusion = conclude(case)
    return Story(
        outcome=outcome,
        conclusion=conclusion,
        client_ids=sorted({client for client, _ in keys.bookings}),
        tokens=sorted({token for _, token in keys.bookings if not token.startswith(OF_MOVES)}),
        customer_ids=sorted({each.customer_id for each in owned if each.customer_id}),
        meeting_ids=sorted(keys.meetings),
        time_slot_ids=sorted(keys.time_slots),
        time_zone=case.words.zone.key,
        entries=timeline(case),
        runs=[link_to(ui_url, each.run) for each in case.runs],
        notes=case.notes,
    )


def _is_planned(case: Case) -> bool:
    meetings = case.rows.meetings.values() if case.rows else ()
    return any(each.cancelled_at is None and case.rows and each.end_at > case.rows.now for each in meetings)


def _of_deliveries(rows: StoryRows | None) -> set[str]:
    pending = (each for each in (rows.deliveries if rows else ()) if each.row.status == DeliveryStatus.PENDING)
    return {delivery_workflow_id(each.webhook.client_id) for each in pending}


def _employees(rows: StoryRows, runs: Sequence[RunFacts]) -> set[UUID]:
    texts = {each.facts.get("employeeId") for each in rows.events}
    texts |= {each.run.typed_search_attributes.get(EMPLOYEE_ID) for each in runs}
    found: Iterable[UUID | None] = (
        *(each.employee_id for each in rows.slots.values()),
        *(each.employee_id for each in rows.meetings.values()),
        *(each.employee_id for each in rows.mails),
    )
    return {UUID(each) for each in texts if each not in (None, "None")} | {each for each in found if each}


def _count(rest: Sequence[StoryKeys]) -> int:
    """Return the number of bookings among the rest. Keys that share an id, also through other keys, are one booking."""
    groups: list[StoryKeys] = []
    for each in rest:
        merged = StoryKeys(set(each.bookings), set(each.time_slots), set(each.meetings))
        for group in [group for group in groups if group.overlaps(each)]:
            merged.update(group)
            groups.remove(group)
        groups.append(merged)
    return len(groups)
