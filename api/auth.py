"""Who is asking, and what they may do: JWT access tokens (RFC 9068) sent as bearer tokens (RFC 6750).

An endpoint says what it needs, `principal: Booker`, and is given the client; the refusals are

    Unauthorized                     401  no token, or one that is not believed; 400 when the request contradicts itself
    InsufficientScope                403  the token is good, and lacks a scope
    AuthorizationServerUnreachable   503  the issuer's keys were never seen (`api.jwks`)

Verified tokens are not cached: to verify one costs 0.2 ms (RS256 0.17, ES256 0.26), and a withdrawn key counts at once.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self, TypeGuard

import jwt
from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2
from starlette.datastructures import Headers

from api.jwks import ALGORITHMS, KeySet
from bookme.settings import Settings

LEEWAY = 10.0
"""Seconds by which the issuer's clock may differ from ours: granted to `exp`, `nbf` and `iat` alike."""
MAX_TOKEN = 16_384
"""Characters; no issuer's token is longer, and decoding costs time before the signature is known to be good."""
MAX_CLIENT = 200
"""Bytes: percent-encoded it is part of a workflow id, of at most 1000 characters."""
TYPES = ("at+jwt", "application/at+jwt", "jwt")
"""Media types that an access token may declare (RFC 9068 §4); plain JWT because many issuers still say so."""


class Scope(StrEnum):
    READ = "bookme.read"
    BOOK = "bookme.book"
    STAFF = "bookme.staff"
    CONFIG = "bookme.config"


