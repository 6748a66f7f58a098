"""Sends mails to a mail server (SMTP, RFC 5321), and returns the outcome of each."""

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
"""Maximum seconds until the server is ready for mails."""

MOST_SECONDS: Final = 120.0
"""Maximum seconds for the server to take one mail. Many servers inspect a mail first. After a timeout the server may
have the mail, and a retry may deliver it twice."""

MOST_CHARACTERS: Final = 300
"""Maximum number of characters of the server's reply that are stored."""

REFUSED_FOR_GOOD: Final = 500
TROUBLE: Final = (SMTPException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """Outcome of a mail. `failure` is None if the server has the mail, else the reason why it may not have the mail.

    `is_final`: the server refused the mail for good, so it is not retried.
    """

    failure: str | None = None
    is_final: bool = False

    @property
    def is_sent(self) -> bool:
        return self.failure is None


SENT: Final = SendOutcome()
OUT_OF_REACH: Final = SendOutcome("no connection")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Mail server to which mails are sent. `sender` is the sender address, None for the organisation's own address."""

    host: str
    port: int = 587
    security: Security = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str | None = None

    @asynccontextmanager
    async def outbox(self) -> AsyncIterator["Outbox"]:
        """Open an outbox for several mails, sent one after the other."""
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
    """Sends mails over one connection, and reconnects if the connection is lost.

    If the server cannot be reached, the outbox does not try again: all further mails get the same outcome.
    """

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._client: SMTP | None = None
        self._out_of_reach: SendOutcome | None = None

    async def send(self, mail: EmailMessage, sender: str, recipient: str) -> SendOutcome:
        """Send the mail to this one mailbox."""
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
            self._out_of_reach = SendOutcome(f"no connection: {outcome_of(error).failure}")

    def _drop_if_lost(self, client: SMTP, error: Exception) -> None:
        """Close the connection unless the error is a refusal. After other errors, the connection's state is unknown."""
        is_refusal = isinstance(error, SMTPRecipientsRefused | SMTPResponseException)
        if not (is_refusal and client.is_connected):
            client.close()
            self._client = None


def outcome_of(error: Exception) -> SendOutcome:
    """Return the outcome for an error. A permanent refusal (5xx) of the recipient or the content is final.

    A refusal of the login or the sender is not final: an operator can correct the cause, so the mail is retried.
    """
    if isinstance(error, SMTPRecipientsRefused):
        refusal = error.recipients[0]
        return SendOutcome(in_words(refusal), is_final=refusal.code >= REFUSED_FOR_GOOD)
    if isinstance(error, SMTPDataError):
        return SendOutcome(in_words(error), is_final=error.code >= REFUSED_FOR_GOOD)
    if isinstance(error, SMTPResponseException):
        return SendOutcome(in_words(error))
    return SendOutcome("no answer in time" if isinstance(error, TimeoutError) else excerpt(f"no answer: {error}"))


def in_words(error: SMTPResponseException) -> str:
    """Return the server's reply: the code first, then the text."""
    return excerpt(f"{error.code} {error.message}")


def excerpt(text: str) -> str:
    """Return the text as one line that can be stored and shown."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.split())[:MOST_CHARACTERS]
