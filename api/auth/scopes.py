"""Dependencies that verify the bearer token of a request (RFC 6750) and check its scopes.

An endpoint declares `principal: Booker` to get the client of a valid token with the scope `bookme.book`. The errors are

    Unauthorized                     401  no token, or an invalid one; 400 if the request contradicts itself
    InsufficientScope                403  the token is valid, and lacks a scope
    AuthorizationServerUnreachable   503  the issuer's keys were never fetched (`api.auth.jwks`)
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2
from starlette.datastructures import Headers

from api.auth.principals import SCOPES, InsufficientScope, Principal, Scope, Unauthorized
from api.auth.tokens import TokenVerifier


def bearer_token(headers: Headers) -> str:
    """Return the token of the one `Authorization` header (RFC 6750 §2.1).

    A token in the query string is ignored, because query strings are often logged.

    Raises:
        Unauthorized: there is no bearer token, or more than one `Authorization` header.

    """
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
    """Return the principal of the request. Raises as `identify` does."""
    return await identify(request)


async def identify(request: Request) -> Principal:
    """Return the principal of the request. The token is verified and the request counted only once.

    `api.http.route` calls this function before it reads anything else of the request.

    Raises:
        Unauthorized, AuthorizationServerUnreachable: there is no token that can be verified.
        TooManyRequests: the client has reached its rate limit.

    """
    found: Principal | None = getattr(request.state, "principal", None)
    if found is not None:
        return found
    verifier: TokenVerifier = getattr(request.state, "verifier", None) or request.app.state.verifier
    principal = await verifier.verify(bearer_token(request.headers))
    await request.app.state.rate_limit.admit(request, principal.client_id)
    request.state.principal = principal
    return principal


def requires(*scopes: Scope) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that provides the principal. No scope implies another.

    The dependency raises `InsufficientScope` unless the token has all these scopes.
    """

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
