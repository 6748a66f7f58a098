"""Streamable HTTP: the MCP server behind the access tokens of BookMe.

The server and the API are one protected resource: the same issuer, the same audience, the same scopes. So the token of
the caller is verified here, as the API does it, and then sent to the API, which checks its scopes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware, get_access_token
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.auth import ProtectedResourceMetadata
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from agents.backend import Backend
from api.auth.jwks import AuthorizationServerUnreachable
from api.auth.principals import Scope as TokenScope
from api.auth.principals import Unauthorized
from api.auth.scopes import bearer_token
from api.auth.tokens import TokenVerifier
from config.addresses import origin_of

PATH: Final = "/mcp"
SCOPES: Final = (TokenScope.READ, TokenScope.BOOK)
"""Scopes that a client asks for to use the tools of customers."""
MOST_BYTES: Final = 262_144
"""Limit of a request's body, as the API has it by default."""
MOST_SESSIONS: Final = 1000
LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Resource:
    """The protected resource (RFC 9728). `url` is the address of the MCP endpoint, as clients type it."""

    url: str
    issuer: str

    @property
    def metadata_url(self) -> str:
        return str(build_resource_metadata_url(AnyHttpUrl(self.url)))


def create_http_app(server: MCPServer[Backend], verifier: TokenVerifier, resource: Resource) -> Starlette:
    """Create the ASGI application: the MCP endpoint at `/mcp`, its metadata, and `/health/live`."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MOST_BYTES,
        max_sessions=MOST_SESSIONS,
        transport_security=allowed(resource.url),
    )
    # Read as text, because `AnyHttpUrl` adds a slash to an issuer without a path, and clients compare exactly.
    named = {"resource": resource.url, "authorization_servers": [resource.issuer]}
    described = ProtectedResourceMetadata.model_validate(named)
    public = create_protected_resource_routes(
        described.resource, described.authorization_servers, list(SCOPES), resource_name="BookMe"
    )
    protected = CheckToken(AuthContextMiddleware(app), verifier, resource)
    routes = [*public, Route("/health/live", live), Mount("/", protected)]
    return Starlette(routes=routes, lifespan=lambda _: server.session_manager.run())


def allowed(url: str) -> TransportSecuritySettings:
    """Return the values of `Host` and `Origin` that are accepted: those of the address, and of loopback.

    A page that has a name of its own for this machine (DNS rebinding) has another `Host`, and another `Origin`.
    """
    host = urlsplit(url).netloc
    hosts = [host, *(f"{each}:*" for each in LOOPBACK_HOSTS)]
    origins = [origin_of(url) or "", *(f"http://{each}:*" for each in LOOPBACK_HOSTS)]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


async def live(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


class CheckToken:
    """Middleware that refuses a request without a valid access token, before anything else of the request is read.

    The answer is 401 with the address of the metadata, as the MCP specification of authorization wants it. It is 503 if
    the issuer's keys cannot be fetched.
    """

    def __init__(self, app: ASGIApp, verifier: TokenVerifier, resource: Resource) -> None:
        self._app = app
        self._verifier = verifier
        self._resource = resource

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            user = await self._identify(Headers(scope=scope))
        except Unauthorized as error:
            await self._challenge(error)(scope, receive, send)
        except AuthorizationServerUnreachable as error:
            unavailable = refusal("temporarily_unavailable", str(error), 503, {"Retry-After": "5"})
            await unavailable(scope, receive, send)
        else:
            await self._app({**scope, "user": user}, receive, send)

    async def _identify(self, headers: Headers) -> AuthenticatedUser:
        token = bearer_token(headers)
        principal = await self._verifier.verify(token)
        return AuthenticatedUser(
            AccessToken(
                token=token,
                client_id=principal.client_id,
                scopes=sorted(principal.scopes),
                subject=principal.subject,
                claims={"iss": self._resource.issuer},
            )
        )

    def _challenge(self, error: Unauthorized) -> Response:
        """Return the answer with the challenge of RFC 6750, and the parameters of RFC 9728 section 5.1."""
        scopes = " ".join(SCOPES)
        value = f'{error.challenge}, scope="{scopes}", resource_metadata="{self._resource.metadata_url}"'
        return refusal(error.code or "invalid_token", error.message, error.status, {"WWW-Authenticate": value})


def refusal(error: str, description: str, status: int, headers: Mapping[str, str]) -> Response:
    content: dict[str, Any] = {"error": error, "error_description": description}
    return JSONResponse(content, status, headers={**headers, "Cache-Control": "no-store"})


async def token_of_caller() -> str:
    """Return the access token of the request that calls the tool. A source of tokens for the client of the API.

    Raises:
        RuntimeError: there is no such request. A bug, because `CheckToken` comes first.

    """
    found = get_access_token()
    if found is None:
        raise RuntimeError("a tool was called without an access token")
    return found.token
