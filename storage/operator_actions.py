"""Log of the operators' actions. The running role can append to it and read it, but not change it."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.statements import given, table_of
from storage.tables.operations import OperatorActionRow

ACTIONS: Final = table_of(OperatorActionRow)

MOST_OF_SUBJECTS: Final = 300


class SubjectKind(StrEnum):
    """Kind of a subject, the part before its colon."""

    TIME_SLOT = "time_slot"
    MEETING = "meeting"
    DELIVERY = "delivery"
    WEBHOOK = "webhook"
    CLIENT = "client"
    CUSTOMER = "customer"
    SCHEDULE = "schedule"
    RUN = "run"

    def named(self, identity: object) -> str:
        """Return the subject of this kind, such as `meeting:{id}`."""
        return f"{self}:{identity}"


def customer_subject(customer_id: str) -> str:
    """Name the customer by a digest: the log is never changed, and must not keep the id of an erased customer."""
    return SubjectKind.CUSTOMER.named(f"sha256-{hashlib.sha256(customer_id.encode()).hexdigest()}")


class ActionOutcome(StrEnum):
    """Outcome of an action. An action that changes something has two entries: `REQUESTED`, and its outcome.

    An entry `REQUESTED` without a later entry, or an entry `UNKNOWN`, means that the action may have been done.
    """

    REQUESTED = "Requested"
    DONE = "Done"
    ALREADY_DONE = "AlreadyDone"
    REFUSED = "Refused"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Action:
    """Action of an operator, with its reason. `subject` consists of a kind and an id, such as `meeting:{id}`."""

    actor: str
    action: str
    subject: str
    reason: str


APPEND: Final = sa.insert(ACTIONS).values(
    at=sa.func.clock_timestamp(), **given(ACTIONS, ("actor", "action", "subject", "reason", "outcome"))
)


async def append_action(session: AsyncSession, action: Action, outcome: ActionOutcome) -> None:
    values = {name: getattr(action, name) for name in ("actor", "action", "subject", "reason")}
    await session.execute(APPEND, {**values, "outcome": outcome})


async def find_actions(session: AsyncSession, subjects: Collection[str]) -> Sequence[OperatorActionRow]:
    """Return the newest `MOST_OF_SUBJECTS` actions on these subjects, the oldest first."""
    is_theirs = col(OperatorActionRow.subject) == sa.any_(sa.literal(list(subjects), sa.ARRAY(sa.Text)))
    newest = sa.select(OperatorActionRow).where(is_theirs).order_by(col(OperatorActionRow.id).desc())
    return (await session.scalars(newest.limit(MOST_OF_SUBJECTS))).all()[::-1]


async def list_actions(
    session: AsyncSession, *, subject: str | None = None, actor: str | None = None, limit: int
) -> Sequence[OperatorActionRow]:
    """Return the newest `limit` actions, the newest first. None as `subject` or `actor` does not filter.

    `subject` is an id, or an id with its kind, such as `meeting:{id}`.
    """
    query = sa.select(OperatorActionRow).order_by(col(OperatorActionRow.id).desc()).limit(limit)
    if subject is not None:
        query = query.where(
            col(OperatorActionRow.subject).in_([subject, *(each.named(subject) for each in SubjectKind)])
        )
    if actor is not None:
        query = query.where(col(OperatorActionRow.actor) == actor)
    return (await session.scalars(query)).all()
