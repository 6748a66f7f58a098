"""What an endpoint says of who may ask: `principal: Booker` is given the client whose bearer token (RFC 6750) is good.

The refusals are

    Unauthorized                     401  no token, or one that is not believed; 400 when the request contradicts itself
    InsufficientScope                403  the token is good, and lacks a scope
    AuthorizationServerUnreachable   503  the issuer's keys were never seen (`api.jwks`)
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2
from starlette.datastructures import Headers

from api.principals import SCOPES, InsufficientScope, Principal, Scope, Unauthorized
from api.tokens import TokenVerifier


def bearer_token(headers: Headers) -> str:
    """The token of the one `Authorization` header (RFC 6750 §2.1), nowhere else: query strings end up in logs."""
    given = headers.getlist("authorization")
    if len(given) > 1:
        raise Unauthorized("Send one Authorization header, not several.", "invalid_request")
    scheme, _, token = "".join(given).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send an access token: 'Authorization: Bearer <token>'.")
    return token.strip()


_oauth2 = OAuth2(
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(
            tokenUrl="/oauth2/token", scopes={scope.value: text for scope, text in SCOPES.items()}
        )
    ),
    scheme_name="oauth2",
    description="A JWT access token (RFC 9068) of the configured issuer, as `Authorization: Bearer`.",
    auto_error=False,
)


async def authenticate(request: Request, _: Annotated[str | None, Security(_oauth2)]) -> Principal:
    """Who asks, if the token is good and the client has not used up its requests."""
    return await identify(request)


async def identify(request: Request) -> Principal:
    """Find out who asks, once a request. `api.route` does so before anything else of the request is read.

    Raises:
        Unauthorized, AuthorizationServerUnreachable: there is no token that can be believed.
        TooManyRequests: the client has used up its requests.

    """
    found: Principal | None = getattr(request.state, "principal", None)
    if found is not None:
        return found
    verifier: TokenVerifier = getattr(request.state, "verifier", None) or request.app.state.verifier
    principal = await verifier.verify(bearer_token(request.headers))
    await request.app.state.rate_limit.admit(principal.client_id)
    request.state.principal = principal
    return principal


def requires(*scopes: Scope) -> Callable[..., Awaitable[Principal]]:
    """A dependency that answers the principal whose token has all these scopes. No scope implies another."""

    async def authorised(
        principal: Annotated[Principal, Security(authenticate, scopes=[scope.value for scope in scopes])],
    ) -> Principal:
        if not principal.scopes.issuperset(scopes):
            raise InsufficientScope(scopes)
        return principal

    return authorised


Reader = Annotated[Principal, Security(requires(Scope.READ))]
Booker = Annotated[Principal, Security(requires(Scope.BOOK))]
Configurer = Annotated[Principal, Security(requires(Scope.CONFIG))]
Staff = Annotated[Principal, Security(requires(Scope.STAFF))]
