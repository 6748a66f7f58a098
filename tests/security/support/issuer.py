"""A token issuer on loopback that counts who asks for its keys, and tokens as no issuer makes them."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.algorithms import RSAAlgorithm

from config.ports import LOOPBACK

KID: Final = "key-1"
AUDIENCE: Final = "bookme"
KEY: Final = rsa.generate_private_key(65537, 2048)

Signing = Callable[[bytes], bytes]


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwk_of(key: rsa.RSAPrivateKey, kid: str = KID) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}


def rs256(key: rsa.RSAPrivateKey) -> Signing:
    return lambda signed: key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def hs256(secret: bytes) -> Signing:
    return lambda signed: hmac.new(secret, signed, hashlib.sha256).digest()


@dataclass
class Issuer:
    """Answers a discovery document and its key. What it signs is believed."""

    url: str = ""
    fetched: list[str] = field(default_factory=list)
    key: rsa.RSAPrivateKey = KEY
    kid: str = KID
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while it answers."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        self.fetched.append(path)
        await self.open.wait()
        metadata = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        body = json.dumps({"keys": [jwk_of(self.key, self.kid)]} if path == "/keys" else metadata).encode()
        head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    def token(
        self,
        *,
        sign: Signing | None = None,
        header: dict[str, Any] | None = None,
        payload: bytes | None = None,
        **claims: object,
    ) -> str:
        """A good one, changed as asked; a claim or header value of None is left out."""
        head = {"typ": "at+jwt", "alg": "RS256", "kid": self.kid} | (header or {})
        parts = [json.dumps(_said(head)).encode(), payload or json.dumps(_said(self._claims() | claims)).encode()]
        signed = ".".join(map(encoded, parts))
        return f"{signed}.{encoded((sign or rs256(self.key))(signed.encode()))}"

    def _claims(self) -> dict[str, object]:
        now = time.time()
        times = {"iat": now, "exp": now + 3600}
        return {"iss": self.url, "aud": AUDIENCE, "sub": "shop", "client_id": "shop", "scope": "bookme.read", **times}


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


@asynccontextmanager
async def serving(key: rsa.RSAPrivateKey = KEY) -> AsyncIterator[Issuer]:
    issuer = Issuer(key=key)
    issuer.open.set()
    server = await asyncio.start_server(issuer.answer, LOOPBACK, 0)
    async with server:
        issuer.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        yield issuer
