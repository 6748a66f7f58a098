"""Names the client of an access token, and tells the tokens of clients from those of users (decision 0029)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

Claims = Mapping[str, Any]

CLIENT: Final = ("client_id", "azp", "cid", "appid", "sub")
"""Claims that name the client, the first that is there: RFC 9068, OpenID Connect, Okta, Microsoft Entra v1, others."""

STATEMENTS: Final = {"idtyp": "app", "gty": "client-credentials"}
"""Claims by which an issuer says of which kind a token is, with what they say of a client: Microsoft Entra, Auth0."""

USER: Final = "user:"
"""Prefix of the client name that stands for a user. No client has such a name."""


def named_client(claims: Claims) -> object:
    """The client that asked the issuer for the token; None when no claim names one."""
    return next((claims[name] for name in CLIENT if claims.get(name) is not None), None)


def is_of_user(claims: Claims, client: str) -> bool:
    """Whether the token was given for a user, and not for the client itself.

    The issuer's statement decides. Else `sub` does: in a client's own token it names the client (RFC 9068 section 2.2).
    """
    for name, of_client in STATEMENTS.items():
        if name in claims:
            return bool(claims[name] != of_client)
    if claims.get("sub") in (None, client, f"{client}@clients"):
        return False
    return not _is_entra_application(claims) and not _is_service_account(claims, client)


def named_user(client: str, subject: str) -> str:
    """The name under which a user has bookings: another one for each client and each user."""
    return f"{USER}{quote(client, safe='')}:{subject}"


def _is_entra_application(claims: Claims) -> bool:
    """Microsoft Entra: the subject of an application is its object. The subject of a user is not, and has scopes."""
    return claims.get("oid") == claims["sub"] and "scp" not in claims


def _is_service_account(claims: Claims, client: str) -> bool:
    """Keycloak: the client's own user. It never logs in, so that its tokens are of no session."""
    has_session = "sid" in claims or "session_state" in claims
    return claims.get("preferred_username") == f"service-account-{client}".lower() and not has_session
