"""Queries and changes of invitation emails: their recipients and their delivery status."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.calendar.file import Attending, Person, is_reachable
from storage.bookings.time_slots import NOW
from storage.statements import AS_STORED
from storage.tables.notifications import InvitationRow
from storage.tables.organisation import EmployeeRow, RoomRow

INVITATION = InvitationRow


class InvitationStatus(StrEnum):
    """Status of one email. A superseded email is about an outdated state of the meeting, and is not sent."""

    PENDING = "Pending"
    SENT = "Sent"
    FAILED = "Failed"
    SUPERSEDED = "Superseded"


IS_PENDING: Final = col(INVITATION.status) == InvitationStatus.PENDING
IS_UNSENDABLE: Final = sa.and_(col(INVITATION.status) == InvitationStatus.FAILED, col(INVITATION.attempts) == 0)
"""The email failed without an attempt, because its recipient had no email address."""

MAILBOX: Final = sa.func.lower(col(INVITATION.recipient))
WAS_REFUSED: Final = sa.and_(
    col(INVITATION.status).in_([InvitationStatus.FAILED, InvitationStatus.SUPERSEDED]),
    col(INVITATION.attempts) == 1,
    sa.func.coalesce(col(INVITATION.failure), "").like("5__ %"),
)
"""The only attempt was refused permanently. With several attempts, an earlier one may have arrived unnoticed."""

MAY_HAVE_ARRIVED: Final = sa.and_(col(INVITATION.attempts) > 0, sa.not_(WAS_REFUSED))


@dataclass(frozen=True, slots=True)
class Recipient:
    """An employee or a room, with the name and address for emails."""

    id: UUID
    person: Person

    @property
    def mailbox(self) -> str:
        """The email address in lower case, or the id if there is no usable address.

        Two recipients with the same value share a mailbox.
        """
        return self.person.email.casefold() if is_reachable(self.person) else str(self.id)

    @property
    def columns(self) -> Mapping[str, object]:
        """The columns of an `invitation` row that identify the recipient."""
        is_room = self.person.kind is Attending.ROOM
        return {"employee_id": None if is_room else self.id, "room_id": self.id if is_room else None}


async def find_recipients(
    session: AsyncSession, employees: Collection[UUID], rooms: Collection[UUID]
) -> dict[UUID, Recipient]:
    """Return the existing recipients by id: first the employees, then the rooms, each in the given order."""
    people = await session.scalars(sa.select(EmployeeRow).where(col(EmployeeRow.id).in_(employees)))
    places = await session.scalars(sa.select(RoomRow).where(col(RoomRow.id).in_(rooms)))
    found = {row.id: Recipient(row.id, Person(row.display_name, row.email)) for row in people}
    found |= {row.id: Recipient(row.id, Person(row.name, row.email, Attending.ROOM)) for row in places}
    return {each: found[each] for each in (*employees, *rooms) if each in found}


async def find_last_mails(session: AsyncSession, meeting_id: UUID, before: int) -> Sequence[InvitationRow]:
    """Return, for each mailbox, the last email about a version before `before` that may have arrived there."""
    last = (
        sa.select(INVITATION)
        .ext(distinct_on(MAILBOX))
        .where(col(INVITATION.meeting_id) == meeting_id, col(INVITATION.sequence) < before, MAY_HAVE_ARRIVED)
        .order_by(MAILBOX, col(INVITATION.sequence).desc(), col(INVITATION.created_at).desc())
    )
    return (await session.scalars(last)).all()


async def find_mails(session: AsyncSession, meeting_id: UUID, sequence: int) -> Sequence[InvitationRow]:
    """Return the emails about this version of the meeting that may have arrived."""
    of_version = (col(INVITATION.meeting_id) == meeting_id, col(INVITATION.sequence) == sequence)
    return (await session.scalars(sa.select(INVITATION).where(*of_version, MAY_HAVE_ARRIVED))).all()


async def add_invitations(session: AsyncSession, mails: Sequence[Mapping[str, object]]) -> None:
    """Insert pending emails, unless they are recorded already. A superseded email becomes pending again."""
    rows = [{"attempts": 0, "status": InvitationStatus.PENDING, "failure": None} | dict(mail) for mail in mails]
    if rows:
        noted = insert(INVITATION).values(created_at=NOW)
        again = noted.on_conflict_do_update(
            index_elements=[col(INVITATION.message_id)],
            set_={"status": InvitationStatus.PENDING},
            where=col(INVITATION.status) == InvitationStatus.SUPERSEDED,
        )
        await session.execute(again, rows)


async def supersede(session: AsyncSession, meeting_id: UUID, sequence: int, but: Iterable[str]) -> None:
    """Mark the pending emails about this version of the meeting as superseded, except the message ids in `but`.

    Emails that failed because their recipient had no address are also marked.
    """
    is_open = sa.or_(IS_PENDING, IS_UNSENDABLE)
    change = _update_of_version(meeting_id, sequence).where(is_open, col(INVITATION.message_id).not_in(list(but)))
    await session.execute(change.values(status=InvitationStatus.SUPERSEDED))


async def claim(session: AsyncSession, message_id: str, lease: timedelta) -> InvitationRow | None:
    """Claim a pending email for the duration of the lease, and count the attempt. Return None if it cannot be claimed.

    An email cannot be claimed while it is claimed already, or while another email about the same meeting to the same
    mailbox is claimed. The meeting's run sends one version after the other. So a late worker that still sends an
    earlier version delays the later one, and both arrive in order.
    """
    other = aliased(INVITATION)
    is_mailbox_in_use = sa.exists().where(
        col(other.meeting_id) == col(INVITATION.meeting_id),
        sa.func.lower(col(other.recipient)) == MAILBOX,
        col(other.message_id) != message_id,
        col(other.claimed_until) >= NOW,
    )
    is_free = sa.or_(col(INVITATION.claimed_until).is_(None), col(INVITATION.claimed_until) < NOW)
    taken = (
        sa.update(INVITATION)
        .where(col(INVITATION.message_id) == message_id, IS_PENDING, is_free, ~is_mailbox_in_use)
        .values(attempts=col(INVITATION.attempts) + 1, claimed_until=NOW + lease)
    )
    return await session.scalar(taken.returning(INVITATION), execution_options=AS_STORED)


async def renew(session: AsyncSession, message_id: str, lease: timedelta) -> None:
    """Set the end of the claim of an email to `lease` from now. An email that nobody claims stays as it is."""
    change = sa.update(INVITATION).where(col(INVITATION.message_id) == message_id)
    await session.execute(change.where(col(INVITATION.claimed_until).is_not(None)).values(claimed_until=NOW + lease))


async def record(session: AsyncSession, message_id: str, *, status: InvitationStatus, failure: str | None) -> None:
    """Record the result of an attempt and end the claim.

    `SENT` is recorded even if the email was given up or superseded meanwhile. Other results require a pending email.
    """
    is_sent = status is InvitationStatus.SENT
    sent_at = NOW if is_sent else None
    change = sa.update(INVITATION).where(col(INVITATION.message_id) == message_id)
    change = change if is_sent else change.where(IS_PENDING)
    await session.execute(change.values(status=status, failure=failure, claimed_until=None, sent_at=sent_at))


async def give_up(session: AsyncSession, meeting_id: UUID, sequence: int, failure: str) -> int:
    """Mark the pending emails about this version as failed, and return their number.

    `failure` is set only if no failure was recorded before.
    """
    why = sa.func.coalesce(col(INVITATION.failure), failure)
    change = (
        _update_of_version(meeting_id, sequence).where(IS_PENDING).values(status=InvitationStatus.FAILED, failure=why)
    )
    given_up = await session.scalars(change.returning(col(INVITATION.message_id)), execution_options=AS_STORED)
    return len(given_up.all())


async def make_pending(session: AsyncSession, message_ids: Collection[str]) -> None:
    """Make these emails pending again, with their attempts counted on."""
    change = sa.update(INVITATION).where(col(INVITATION.message_id).in_(message_ids))
    await session.execute(change.values(status=InvitationStatus.PENDING, failure=None, sent_at=None))


async def replace_failed(session: AsyncSession, message_ids: Collection[str]) -> None:
    """Mark these failed emails as superseded, because other emails take their places. Their failures are kept."""
    is_failed = col(INVITATION.status) == InvitationStatus.FAILED
    change = sa.update(INVITATION).where(col(INVITATION.message_id).in_(message_ids), is_failed)
    await session.execute(change.values(status=InvitationStatus.SUPERSEDED))


async def list_invitations(
    session: AsyncSession, meeting_id: UUID, sequence: int | None = None
) -> Sequence[InvitationRow]:
    """Return the emails about a meeting, or about one version of the meeting, by version and creation time."""
    query = sa.select(INVITATION).where(col(INVITATION.meeting_id) == meeting_id)
    if sequence is not None:
        query = query.where(col(INVITATION.sequence) == sequence)
    order = (col(INVITATION.sequence), col(INVITATION.created_at), col(INVITATION.message_id))
    return (await session.scalars(query.order_by(*order), execution_options=AS_STORED)).all()


def _update_of_version(meeting_id: UUID, sequence: int) -> Any:  # noqa: ANN401 - SQLAlchemy's update
    """Return an update of the emails about this version of the meeting. The caller adds the values."""
    return sa.update(INVITATION).where(col(INVITATION.meeting_id) == meeting_id, col(INVITATION.sequence) == sequence)
