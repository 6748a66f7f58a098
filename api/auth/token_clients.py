"""Finds the client of an access token, and separates tokens of clients from tokens of users (decision 0029)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

Claims = Mapping[str, Any]

CLIENT: Final = ("client_id", "azp", "cid", "appid", "sub")
"""Claims that name the client. The first claim that is present decides.

They come from RFC 9068, OpenID Connect, Okta, Microsoft Entra v1 and others, in this order.
"""

STATEMENTS: Final = {"idtyp": "app", "gty": "client-credentials"}
"""Claims that state the kind of a token, with their value for a client: Microsoft Entra, Auth0."""

USER: Final = "user:"
"""Prefix of the client name that stands for a user. No client has such a name."""


def named_client(claims: Claims) -> object:
    """Return the client that asked the issuer for the token, or None if no claim names a client."""
    return next((claims[name] for name in CLIENT if claims.get(name) is not None), None)


def is_of_user(claims: Claims, client: str) -> bool:
    """Return whether the token was issued for a user, and not for the client itself.

    The issuer's statement decides. Without a statement `sub` decides: in a client's own token, `sub` names the client
    (RFC 9068 section 2.2). Microsoft Entra and Keycloak use another `sub`, and are recognised by other claims.
    """
    for name, of_client in STATEMENTS.items():
        if name in claims:
            return bool(claims[name] != of_client)
    if claims.get("sub") in (None, client, f"{client}@clients"):
        return False
    return not _is_entra_application(claims) and not _is_service_account(claims, client)


def named_user(client: str, subject: str) -> str:
    """Return the name under which a user has bookings. The name is unique for each pair of client and user."""
    return f"{USER}{quote(client, safe='')}:{subject}"


def _is_entra_application(claims: Claims) -> bool:
    """Return whether Microsoft Entra issued the token to an application.

    Then `sub` equals the object id (`oid`). In a token for a user `sub` differs, and there are scopes (`scp`).
    """
    return claims.get("oid") == claims["sub"] and "scp" not in claims


def _is_service_account(claims: Claims, client: str) -> bool:
    """Return whether Keycloak issued the token to the client's own user, which never logs in and has no session."""
    has_session = "sid" in claims or "session_state" in claims
    return claims.get("preferred_username") == f"service-account-{client}".lower() and not has_session
