"""The codec server of `bookme codec`: decrypts the data in Temporal for operators.

Temporal's UI and its command line send encrypted payloads to `POST /decode`, and show the answer. They send input that
an operator enters to `POST /encode`. The protocol is that of https://docs.temporal.io/codec-server.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from typing import Final

import httpx
from fastapi import FastAPI, Request, Response
from google.protobuf import json_format
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from api.auth.dev_issuer import DevIssuer
from api.auth.jwks import IssuerKeys, KeySet
from api.auth.principals import InsufficientScope, Principal, Scope
from api.auth.scopes import bearer_token
from api.auth.tokens import TokenVerifier, issuer_of
from api.http.bodies import JSON, replayed_body
from api.http.errors import HANDLERS, UnusableRequest, add_bug_answers, request_id_of
from api.middleware.request_scope import RequestScope
from api.middleware.security_headers import SecurityHeaders, security_headers
from config.addresses import origins_of_ui
from config.errors import StackError
from config.settings import Settings
from config.temporal import encryption_codec, namespace_of_connection
from integrations.http.outbound import trusted

log = logging.getLogger(__name__)

MAX_BODY: Final = 8 * 1024 * 1024
"""Limit in bytes of a body. Temporal's limit of one payload is 2 MiB, which is 2.7 MiB in base64."""
MAX_PAYLOADS: Final = 1000
LONGEST_LOGGED: Final = 200
"""Limit in characters of the values of a caller in the log."""

UI_HEADERS: Final = ("authorization", "authorization-extras", "content-type", "x-namespace")
"""Headers that the UI sends. `Authorization-Extras` is an id token, which this server does not read."""

NO_KEY: Final = "BOOKME_PAYLOAD_KEY is not set: nothing in Temporal is encrypted, so the UI needs no codec server."
NO_UI: Final = (
    "BOOKME_TEMPORAL_UI_URL must be the address of the Temporal UI, as operators type it into their browsers: "
    "only its pages may use the codec server."
)

DEVELOPER: Final = Principal("development", "development", frozenset({Scope.CODEC}))
"""The caller without a token at a development stack, which listens on loopback only."""

Transform = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


def create_codec_app(settings: Settings) -> FastAPI:
    """Create the ASGI application. It needs neither the database nor Temporal.

    Raises:
        StackError: the settings have no payload key, or no address of the UI.
        NotAKey: a payload key is not valid.

    """
    codec = encryption_codec(settings)
    if codec is None:
        raise StackError(NO_KEY)
    if settings.temporal_ui_url is None:
        raise StackError(NO_UI)
    app = FastAPI(
        title="BookMe codec server", openapi_url=None, exception_handlers=HANDLERS, lifespan=_lifespan(settings)
    )
    origins = origins_of_ui(settings.temporal_ui_url)
    namespaces = settings.codec_namespaces or [namespace_of_connection()]
    server = CodecServer(codec, origins, namespaces, needs_token=not settings.dev_issuer)
    app.add_api_route("/health/live", _answer_live)
    for prefix in ("", "/{namespace}"):
        app.add_route(f"{prefix}/decode", server.decode, methods=["POST"])
        app.add_route(f"{prefix}/encode", server.encode, methods=["POST"])
    app.state.public_url = settings.public_url
    add_bug_answers(app)
    app.add_middleware(RequestScope)
    app.add_middleware(SecurityHeaders, headers=security_headers(""))
    app.add_middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["POST"], allow_headers=UI_HEADERS, allow_credentials=True
    )
    return app


