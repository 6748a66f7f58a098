"""A receiver of webhooks on loopback, which stores every request and verifies signatures."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from chaos.record import RecordedEvent
from config.ports import LOOPBACK

NO_CONTENT = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Receiver:
    url: str = ""
    requests: list[tuple[float, dict[str, str], bytes]] = field(default_factory=list)
    """Unix time, headers and body of each request."""

    def events(self, secret: str) -> list[RecordedEvent]:
        """Return the events in the order of arrival. Raises `WebhookVerificationError` if a signature is wrong."""
        webhook = Webhook(secret)
        return [
            RecordedEvent(
                by="webhook", event=verified(webhook, headers, body), skew=int(headers["webhook-timestamp"]) - came
            )
            for came, headers, body in self.requests
        ]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append((time.time(), *await read_request(reader)))
            writer.write(NO_CONTENT)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            # The worker was killed, or closed the connection early.
            return
        finally:
            writer.close()


def verified(webhook: Webhook, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return the event if its signature is right. `Webhook.verify` would refuse early events of a long run as old."""
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    if webhook.sign(headers["webhook-id"], at, body.decode()) not in headers["webhook-signature"].split():
        raise WebhookVerificationError(f"{headers['webhook-id']} is not signed so")
    event: dict[str, Any] = json.loads(body)
    return event


async def read_request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return headers, await reader.readexactly(int(headers["content-length"]))


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, LOOPBACK, 0)
    receiver.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
