"""Verifies access tokens: JWTs (RFC 9068) of the one issuer.

A verified token is remembered with the key that verified it, because clients send the same token many times. Each
request still asks for the issuer's current key. So the tokens of a key that is no longer accepted stop working at once.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import jwt

from api.auth.jwks import ALGORITHMS, KeySet
from api.auth.principals import Principal, Unauthorized, is_client_id
from api.auth.token_clients import CLIENT, USER, is_of_user, named_client, named_user
from config.settings import Settings

LEEWAY = 10.0
"""Seconds by which the issuer's clock may differ from ours, for `exp`, `nbf` and `iat`."""
MAX_TOKEN = 16_384
"""Limit in characters. No issuer's token is longer, and decoding costs time before the signature is verified."""
MOST_REMEMBERED: Final = 1_000
"""Limit of remembered tokens. The token that was used longest ago is forgotten first."""
TYPES = ("at+jwt", "application/at+jwt", "jwt")
"""Media types that an access token may declare (RFC 9068 §4). Many issuers still declare plain JWT."""


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Principal of a verified token, the key of its signature, and the time when it expires (`exp`)."""

    principal: Principal
    key: jwt.PyJWK
    expires_at: int


class VerifiedTokens:
    """Tokens that were verified before, under their SHA-256 digests. No token itself is kept."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    def add(self, token: str, verified: VerifiedToken) -> None:
        self._found[_digest(token)] = verified
        if len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)

    def find(self, token: str, key: jwt.PyJWK) -> Principal | None:
        """Return the principal if this same key object has verified the token before, and the token has not expired."""
        digest = _digest(token)
        verified = self._found.get(digest)
        if verified is None:
            return None
        if verified.key is not key or verified.expires_at <= time.time() - LEEWAY:
            del self._found[digest]
            return None
        self._found.move_to_end(digest)
        return verified.principal


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class TokenVerifier:
    """Accepts only tokens that the one issuer signed for this audience (RFC 9068 §4, RFC 8725 §3).

    A client's own tokens are always accepted. Tokens that a client got for a user are accepted only with
    `accepts_users`.
    """

    def __init__(
        self, issuer: str, audience: str, algorithms: Iterable[str], keys: KeySet, *, accepts_users: bool = False
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._algorithms = _asymmetric(algorithms)
        self._keys = keys
        self._accepts_users = accepts_users
        self._verified = VerifiedTokens()

    @classmethod
    def from_settings(cls, settings: Settings, keys: KeySet, *, accepts_users: bool | None = None) -> Self:
        """Return a verifier with these settings. `accepts_users` replaces `BOOKME_ACCEPT_USER_TOKENS` if given."""
        accepted = (settings.auth_audience, settings.auth_algorithms)
        users = settings.accept_user_tokens if accepts_users is None else accepts_users
        return cls(issuer_of(settings), *accepted, keys, accepts_users=users)

    async def verify(self, token: str) -> Principal:
        """Return the principal of a valid token.

        Raises:
            Unauthorized: the token is not valid.
            AuthorizationServerUnreachable: the issuer's keys were never fetched.

        """
        try:
            key = await self._key(token)
            if (known := self._verified.find(token, key)) is not None:
                return known
            claims = jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "exp"], "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise _invalid(_why(error)) from error
        principal = _principal(claims, accepts_users=self._accepts_users)
        self._verified.add(token, VerifiedToken(principal, key, int(claims["exp"])))
        return principal

    async def _key(self, token: str) -> jwt.PyJWK:
        """Return the issuer's key for the token.

        The header is not trusted: it only selects one of the known keys. PyJWT binds the key to its algorithm.
        """
        if len(token) > MAX_TOKEN:
            raise _invalid("The access token is too long.")
        # Pass the header with empty payload and signature: PyJWT would decode all three segments twice.
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
    """Return the algorithms if all are known and asymmetric.

    With `none` or a shared-secret algorithm, anyone with the public key could sign a token (RFC 8725 §2.1).

    Raises:
        ValueError: the list is empty, or has another algorithm.

    """
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


def _principal(claims: Mapping[str, Any], *, accepts_users: bool) -> Principal:
    client_id = named_client(claims)
    if not is_client_id(client_id) or client_id.startswith(USER):
        raise _invalid(f"The access token does not name its client in a usable way ({', '.join(CLIENT)}).")
    subject = str(claims.get("sub", client_id))
    if not subject.isprintable():
        raise _invalid("The access token does not name its subject in a usable way (sub).")
    if not is_of_user(claims, client_id):
        return Principal(client_id, subject, _scopes(claims) | _words([claims.get("roles")]))
    if not accepts_users:
        raise _invalid("The access token is for a user; send one that a client got for itself (client credentials).")
    return Principal(_user(client_id, claims.get("sub")), subject, _scopes(claims))


def _user(client_id: str, subject: object) -> str:
    """Return the name of a user. Refuse a missing subject: users without a subject would share their bookings."""
    name = named_user(client_id, subject) if isinstance(subject, str) and subject.strip() else None
    if not is_client_id(name):
        raise _invalid("The access token does not name its user in a usable way (sub).")
    return name


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes in `scope` (RFC 9068 §2.2.3) and in `scp` (Microsoft and Okta).

    Microsoft Entra gives applications `roles` instead of scopes. `_principal` accepts roles only in the token of a
    client.
    """
    return _words([claims.get("scope"), claims.get("scp")])


def _words(granted: Iterable[object]) -> frozenset[str]:
    texts = [text for grant in granted for text in (grant if isinstance(grant, list) else [grant])]
    return frozenset(word for text in texts if isinstance(text, str) for word in text.split())
