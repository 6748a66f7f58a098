"""Sends mails to a mail server (SMTP, RFC 5321), and says what came of each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Final, Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

Security = Literal["starttls", "tls", "none"]

MOST_SECONDS_TO_CONNECT: Final = 20.0
"""How long it may take until the server is ready for mails."""

MOST_SECONDS: Final = 120.0
"""How long the server may take for one mail: many look into it first, and whoever hangs up then may have it twice."""

MOST_CHARACTERS: Final = 300
"""How much of the server's words is kept."""

REFUSED_FOR_GOOD: Final = 500
TROUBLE: Final = (SMTPException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mail: nothing to say if the server has it, else why it has not, or may not have it."""

    failure: str | None = None
    is_final: bool = False

    @property
    def is_sent(self) -> bool:
        return self.failure is None


SENT: Final = Outcome()
OUT_OF_REACH: Final = Outcome("no connection")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in. `sender` is whom they come from, if not from the organisation's own address."""

    host: str
    port: int = 587
    security: Security = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str | None = None

    @asynccontextmanager
    async def outbox(self) -> AsyncIterator["Outbox"]:
        """For a number of mails, one after the other."""
        outbox = Outbox(self)
        try:
            yield outbox
        finally:
            await outbox.close()

    async def connect(self) -> SMTP:
        client = SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            timeout=MOST_SECONDS,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
        )
        try:
            async with asyncio.timeout(MOST_SECONDS_TO_CONNECT):
                await client.connect()
        except BaseException:
            client.close()
            raise
        return client


class Outbox:
    """Sends over one connection while that lasts. A server that cannot be reached is not asked again."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._client: SMTP | None = None
        self._out_of_reach: Outcome | None = None

    async def send(self, mail: EmailMessage, sender: str, recipient: str) -> Outcome:
        """Hand the mail in, for this one mailbox."""
        if self._client is None and self._out_of_reach is None:
            await self._connect()
        if self._client is None:
            return self._out_of_reach or OUT_OF_REACH
        try:
            async with asyncio.timeout(MOST_SECONDS):
                await self._client.sendmail(sender, [recipient], mail.as_bytes(policy=WIRE))
        except TROUBLE as error:
            self._drop_if_lost(self._client, error)
            return outcome_of(error)
        return SENT

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*TROUBLE):
                await client.quit()
            client.close()

    async def _connect(self) -> None:
        try:
            self._client = await self._server.connect()
        except TROUBLE as error:
            self._out_of_reach = Outcome(f"no connection: {outcome_of(error).failure}")

    def _drop_if_lost(self, client: SMTP, error: Exception) -> None:
        """After a refusal the connection is as good as before; after anything else nobody knows what comes next."""
        is_refusal = isinstance(error, SMTPRecipientsRefused | SMTPResponseException)
        if not (is_refusal and client.is_connected):
            client.close()
            self._client = None


def outcome_of(error: Exception) -> Outcome:
    """A mail is refused for good by what the server says of its recipient or its content.

    What it says of us (who is logged in, whom the mail is from) an operator can put right: that is tried again.
    """
    if isinstance(error, SMTPRecipientsRefused):
        refusal = error.recipients[0]
        return Outcome(in_words(refusal), is_final=refusal.code >= REFUSED_FOR_GOOD)
    if isinstance(error, SMTPDataError):
        return Outcome(in_words(error), is_final=error.code >= REFUSED_FOR_GOOD)
    if isinstance(error, SMTPResponseException):
        return Outcome(in_words(error))
    return Outcome("no answer in time" if isinstance(error, TimeoutError) else excerpt(f"no answer: {error}"))


def in_words(error: SMTPResponseException) -> str:
    """The server's code first, then its words."""
    return excerpt(f"{error.code} {error.message}")


def excerpt(text: str) -> str:
    """One line that can be stored and shown."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.split())[:MOST_CHARACTERS]
