"""Access tokens of the run: signed with the development issuer's key, and valid for every moved clock."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import jwt

from api.auth.dev_issuer import SigningKey
from chaos.record import now

BEFORE: Final = timedelta(hours=3)
AFTER: Final = timedelta(days=1)
"""An API process whose clock is an hour behind or ahead accepts the token as long as the longest run lasts."""


def access_token(key: SigningKey, issuer: str, audience: str, client: str, scope: str) -> str:
    claims = {"iss": issuer, "aud": audience, "sub": client, "client_id": client, "scope": scope}
    times = {"iat": now() - BEFORE, "exp": now() + AFTER}
    headers = {"typ": "at+jwt", "kid": key.jwk["kid"]}
    return jwt.encode(claims | times, key.private, algorithm="ES256", headers=headers)


def signing_key(file: Path) -> SigningKey:
    return SigningKey.at(file)
