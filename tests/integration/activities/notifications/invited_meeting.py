"""What the tests of invitations have in common: a meeting whose rows they change, and the steps that mail it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from temporalio.testing import ActivityEnvironment

from activities.invitations import InvitationActivities
from devstack.demo_data import identity
from domain.messages.meeting import InvitationsSent, SendInvitations
from integrations.email import smtp as mail
from storage.bookings.time_slots import NOW
from storage.database import Database
from storage.meetings.meetings import change_meeting, find_as_stored
from storage.notifications.invitations import list_invitations
from storage.tables.booking import MeetingRow, TimeSlotRow
from storage.tables.notifications import InvitationRow
from tests.integration.activities.booking_fixture import BookingFixture

AT = "@nordhavn.example.com"
ORGANISATION = f"booking{AT}"
FREJAS, MAGNUS_S, AKSELS, ROOMS = (
    f"freja.lindqvist{AT}",
    f"magnus.oestergaard{AT}",
    f"aksel.hoejlund{AT}",
    f"room.nyhavn{AT}",
)


@dataclass(frozen=True)
class Invited:
    """A meeting of Freja's, mailed to that server."""

    database: Database
    meeting_id: UUID
    server: mail.MailServer | None

    @classmethod
    async def made(cls, bookings: BookingFixture, server: mail.MailServer | None, **columns: object) -> "Invited":
        invited = cls(bookings.database, (await bookings.met()).id, server)
        async with bookings.database.transaction() as session:
            change = sa.update(MeetingRow).where(sa.column("id") == invited.meeting_id)
            await session.execute(change.values(title="Our first home", **columns))
        return invited

    async def change(self, **columns: object) -> None:
        async with self.database.transaction() as session:
            meeting = await find_as_stored(session, self.meeting_id)
            assert meeting is not None
            await change_meeting(session, meeting, columns)

    async def cancel(self, reason: str | None = None) -> None:
        async with self.database.transaction() as session:
            meeting = await find_as_stored(session, self.meeting_id)
            assert meeting is not None
            ended = {"time_slot_id": None, "cancelled_at": NOW, "cancel_reason": reason}
            await change_meeting(session, meeting, ended)
            await session.execute(sa.delete(TimeSlotRow))

    def step(self, sequence: int = 0, *former: UUID) -> SendInvitations:
        return SendInvitations(meeting_id=self.meeting_id, sequence=sequence, former=former)

    async def send(self, sequence: int = 0, *former: UUID) -> InvitationsSent:
        """As a worker does."""
        steps = InvitationActivities(self.database, self.server)
        return await ActivityEnvironment().run(steps.send_invitations, self.step(sequence, *former))

    async def give_up(self, sequence: int = 0) -> InvitationsSent:
        steps = InvitationActivities(self.database, self.server)
        return await ActivityEnvironment().run(steps.give_up_invitations, self.step(sequence))

    async def rows(self) -> list[InvitationRow]:
        async with self.database.transaction() as session:
            return list(await list_invitations(session, self.meeting_id))

    async def statuses(self) -> dict[str, list[tuple[str, int]]]:
        """What became of each recipient's mails, and with how many attempts."""
        told: dict[str, list[tuple[str, int]]] = {}
        for row in await self.rows():
            told.setdefault(row.recipient, []).append((row.status, row.attempts))
        return told

    async def alter(self, table: type[Any], identity: UUID | int, **columns: object) -> None:
        """Change the configuration."""
        async with self.database.transaction() as session:
            await session.execute(sa.update(table).where(sa.column("id") == identity).values(**columns))


def room(name: str) -> UUID:
    return identity(f"copenhagen-city/{name}")
