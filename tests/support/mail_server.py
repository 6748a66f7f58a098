"""A real mail server on loopback (aiosmtpd), which takes mails, or answers as tests tell it to."""

import asyncio
import ssl
import warnings
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import vobject
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
USERNAME, PASSWORD = "bookme", "a secret ~ of æøå"
DROP = "drop the connection without an answer"
TAKEN = "250 OK"


@dataclass(frozen=True)
class Mail:
    """One that a server has taken."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def calendar(self) -> Any:  # noqa: ANN401 - vobject has no types
        """As another library than the one that wrote it reads it."""
        (part,) = (part for part in self.message.walk() if part.get_content_type() == "text/calendar")
        return vobject.readOne(part.get_content())

    @property
    def told(self) -> tuple[str, str, int]:
        """To whom, what, of which version of the meeting."""
        return self.recipient, self.calendar.method.value, int(self.calendar.vevent.sequence.value)


@dataclass
class MailServer:
    """Answers to RCPT and to the mail itself as it is told, one answer each time, then takes what comes."""

    port: int = 0
    taken: list[Mail] = field(default_factory=list)
    of_recipients: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    of_mails: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    connections: int = 0
    logins: list[tuple[str, str]] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Until it is set, no mail to that recipient is answered."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a mail is to be answered."""

    @property
    def told(self) -> list[tuple[str, str, int]]:
        return [mail.told for mail in self.taken]

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answers = self.of_recipients[address]
        answer = answers.pop(0) if answers else TAKEN
        if answer == TAKEN:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        assert isinstance(envelope.original_content, bytes)
        self.reached.set()
        if recipient in self.held:
            await self.held[recipient].wait()
        answers = self.of_mails[recipient]
        answer = answers.pop(0) if answers else TAKEN
        if answer in (TAKEN, DROP):
            self.taken.append(Mail(envelope.mail_from or "", recipient, envelope.original_content))
        if answer == DROP:
            # Whoever waits for the answer learns that there will be none.
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            raise ConnectionResetError
        return answer

    async def handle_exception(self, _error: Exception) -> str:
        return "451 that went wrong"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        return AuthResult(success=login == (USERNAME, PASSWORD), handled=False)

    def protocol(self, **options: Any) -> SMTP:  # noqa: ANN401 - aiosmtpd's
        self.connections += 1
        with warnings.catch_warnings():
            # It does not know that TLS from the start is TLS too.
            warnings.simplefilter("ignore", UserWarning)
            return SMTP(self, hostname="mail.example.com", authenticator=self.authenticate, **options)


@asynccontextmanager
async def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    port: int = 0,
    **options: Any,  # noqa: ANN401 - aiosmtpd's
) -> AsyncIterator[MailServer]:
    """One that listens, in TLS from the start if `tls` is given."""
    server = MailServer()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: server.protocol(**options), LOOPBACK, port, ssl=tls)
    async with listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@dataclass(frozen=True)
class Certificate:
    """A certificate of 127.0.0.1 that it has signed itself, and its key."""

    path: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path)
        return context

    @classmethod
    def made(cls, path: Path) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + _signed(key).public_bytes(serialization.Encoding.PEM)
        )
        return cls(path)


def _signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.com")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
