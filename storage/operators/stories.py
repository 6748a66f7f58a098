"""Rows of one booking from its first reservation on: events, time slots, meetings, mails and deliveries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.bookings.time_slots import database_time
from storage.statements import IDS
from storage.tables.booking import BookingEventRow, MeetingRow, RefusedStepRow, TimeSlotRow
from storage.tables.notifications import InvitationRow, WebhookAttemptRow, WebhookDeliveryRow, WebhookRow
from storage.tables.organisation import EmployeeRow, OrganisationRow

EVENT, SLOT, MEETING = BookingEventRow, TimeSlotRow, MeetingRow

MOST_EVENTS: Final = 300
"""Events of one story: the newest ones. A client that uses one token for every booking would have far more."""

MOST_DELIVERIES: Final = 600

PREVIOUS_SLOT: Final = "previousTimeSlotId"
"""Key in `facts` of a `meeting.moved` event: the time slot that the meeting had before."""


@dataclass(slots=True)
class StoryKeys:
    """Ids by which the rows of one story are found. `bookings` are pairs of client and token."""

    bookings: set[tuple[str, str]] = field(default_factory=set)
    time_slots: set[UUID] = field(default_factory=set)
    meetings: set[UUID] = field(default_factory=set)

    @property
    def size(self) -> int:
        return len(self.bookings) + len(self.time_slots) + len(self.meetings)

    def add_ids_of(self, events: Iterable[BookingEventRow]) -> None:
        """Add the ids of bookings, time slots and meetings that these events have."""
        for event in events:
            self.bookings.add((event.client_id, event.reservation_token))
            self.time_slots.add(event.time_slot_id)
            if event.meeting_id is not None:
                self.meetings.add(event.meeting_id)
            if PREVIOUS_SLOT in event.facts:
                self.time_slots.add(UUID(event.facts[PREVIOUS_SLOT]))

    def update(self, other: Self) -> None:
        """Add all ids of the other keys."""
        self.bookings |= other.bookings
        self.time_slots |= other.time_slots
        self.meetings |= other.meetings

    def overlaps(self, other: Self) -> bool:
        shared = (self.bookings & other.bookings, self.time_slots & other.time_slots, self.meetings & other.meetings)
        return any(shared)


class Delivery(NamedTuple):
    """A delivery of an event of the story, with its webhook and its attempts, the first one first."""

    row: WebhookDeliveryRow
    webhook: WebhookRow
    attempts: Sequence[WebhookAttemptRow]


@dataclass(frozen=True, slots=True)
class StoryRows:
    """All rows of one story. `now` is the time by the database's clock. `is_cut`: older events were left out."""

    now: datetime
    keys: StoryKeys
    events: Sequence[BookingEventRow] = ()
    is_cut: bool = False
    slots: Mapping[UUID, TimeSlotRow] = field(default_factory=dict)
    meetings: Mapping[UUID, MeetingRow] = field(default_factory=dict)
    mails: Sequence[InvitationRow] = ()
    deliveries: Sequence[Delivery] = ()
    refusals: Sequence[RefusedStepRow] = ()


async def read_story(session: AsyncSession, keys: StoryKeys) -> StoryRows:
    """Return the rows of the story to which these keys belong. `keys` gets the other ids of the story."""
    events = await _read_events(session, keys)
    slots = await _by_id(session, TimeSlotRow, keys.time_slots)
    keys.bookings |= {(each.client_id, each.reservation_token) for each in slots.values()
                      if each.client_id and each.reservation_token}  # fmt: skip
    meetings = await _by_id(session, MeetingRow, keys.meetings)
    mails = sa.select(InvitationRow).where(_among(InvitationRow.meeting_id, keys.meetings))
    refused = sa.select(RefusedStepRow).where(_among(RefusedStepRow.step_id, keys.time_slots))
    return StoryRows(
        now=await database_time(session),
        keys=keys,
        events=events,
        is_cut=len(events) == MOST_EVENTS,
        slots=slots,
        meetings=meetings,
        mails=(await session.scalars(mails.order_by(col(InvitationRow.created_at)))).all(),
        deliveries=await _read_deliveries(session, [each.id for each in events if each.id is not None]),
        refusals=(await session.scalars(refused)).all(),
    )


async def _read_events(session: AsyncSession, keys: StoryKeys) -> Sequence[BookingEventRow]:
    """Return the newest events of the keys in the order of time. Add ids that the events name, until none is new."""
    while True:
        known = keys.size
        is_one = sa.or_(
            _among(EVENT.time_slot_id, keys.time_slots),
            _among(EVENT.meeting_id, keys.meetings),
            sa.tuple_(col(EVENT.client_id), col(EVENT.reservation_token)).in_(list(keys.bookings)),
        )
        found = await session.scalars(sa.select(EVENT).where(is_one).order_by(col(EVENT.id).desc()).limit(MOST_EVENTS))
        events = list(reversed(found.all()))
        keys.add_ids_of(events)
        if keys.size == known or len(events) == MOST_EVENTS:
            return events


async def _read_deliveries(session: AsyncSession, events: Collection[int]) -> Sequence[Delivery]:
    is_theirs = col(WebhookDeliveryRow.event_id) == sa.any_(sa.literal(list(events), sa.ARRAY(sa.BigInteger)))
    query = (
        sa.select(WebhookDeliveryRow, WebhookRow)
        .join(WebhookRow, col(WebhookRow.id) == col(WebhookDeliveryRow.webhook_id))
        .where(is_theirs)
        .order_by(col(WebhookDeliveryRow.position).desc())
        .limit(MOST_DELIVERIES)
    )
    found = (await session.execute(query)).all()
    made = await session.scalars(
        sa.select(WebhookAttemptRow)
        .where(_among(WebhookAttemptRow.delivery_id, [row.id for row, _ in found]))
        .order_by(col(WebhookAttemptRow.number))
    )
    attempts: dict[UUID, list[WebhookAttemptRow]] = {}
    for each in made:
        attempts.setdefault(each.delivery_id, []).append(each)
    return [Delivery(row, webhook, attempts.get(row.id, [])) for row, webhook in reversed(found)]


async def _by_id(session: AsyncSession, table: Any, ids: Collection[UUID]) -> dict[UUID, Any]:  # noqa: ANN401 - a row class
    return {each.id: each for each in await session.scalars(sa.select(table).where(_among(table.id, ids)))}


def _among(column: object, ids: Collection[UUID]) -> sa.ColumnElement[bool]:
    return col(column) == sa.any_(sa.literal(list(ids), IDS))


async def read_names(session: AsyncSession, employees: Collection[UUID]) -> dict[UUID, str]:
    """Return the display names of these employees by id."""
    query = sa.select(col(EmployeeRow.id), col(EmployeeRow.display_name)).where(_among(EmployeeRow.id, employees))
    return {row[0]: row[1] for row in await session.execute(query)}


async def read_time_zone(session: AsyncSession) -> str:
    """Return the IANA name of the organisation's time zone, or UTC before there is an organisation."""
    return await session.scalar(sa.select(col(OrganisationRow.time_zone))) or "UTC"
