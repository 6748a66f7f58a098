"""Access tokens: JWTs (RFC 9068) of the one issuer, and whom they name.

Verified tokens are not cached: to verify one costs 0.2 ms (RS256 0.17, ES256 0.26), and a withdrawn key counts at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

import jwt

from api.jwks import ALGORITHMS, KeySet
from api.principals import Principal, Unauthorized, is_client_id
from api.token_clients import CLIENT, USER, is_of_user, named_client, named_user
from bookme.settings import Settings

LEEWAY = 10.0
"""Seconds by which the issuer's clock may differ from ours: granted to `exp`, `nbf` and `iat` alike."""
MAX_TOKEN = 16_384
"""Characters; no issuer's token is longer, and decoding costs time before the signature is known to be good."""
TYPES = ("at+jwt", "application/at+jwt", "jwt")
"""Media types that an access token may declare (RFC 9068 §4); plain JWT because many issuers still say so."""


class TokenVerifier:
    """Believes what the one issuer signed for this audience, and nothing else (RFC 9068 §4, RFC 8725 §3)."""

    def __init__(
        self, issuer: str, audience: str, algorithms: Iterable[str], keys: KeySet, *, users: bool = False
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._algorithms = _asymmetric(algorithms)
        self._keys = keys
        self._users = users

    @classmethod
    def from_settings(cls, settings: Settings, keys: KeySet) -> Self:
        accepted = (settings.auth_audience, settings.auth_algorithms)
        return cls(issuer_of(settings), *accepted, keys, users=settings.accept_user_tokens)

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
        return _principal(claims, users=self._users)

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


def _principal(claims: Mapping[str, Any], *, users: bool) -> Principal:
    client_id = named_client(claims)
    if not is_client_id(client_id) or client_id.startswith(USER):
        raise _invalid(f"The access token does not name its client in a usable way ({', '.join(CLIENT)}).")
    subject = str(claims.get("sub", client_id))
    if not subject.isprintable():
        raise _invalid("The access token does not name its subject in a usable way (sub).")
    if not is_of_user(claims, client_id):
        return Principal(client_id, subject, _scopes(claims) | _words([claims.get("roles")]))
    if not users:
        raise _invalid("The access token is for a user; send one that a client got for itself (client credentials).")
    return Principal(_user(client_id, claims.get("sub")), subject, _scopes(claims))


def _user(client_id: str, subject: object) -> str:
    """The name of a user. One without a subject would have the bookings of all others without one."""
    name = named_user(client_id, subject) if isinstance(subject, str) and subject.strip() else None
    if not is_client_id(name):
        raise _invalid("The access token does not name its user in a usable way (sub).")
    return name


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """`scope` is the standard's (RFC 9068 §2.2.3), `scp` what Microsoft and Okta send.

    Microsoft Entra has no scopes for applications, but `roles`: these count in a client's own token alone.
    """
    return _words([claims.get("scope"), claims.get("scp")])


def _words(granted: Iterable[object]) -> frozenset[str]:
    texts = [text for grant in granted for text in (grant if isinstance(grant, list) else [grant])]
    return frozenset(word for text in texts if isinstance(text, str) for word in text.split())
