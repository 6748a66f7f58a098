"""Requests to the issuer of access tokens, and what its answers mean."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

import httpx

from bookme_client.errors import TokenRefused

TokenProvider = Callable[[], str]
AsyncTokenProvider = Callable[[], Awaitable[str]]

DISCOVERY: Final = "/.well-known/openid-configuration"
MARGIN: Final = 60.0
"""Seconds before its end at which a token is renewed, but never before half of its lifetime."""

UNKNOWN_LIFETIME: Final = 300.0
"""Seconds that a token without `expires_in` is kept."""


@dataclass(frozen=True)
class Credentials:
    """Client credentials, and where the issuer is: its token address, or its own address (`issuer`)."""

    client_id: str | None
    client_secret: str | None
    issuer: str
    token_url: str | None = None
    scope: str | None = None
    audience: str | None = None

    @property
    def discovery_url(self) -> str:
        return self.issuer.rstrip("/") + DISCOVERY

    def form(self) -> dict[str, str]:
        more = {"scope": self.scope, "audience": self.audience}
        return {"grant_type": "client_credentials"} | {name: value for name, value in more.items() if value}

    def headers(self) -> dict[str, str]:
        """Return the client authentication that every issuer accepts (RFC 6749 section 2.3.1)."""
        pair = f"{quote_plus(self.client_id or '')}:{quote_plus(self.client_secret or '')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}", "Accept": "application/json"}

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, issuer={self.issuer!r})"


@dataclass(frozen=True)
class IssuedToken:
    """An access token. `renew_at` is in seconds of the monotonic clock."""

    value: str
    renew_at: float

    def __repr__(self) -> str:
        return f"IssuedToken(renew_at={self.renew_at})"


def token_address(discovery_url: str, answer: httpx.Response) -> str:
    """Return the token address from the discovery document (OpenID Connect Discovery section 4).

    Raises:
        TokenRefused: there is no such document, or it names no address that is as safe as its own.

    """
    found = _json(answer).get("token_endpoint") if answer.is_success else None
    if not isinstance(found, str):
        message = f"{discovery_url} names no token address ({answer.status_code}). Pass `issuer`, the address of the"
        raise TokenRefused(f"{message} server that gives your tokens, or `token_url`.", answer.status_code)
    if discovery_url.startswith("https:") and not found.startswith("https:"):
        raise TokenRefused(f"{discovery_url} names {found}, which is not https. The secret is not sent there.")
    return found


def issued_token(answer: httpx.Response, asked_at: float) -> IssuedToken:
    """Read the answer of the token address (RFC 6749 section 5). `asked_at` is a time of the monotonic clock.

    Raises:
        TokenRefused: the issuer refuses.

    """
    body = _json(answer)
    value, lifetime = body.get("access_token"), body.get("expires_in")
    if not answer.is_success or not isinstance(value, str):
        why = body.get("error_description") or body.get("error") or answer.reason_phrase
        message = f"{answer.request.url} gives no token: {answer.status_code} {why}"
        raise TokenRefused(f"{message}. Check client_id, client_secret and scope.", answer.status_code)
    seconds = (
        float(lifetime) if isinstance(lifetime, int | float | str) and str(lifetime).isdecimal() else UNKNOWN_LIFETIME
    )
    return IssuedToken(value, asked_at + max(seconds - MARGIN, seconds / 2))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
