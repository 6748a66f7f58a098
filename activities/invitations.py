"""Mails invitations, and notes what became of each. See docs/decisions/0012."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.mail import MailServer, Outbox, Outcome
from activities.mail_letters import Letter, mail_of
from activities.mail_recipients import letters_of
from activities.meeting_messages import InvitationsSent, SendInvitations
from activities.signatures import InvitationSteps
from domain.calendar_file import Person, is_reachable
from storage import invitations
from storage.configuration import get_organisation
from storage.database import Database, StorageUnavailable
from storage.invitations import InvitationStatus
from storage.notification_tables import InvitationRow
from storage.organisation_tables import OrganisationRow

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=10)
"""For how long nobody else sends a mail that is being sent. Who sends it renews that; who has died does not."""

RENEWED_EVERY: Final = 3.0
"""Seconds."""

NOWHERE_TO_SEND: Final = "has no mail address"
NOT_IN_TIME: Final = "was not sent in time"

SAID_BY_A_SERVER: Final = re.compile(r"(?P<when>no connection: )?(?P<code>-?\d+)\b.*")
"""Why a mail has not gone out, or why the server took none: its code, and its words."""


class InvitationsPending(Exception):
    """Some mails have not gone out: to be tried again."""


class NobodyToSendFrom(Exception):
    """The configuration lacks an address."""


class InvitationActivities(InvitationSteps):
    """What the worker registers. Without a mail server it sends nothing."""

    def __init__(self, database: Database, server: MailServer | None) -> None:
        self._database = database
        self._server = server

    @activity.defn
    async def send_invitations(self, step: SendInvitations) -> InvitationsSent:
        if self._server is None:
            return InvitationsSent()
        async with heartbeats():
            organisation, letters = await self._plan(step)
            sender = sender_of(organisation, self._server)
            async with self._server.outbox() as outbox:
                for letter in letters:
                    await to_its_end(self._send(outbox, letter, sender))
            return await self._told(step)

    @activity.defn
    async def give_up_invitations(self, step: SendInvitations) -> InvitationsSent:
        async with self._database.transaction() as session:
            await invitations.give_up(session, step.meeting_id, step.sequence, NOT_IN_TIME)
        return await self._told(step)

    async def _plan(self, step: SendInvitations) -> tuple[OrganisationRow, list[Letter]]:
        """Note which mails there are, before the first goes out."""
        async with self._database.transaction() as session:
            letters = await letters_of(session, step)
            await invitations.add_invitations(session, [_noted(letter) for letter in letters])
            named = [letter.message_id for letter in letters]
            await invitations.supersede(session, step.meeting_id, step.sequence, named)
            return await get_organisation(session), letters

    async def _send(self, outbox: Outbox, letter: Letter, sender: Person) -> None:
        mailbox = letter.recipient.person.email
        async with self._database.transaction() as session:
            row = await invitations.claim(session, letter.message_id, LEASE)
        if row is not None:
            async with self._leased(letter):
                outcome = await outbox.send(mail_of(letter, sender, row.created_at), sender.email, mailbox)
            await self._note(letter, outcome)

    @asynccontextmanager
    async def _leased(self, letter: Letter) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(letter))
        try:
            yield
        finally:
            renewing.cancel()

    async def _renew(self, letter: Letter) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            with suppress(StorageUnavailable):
                async with self._database.transaction() as session:
                    await invitations.renew(session, letter.message_id, LEASE)

    async def _note(self, letter: Letter, outcome: Outcome) -> None:
        status = InvitationStatus.SENT if outcome.is_sent else InvitationStatus.PENDING
        if outcome.is_final:
            status = InvitationStatus.FAILED
            facts = {"meeting": letter.meeting.id, "recipient": letter.recipient.id, "answer": code_of(outcome.failure)}
            log.warning("a mail was refused for good", extra=facts)
        async with self._database.transaction() as session:
            await invitations.record(session, letter.message_id, status=status, failure=outcome.failure)

    async def _told(self, step: SendInvitations) -> InvitationsSent:
        """Of all tries together.

        Raises:
            InvitationsPending: there must be another one.

        """
        async with self._database.transaction() as session:
            rows = await invitations.list_invitations(session, step.meeting_id, step.sequence)
        pending = [in_words(row) for row in rows if row.status == InvitationStatus.PENDING]
        if pending:
            raise InvitationsPending("; ".join(pending))
        failures = tuple(in_words(row) for row in rows if row.status == InvitationStatus.FAILED)
        return InvitationsSent(sent=sum(row.status == InvitationStatus.SENT for row in rows), failures=failures)


def in_words(row: InvitationRow) -> str:
    """Why a mail has not gone out, without personal data."""
    whom = f"employee {row.employee_id}" if row.employee_id else f"room {row.room_id}"
    return f"{whom}: {code_of(row.failure) or 'is being sent'}"


def code_of(failure: str | None) -> str | None:
    """The failure without personal data: of what a server said, the code alone."""
    said = SAID_BY_A_SERVER.fullmatch(failure or "")
    return f"{said['when'] or 'refused with '}{said['code']}" if said else failure


def sender_of(organisation: OrganisationRow, server: MailServer) -> Person:
    """Whom the mails come from.

    Raises:
        NobodyToSendFrom: until an operator says.

    """
    if not is_reachable(Person(None, organisation.email)):
        raise NobodyToSendFrom("the organisation has no usable mail address, which invitations name as organizer")
    return Person(organisation.name, server.sender or organisation.email)


async def to_its_end(work: Coroutine[None, None, None]) -> None:
    """What has begun is finished even if the step is cancelled meanwhile: a mail that goes out is noted."""
    going_on = asyncio.ensure_future(work)
    try:
        await asyncio.shield(going_on)
    except asyncio.CancelledError:
        await asyncio.gather(going_on, return_exceptions=True)
        raise


def _noted(letter: Letter) -> Mapping[str, object]:
    person = letter.recipient.person
    nowhere = {} if is_reachable(person) else {"status": InvitationStatus.FAILED, "failure": NOWHERE_TO_SEND}
    return {
        "message_id": letter.message_id,
        "meeting_id": letter.meeting.id,
        "sequence": letter.meeting.sequence,
        "method": letter.method,
        "recipient": person.email,
        **letter.recipient.columns,
        **nowhere,
    }
