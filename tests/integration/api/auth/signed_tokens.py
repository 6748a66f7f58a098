"""Access tokens signed by keys of the test, and the API that verifies them."""

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from api.auth.jwks import FixedKeys, IssuerKeys
from api.auth.tokens import TokenVerifier
from config.settings import Settings

ISSUER = "https://issuer.example"
AUDIENCE = "bookme"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def jwks(kid: str = "rsa") -> dict[str, Any]:
    return {
        "keys": [
            {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": kid},
            {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ec", "alg": "ES256", "use": "sig"},
            {**OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True), "kid": "ed"},
        ]
    }


def token(
    key: SigningKey = RSA_KEY,
    algorithm: str = "RS256",
    *,
    header: dict[str, Any] | None = None,
    without: str = "",
    **claims: object,
) -> str:
    """A good access token, changed as asked; a header value of None is left out."""
    now = time.time()
    good = {
        "scope": "bookme.read",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "shop",
        "client_id": "shop",
        "iat": now,
        "exp": now + 3600,
    }
    headers = {"typ": "at+jwt", "kid": "rsa", **(header or {})}
    kept = {name: value for name, value in headers.items() if value is not None or name == "typ"}
    body = {name: value for name, value in {**good, **claims}.items() if name != without}
    return jwt.PyJWS().encode(json.dumps(body).encode(), key, algorithm, headers=kept)


def verifier(keys: FixedKeys | IssuerKeys | None = None, **settings: object) -> TokenVerifier:
    chosen = Settings.model_validate({"auth_issuer": ISSUER, **settings})
    return TokenVerifier.from_settings(chosen, keys or FixedKeys(jwks()))
