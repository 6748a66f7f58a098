"""Composition root of `bookme mcp`: reads the settings, and serves the tools by stdio or by HTTP."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx
import uvicorn
from bookme_client import AsyncBookMe
from starlette.applications import Starlette

from agents.http import PATH, Resource, create_http_app, token_of_caller
from agents.server import create_server
from api.auth.jwks import IssuerKeys
from api.auth.tokens import TokenVerifier
from config.addresses import is_loopback
from config.errors import StackError
from config.settings import Settings
from config.telemetry import configure_logging

DEVELOPMENT_CLIENT: Final = "demo"
SHUTDOWN_GRACE: Final = 8
MOST_CONNECTIONS: Final = 1000


async def serve_stdio(settings: Settings) -> None:
    """Serve one client on standard input and output, with the credentials of the settings, until the input ends.

    Raises:
        StackError: the settings have no credentials for this API.

    """
    url = api_url(settings)
    client_id, secret = credentials(settings, url)
    quiet_logging(settings)
    bookme = AsyncBookMe(
        url,
        client_id=client_id,
        client_secret=secret,
        issuer=settings.auth_issuer,
        scope=settings.mcp_scope,
        user_agent="bookme-mcp",
    )
    async with bookme:
        await create_server(bookme).run_stdio_async()


def serve_http(settings: Settings, host: str, port: int) -> None:
    """Serve clients by streamable HTTP, each with its own access token, until the process gets a signal to stop.

    Raises:
        StackError: the settings do not say which issuer to trust, or at which address clients come.

    """
    if settings.mcp_public_url is None and not is_loopback(host):
        message = "BOOKME_MCP_PUBLIC_URL must be the address at which clients reach this server, such as"
        raise StackError(f"{message} https://bookings.example/mcp: --host {host} is not loopback.")
    resource = Resource(settings.mcp_public_url or f"http://{host}:{port}{PATH}", issuer(settings))
    quiet_logging(settings)
    uvicorn.run(
        http_app(settings, resource),
        host=host,
        port=port,
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE,
    )


def http_app(settings: Settings, resource: Resource) -> Starlette:
    """Create the application with its clients of the API and of the issuer. They are closed with the application."""
    bookme = AsyncBookMe(api_url(settings), token=token_of_caller, user_agent="bookme-mcp")
    http = httpx.AsyncClient(trust_env=not is_on_loopback(resource.issuer), timeout=5)
    accepted = settings.model_copy(update={"auth_issuer": resource.issuer, "dev_issuer": False})
    keys = IssuerKeys(resource.issuer, http, jwks_url=settings.auth_jwks_url)
    app = create_http_app(create_server(bookme), TokenVerifier.from_settings(accepted, keys), resource)
    serving = app.router.lifespan_context

    @asynccontextmanager
    async def closing(served: Starlette) -> AsyncIterator[None]:
        async with http, bookme, serving(served):
            yield

    app.router.lifespan_context = closing
    return app


def api_url(settings: Settings) -> str:
    return (settings.mcp_api_url or settings.public_url).rstrip("/")


def issuer(settings: Settings) -> str:
    """Return the issuer of access tokens. The API itself is the issuer on loopback, as `bookme dev` has it.

    Raises:
        StackError: there is none.

    """
    if settings.auth_issuer:
        return settings.auth_issuer
    if is_on_loopback(api_url(settings)):
        return api_url(settings)
    raise StackError("BOOKME_AUTH_ISSUER must name the issuer of access tokens.")


def credentials(settings: Settings, url: str) -> tuple[str, str]:
    """Return client id and secret. The well-known development secret is sent to loopback only.

    Raises:
        StackError: there are none for this API.

    """
    if settings.mcp_client_id and settings.mcp_client_secret:
        return settings.mcp_client_id, settings.mcp_client_secret.get_secret_value()
    if settings.mcp_client_id or settings.mcp_client_secret or settings.auth_issuer or not is_on_loopback(url):
        raise StackError(f"Set BOOKME_MCP_CLIENT_ID and BOOKME_MCP_CLIENT_SECRET: the client that books at {url}.")
    return DEVELOPMENT_CLIENT, settings.dev_issuer_secret.get_secret_value()


def is_on_loopback(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def quiet_logging(settings: Settings) -> None:
    """Log to standard error. The SDK's lines about single calls are left out: they contain what a tool answered."""
    configure_logging(settings)
    logging.getLogger("mcp").setLevel(logging.WARNING)