SCOPES: Final[Mapping[Scope, str]] = {
    Scope.READ: "Look up topics, customer types, employees, rooms, time slots and meetings; search free time slots.",
    Scope.BOOK: "Reserve and book time slots; create, change and cancel meetings.",
    Scope.STAFF: "Act as staff: see every client's bookings, go past the rules that bind customers alone, "
    "enter when employees are busy.",
    Scope.CONFIG: "Change the configuration: topics, customer types, employees and rooms.",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The client on whose behalf a request is made. `client_id` owns holds and meetings."""

    client_id: str
    subject: str
    scopes: frozenset[str]

    @property
    def is_staff(self) -> bool:
        return Scope.STAFF in self.scopes

    def may_use(self, client_id: str | None) -> bool:
        """What is that client's: a client its own, staff everything."""
        return self.is_staff or client_id == self.client_id


class Unauthorized(Exception):
    """`code` is RFC 6750 §3.1's, or None when no credentials came: then the challenge says nothing more (§3)."""

    def __init__(self, message: str, code: Literal["invalid_request", "invalid_token"] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = 400 if code == "invalid_request" else 401
        self.challenge = challenge(code, message if code else None)


class InsufficientScope(Exception):
    """`required` is everything that the request needs (RFC 6750 §3.1)."""

    status = 403
    code = "insufficient_scope"

    def __init__(self, required: Iterable[Scope]) -> None:
        self.required = tuple(required)
        names = " ".join(self.required)
        self.message = f"The access token lacks a scope; this request needs: {names}."
        self.challenge = challenge(self.code, self.message, scope=names)
        super().__init__(self.message)


def challenge(error: str | None = None, description: str | None = None, *, scope: str | None = None) -> str:
    """The `WWW-Authenticate` value (RFC 6750 §3): what its quoted strings may not hold becomes `'` or `?`."""
    given = {"realm": "bookme", "error": error, "error_description": description, "scope": scope}
    return "Bearer " + ", ".join(f'{name}="{_quotable(text)}"' for name, text in given.items() if text)


def _quotable(text: str) -> str:
    return re.sub(r"[^\x20-\x5B\x5D-\x7E]", "?", text.replace('"', "'"))


class TokenVerifier:
    """Believes what the one issuer signed for this audience, and nothing else (RFC 9068 §4, RFC 8725 §3)."""

    def __init__(self, issuer: str, audience: str, algorithms: Iterable[str], keys: KeySet) -> None:
        self._issuer = issuer
        self._audience = audience
        self._algorithms = _asymmetric(algorithms)
        self._keys = keys

    @classmethod
    def from_settings(cls, settings: Settings, keys: KeySet) -> Self:
        return cls(issuer_of(settings), settings.auth_audience, settings.auth_algorithms, keys)

    async def verify(self, token: str) -> Principal:
        """The principal of a good token. Raises Unauthorized, or AuthorizationServerUnreachable."""
        try:
            claims = jwt.decode(
                token,
                await self._key(token),
                algorithms=self._algorithms,
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "exp"], "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise _invalid(_why(error)) from error
        return _principal(claims)

    async def _key(self, token: str) -> jwt.PyJWK:
        """What the header claims is only used to pick a key of ours; PyJWT holds key and algorithm together."""
        if len(token) > MAX_TOKEN:
            raise _invalid("The access token is too long.")
        # The header alone, with empty payload and signature: PyJWT would decode all three segments twice.
        header = jwt.get_unverified_header(token.partition(".")[0] + "..")
        algorithm = header.get("alg")
        if algorithm not in self._algorithms:
            raise _invalid(f"The access token must be signed with {' or '.join(self._algorithms)}.")
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise _invalid("This is a token of another type, not an access token.")
        key = await self._keys.find(header.get("kid"), str(algorithm))
        if key is None:
            raise _invalid("The access token is signed with a key that its issuer does not publish.")
        return key


def issuer_of(settings: Settings) -> str:
    issuer = settings.public_url if settings.dev_issuer else settings.auth_issuer
    if not issuer:
        raise ValueError("BOOKME_AUTH_ISSUER must name the issuer of access tokens (BOOKME_DEV_ISSUER=true to try out)")
    return issuer


def _asymmetric(algorithms: Iterable[str]) -> list[str]:
    """With `none` or a shared-secret algorithm, whoever knows the public key could sign (RFC 8725 §2.1)."""
    allowed = list(algorithms)
    known = {name for names in ALGORITHMS.values() for name in names}
    if not allowed or not known.issuperset(allowed):
        raise ValueError(f"BOOKME_AUTH_ALGORITHMS: choose from {', '.join(sorted(known))}")
    return allowed


_REASONS: Final[Mapping[type[jwt.PyJWTError], str]] = {
    jwt.ExpiredSignatureError: "The access token has expired.",
    jwt.ImmatureSignatureError: "The access token is not valid yet.",
    jwt.InvalidAudienceError: "The access token is for another audience.",
    jwt.InvalidIssuerError: "The access token is from another issuer.",
    jwt.InvalidSignatureError: "The signature of the access token is wrong.",
}


def _why(error: jwt.PyJWTError) -> str:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"The access token lacks the claim '{error.claim}'."
    return _REASONS.get(type(error), "The access token is malformed.")


def _invalid(message: str) -> Unauthorized:
    return Unauthorized(message, "invalid_token")


def _principal(claims: Mapping[str, Any]) -> Principal:
    named = (claims[name] for name in ("client_id", "azp", "sub") if claims.get(name) is not None)
    client_id = next(named, None)
    if not is_client_id(client_id):
        raise _invalid("The access token does not name its client in a usable way (client_id, azp or sub).")
    subject = str(claims.get("sub", client_id))
    if not subject.isprintable():
        raise _invalid("The access token does not name its subject in a usable way (sub).")
    return Principal(client_id, subject, _scopes(claims))


def is_client_id(value: object) -> TypeGuard[str]:
    """What is not printable would break logs, and PostgreSQL refuses some of it."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value.encode()) <= MAX_CLIENT


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """`scope` is the standard's (RFC 9068 §2.2.3), `scp` what Microsoft and Okta send."""
    granted = [claims.get("scope"), claims.get("scp")]
    texts = [text for grant in granted for text in (grant if isinstance(grant, list) else [grant])]
    return frozenset(word for text in texts if isinstance(text, str) for word in text.split())


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
    verifier: TokenVerifier = getattr(request.state, "verifier", None) or request.app.state.verifier
    principal = await verifier.verify(bearer_token(request.headers))
    await request.app.state.rate_limit.admit(principal.client_id)
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
