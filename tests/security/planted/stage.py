"""An API and a worker, as in production, whose settings and whose neighbours are full of planted texts."""

import asyncio
import base64
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from config.ports import LOOPBACK, free_port
from tests.e2e.topology import Topology
from tests.security.planted.texts import Markers
from tests.support.clients import ApiClient
from tests.support.feed_server import FeedServer, feed_server
from tests.support.mail_server import Certificate, MailServer
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.prepare import prepare_temporal


@dataclass
class RudeMailServer(MailServer):
    """Refuses whoever comes first, and says aloud what it was told."""

    login: tuple[str, str] = ("", "")

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        if given == self.login and self.connections > 1:
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 {given[0]} has not the password {given[1]}")

    @classmethod
    @asynccontextmanager
    async def listening(cls, login: tuple[str, str], tls: ssl.SSLContext) -> AsyncIterator[Self]:
        server = cls(login=login)
        options: dict[str, Any] = {"auth_required": True, "auth_require_tls": False}
        listening = await asyncio.get_running_loop().create_server(
            lambda: server.protocol(**options), LOOPBACK, 0, ssl=tls
        )
        async with listening:
            server.port = listening.sockets[0].getsockname()[1]
            yield server


@dataclass
class PlantedStack:
    """`answers` are all that the API has given."""

    topology: Topology
    markers: Markers
    http: httpx.AsyncClient
    post: RudeMailServer
    receiver: WebhookReceiver
    feed: FeedServer
    metrics: str
    logs: Mapping[str, tuple[Path, int]]
    """Of API and worker: where it is, and how long it was before."""
    began: datetime
    answers: list[httpx.Response] = field(default_factory=list)

    async def authorised(self, client_id: str, scope: str | None = None) -> ApiClient:
        secret = self.markers("OAuth client secret")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        answer = await self.http.post("/oauth2/token", data=form | ({"scope": scope} if scope else {}))
        token: str = answer.raise_for_status().json()["access_token"]
        self.markers.tell(f"access token of {client_id}", token.rpartition(".")[2])
        return ApiClient(self.http, {"Authorization": f"Bearer {token}"})

    def logged(self, process: str) -> str:
        path, before = self.logs[process]
        return path.read_bytes()[before:].decode()


def settings_of(topology: Topology, markers: Markers, post: MailServer, metrics: str) -> dict[str, str]:
    url = topology.postgres.running_url
    markers.tell("database password", url.partition("@")[0].rpartition(":")[2])
    return {
        "request_timeout": "PT3S",
        "allow_private_addresses": "true",
        "dev_issuer_secret": markers("OAuth client secret"),
        "smtp_host": LOOPBACK,
        "smtp_port": str(post.port),
        "smtp_security": "tls",
        "smtp_username": markers("user name at the mail server"),
        "smtp_password": markers("password at the mail server"),
        "worker_metrics_address": metrics,
    }


def new_key(markers: Markers, what: str) -> str:
    return markers.tell(what, base64.b64encode(os.urandom(32)).decode())


@asynccontextmanager
async def staged(
    topology: Topology, certificate: Certificate, markers: Markers, **more: str
) -> AsyncIterator[PlantedStack]:
    """For as long as the block lasts. The relay is there too."""
    await topology.begin_anew()
    login = (markers("user name at the mail server"), markers("password at the mail server"))
    async with AsyncExitStack() as stack:
        post = await stack.enter_async_context(RudeMailServer.listening(login, certificate.context))
        receiver = await stack.enter_async_context(webhook_receiver())
        feed = await stack.enter_async_context(feed_server())
        metrics = f"{LOOPBACK}:{free_port()}"
        settings = settings_of(topology, markers, post, metrics) | more
        began, key = datetime.now(UTC), {name: value for name, value in more.items() if name == "payload_key"}
        await prepare_temporal(topology.settings(**key), environment=topology.environment())
        log = topology.directory / "worker-0.log"
        before = log.stat().st_size if log.exists() else 0
        (api, url), worker = await asyncio.gather(
            topology.start_api(processes=1, **settings),
            topology.start_worker(module=("cli", "worker"), alone=True, **settings),
        )
        logs = {"the API's log": (api.program.log, 0), "the worker's log": (worker.program.log, before)}
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=30))
        stage = PlantedStack(topology, markers, http, post, receiver, feed, metrics, logs, began)
        http.event_hooks["response"] = [lambda answer: _keep(stage, answer)]
        yield stage
        api.kill()
        await api.exited()


async def _keep(stage: PlantedStack, answer: httpx.Response) -> None:
    await answer.aread()
    stage.answers.append(answer)
