"""Mails invitations, and records the outcome of each. See docs/decisions/0012."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.signatures import InvitationSteps
from activities.step_metrics import count_mails
from domain.calendar.file import Person, is_reachable
from domain.messages.meeting import InvitationsSent, SendInvitations
from integrations.email.letters import InvitationEmail, mail_of
from integrations.email.smtp import MailServer, Outbox, SendOutcome
from services.notifications.recipients import emails_for
from storage.configuration.lookups import get_organisation
from storage.database import Database, StorageUnavailable
from storage.notifications import invitations
from storage.notifications.invitations import InvitationStatus
from storage.tables.notifications import InvitationRow
from storage.tables.organisation import OrganisationRow

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=10)
"""Time for which no other worker sends a mail that is being sent. The sending worker renews this lease. The lease of a
dead worker runs out."""

RENEWED_EVERY: Final = 3.0
"""Seconds between two renewals of a lease."""

NOWHERE_TO_SEND: Final = "has no mail address"
NOT_IN_TIME: Final = "was not sent in time"

SERVER_REPLY: Final = re.compile(r"(?P<when>no connection: )?(?P<code>-?\d+)\b.*")
"""Matches a failure that has a reply of the mail server. `code` is the reply code. `when` is set if no connection was
made."""


class InvitationsPending(Exception):
    """Some mails have not been sent yet, so the activity is retried."""


class NobodyToSendFrom(Exception):
    """The organisation has no usable mail address."""


class InvitationActivities(InvitationSteps):
    """Activities of invitations that the worker registers. Without a mail server they send nothing."""

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
            return await self._result(step)

    @activity.defn
    async def give_up_invitations(self, step: SendInvitations) -> InvitationsSent:
        async with self._database.transaction() as session:
            given_up = await invitations.give_up(session, step.meeting_id, step.sequence, NOT_IN_TIME)
        count_mails(InvitationStatus.FAILED, given_up)
        return await self._result(step)

    async def _plan(self, step: SendInvitations) -> tuple[OrganisationRow, list[InvitationEmail]]:
        """Record all mails of the step before the first one is sent. Return the organisation and the mails."""
        async with self._database.transaction() as session:
            letters = await emails_for(session, step)
            await invitations.add_invitations(session, [_invitation_values(letter) for letter in letters])
            message_ids = [letter.message_id for letter in letters]
            await invitations.supersede(session, step.meeting_id, step.sequence, message_ids)
            return await get_organisation(session), letters

    async def _send(self, outbox: Outbox, letter: InvitationEmail, sender: Person) -> None:
        mailbox = letter.recipient.person.email
        async with self._database.transaction() as session:
            row = await invitations.claim(session, letter.message_id, LEASE)
        if row is not None:
            async with self._leased(letter):
                outcome = await outbox.send(mail_of(letter, sender, row.created_at), sender.email, mailbox)
            await self._note(letter, outcome)

    @asynccontextmanager
    async def _leased(self, letter: InvitationEmail) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(letter))
        try:
            yield
        finally:
            renewing.cancel()

    async def _renew(self, letter: InvitationEmail) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            with suppress(StorageUnavailable):
                async with self._database.transaction() as session:
                    await invitations.renew(session, letter.message_id, LEASE)

    async def _note(self, letter: InvitationEmail, outcome: SendOutcome) -> None:
        status = InvitationStatus.SENT if outcome.is_sent else InvitationStatus.PENDING
        if outcome.is_final:
            status = InvitationStatus.FAILED
            facts = {"meeting": letter.meeting.id, "recipient": letter.recipient.id, "answer": code_of(outcome.failure)}
            log.warning("a mail was refused for good", extra=facts)
        async with self._database.transaction() as session:
            await invitations.record(session, letter.message_id, status=status, failure=outcome.failure)
        count_mails(status)

    async def _result(self, step: SendInvitations) -> InvitationsSent:
        """Return the result of all attempts together.

        Raises:
            InvitationsPending: some mails are still pending, so another attempt is needed.

        """
        async with self._database.transaction() as session:
            rows = await invitations.list_invitations(session, step.meeting_id, step.sequence)
        pending = [in_words(row) for row in rows if row.status == InvitationStatus.PENDING]
        if pending:
            raise InvitationsPending("; ".join(pending))
        failures = tuple(in_words(row) for row in rows if row.status == InvitationStatus.FAILED)
        return InvitationsSent(sent=sum(row.status == InvitationStatus.SENT for row in rows), failures=failures)


def in_words(row: InvitationRow) -> str:
    """Return the reason why a mail has not been sent, without personal data."""
    whom = f"employee {row.employee_id}" if row.employee_id else f"room {row.room_id}"
    return f"{whom}: {code_of(row.failure) or 'is being sent'}"


def code_of(failure: str | None) -> str | None:
    """Return the failure without personal data: of a server's reply, only the code."""
    reply = SERVER_REPLY.fullmatch(failure or "")
    return f"{reply['when'] or 'refused with '}{reply['code']}" if reply else failure


def sender_of(organisation: OrganisationRow, server: MailServer) -> Person:
    """Return the sender of the mails.

    Raises:
        NobodyToSendFrom: the organisation has no usable mail address, which an operator must set.

    """
    if not is_reachable(Person(None, organisation.email)):
        raise NobodyToSendFrom("the organisation has no usable mail address, which invitations name as organizer")
    return Person(organisation.name, server.sender or organisation.email)


async def to_its_end(work: Coroutine[None, None, None]) -> None:
    """Finish the work even if the activity is cancelled meanwhile, so that the outcome of a sent mail is recorded."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _invitation_values(letter: InvitationEmail) -> Mapping[str, object]:
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