class CodecServer:
    """Endpoints of the codec server. Each request writes one line of the log, without content.

    Each endpoint raises `HTTPException` (403) for another origin or namespace, `UnusableRequest` (400, 408, 413, 415)
    for a body that cannot be read, and the errors of `api.auth.scopes` for a token that may not decrypt.
    """

    def __init__(
        self, codec: PayloadCodec, origins: Iterable[str], namespaces: Iterable[str], *, needs_token: bool
    ) -> None:
        self._codec = codec
        self._origins = frozenset(origins)
        self._namespaces = frozenset(namespaces)
        self._needs_token = needs_token

    async def decode(self, request: Request) -> Response:
        """Decrypt the payloads of the body, and answer them in the same order."""
        return await self._answer(request, "decode", self._codec.decode)

    async def encode(self, request: Request) -> Response:
        """Encrypt the payloads of the body, and answer them in the same order."""
        return await self._answer(request, "encode", self._codec.encode)

    async def _answer(self, request: Request, operation: str, transform: Transform) -> Response:
        facts: dict[str, object] = {"operation": operation, "request": request_id_of(request)}
        try:
            content = await self._transformed(request, transform, facts)
        except Exception as error:
            log.warning("codec request refused", extra=facts | {"outcome": _outcome(error)})
            raise
        log.info("codec request", extra=facts | {"outcome": "done"})
        return Response(content, media_type=JSON)

    async def _transformed(self, request: Request, transform: Transform, facts: dict[str, object]) -> str:
        """Check the request and return the body of its answer. Add what becomes known to `facts`."""
        self._check_origin(request)
        operator = await self._identify(request)
        facts |= {"subject": operator.subject, "client": operator.client_id}
        if Scope.CODEC not in operator.scopes:
            raise InsufficientScope([Scope.CODEC])
        facts["namespace"] = self._check_namespace(request)
        payloads = await _read_payloads(request)
        facts["payloads"] = len(payloads)
        try:
            return json_format.MessageToJson(Payloads(payloads=await transform(payloads)))
        except ValueError as error:
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"A payload cannot be decrypted: {error}.") from error

    def _check_origin(self, request: Request) -> None:
        """Refuse the pages of other origins, also those that no CORS header stops. Other programs send no origin."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._origins:
            allowed = " or ".join(sorted(self._origins))
            raise HTTPException(HTTPStatus.FORBIDDEN, f"Only pages of {allowed} may use this codec server.")

    async def _identify(self, request: Request) -> Principal:
        if not self._needs_token and "authorization" not in request.headers:
            return DEVELOPER
        verifier: TokenVerifier = request.app.state.verifier
        return await verifier.verify(bearer_token(request.headers))

    def _check_namespace(self, request: Request) -> str:
        """Return the namespace that the header names (the UI) or the path (an endpoint with `{namespace}`), or both."""
        named = {request.headers.get("x-namespace"), request.path_params.get("namespace")} - {None, ""}
        if not named:
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, "Send the namespace of the data as X-Namespace.")
        if not named <= self._namespaces:
            served = ", ".join(sorted(self._namespaces))
            raise HTTPException(HTTPStatus.FORBIDDEN, f"This codec server serves the namespace {served} only.")
        return " ".join(sorted(map(str, named)))


async def _read_payloads(request: Request) -> Sequence[Payload]:
    receive = await replayed_body(request, JSON, MAX_BODY)
    body = (await receive())["body"]
    try:
        payloads = json_format.Parse(body, Payloads(), ignore_unknown_fields=True).payloads
    except (json_format.ParseError, ValueError, RecursionError) as error:
        message = 'The body must be JSON of temporal.api.common.v1.Payloads: {"payloads": [...]}.'
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message) from error
    if len(payloads) > MAX_PAYLOADS:
        message = f"Send at most {MAX_PAYLOADS} payloads at once."
        raise UnusableRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
    return payloads


def _outcome(error: Exception) -> str:
    """Return the refusal in words. The text of an unexpected error could contain content, so its name must do."""
    said = getattr(error, "message", None) or getattr(error, "detail", None)
    return str(said)[:LONGEST_LOGGED] if said else type(error).__name__


async def _answer_live() -> dict[str, str]:
    return {"status": "ok"}


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def verifying(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(verify=trusted(), timeout=5) as http:
            # Operators' tokens are tokens of users, whether or not the API accepts those.
            app.state.verifier = TokenVerifier.from_settings(settings, _keys(settings, http), accepts_users=True)
            yield

    return verifying


def _keys(settings: Settings, http: httpx.AsyncClient) -> KeySet:
    if settings.dev_issuer:
        return DevIssuer(settings).key_set
    return IssuerKeys(issuer_of(settings), http, jwks_url=settings.auth_jwks_url)
