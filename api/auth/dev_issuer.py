"""The DEVELOPMENT token issuer: a caller with its one secret can get a token for any client and any scope.

The issuer serves the client credentials grant (RFC 6749 §4.4), its metadata (RFC 8414) and its keys (RFC 7517). So a
stack on one machine is complete, and clients use the issuer like a real one.
"""

import base64
import binascii
import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, Literal, Self
from urllib.parse import unquote_plus
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from jwt.algorithms import ECAlgorithm

from api.auth.jwks import FixedKeys
from api.auth.principals import SCOPES, Scope, is_client_id
from api.http.bodies import FORM, replayed_body
from config.settings import Settings

LIFETIME = timedelta(hours=1)
MOST_FORM: Final = 16_384
"""Limit in bytes of the form of a token request."""
DEFAULT_SCOPES = (Scope.READ, Scope.BOOK)
NO_STORE: Final[Mapping[str, str]] = {"Cache-Control": "no-store", "Pragma": "no-cache"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A P-256 key pair. `jwk` is the public key in its published form."""

    private: ec.EllipticCurvePrivateKey
    jwk: Mapping[str, str]

    @classmethod
    def at(cls, path: Path) -> Self:
        """Read the key from the file, and create the file if it is missing. Concurrent processes get the same key.

        Raises:
            ValueError: the file has no P-256 key.

        """
        if not path.exists():
            _make_key(path)
        private = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise ValueError(f"{path} has no P-256 key; delete the file to get a new key")  # noqa: TRY004 - a wrong file
        return cls(private, _published(private.public_key()))


def _make_key(path: Path) -> None:
    """Create the key file with mode 0600.

    The file is complete before it gets its name. So no process can read half a key, or replace an existing key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    with NamedTemporaryFile(dir=path.parent) as draft:
        draft.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        draft.flush()
        with suppress(FileExistsError):
            path.hardlink_to(draft.name)


def _published(key: ec.EllipticCurvePublicKey) -> Mapping[str, str]:
    """Return the public JWK. Its `kid` is the thumbprint (RFC 7638 §3), so that all processes use the same `kid`."""
    whole = ECAlgorithm.to_jwk(key, as_dict=True)
    required = {name: whole[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(required, separators=(",", ":"), sort_keys=True).encode()).digest()
    kid = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return {**required, "use": "sig", "alg": "ES256", "kid": kid}


def issue_token(settings: Settings, key: SigningKey, client_id: str, scopes: Iterable[str], now: datetime) -> str:
    """Issue a signed access token in the format of RFC 9068 §2."""
    claims = {
        "iss": settings.public_url,
        "sub": client_id,
        "aud": settings.auth_audience,
        "client_id": client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": uuid4().hex,
        "scope": " ".join(scopes),
    }
    return jwt.encode(claims, key.private, algorithm="ES256", headers={"typ": "at+jwt", "kid": key.jwk["kid"]})


class TokenError(Exception):
    """Error of the token endpoint (RFC 6749 §5.2): 401 for failed client authentication, else 400."""

    def __init__(
        self,
        code: Literal["invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"],
        description: str,
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description

    def answer(self) -> JSONResponse:
        body = {"error": self.code, "error_description": self.description}
        if self.code != "invalid_client":
            return JSONResponse(body, 400, NO_STORE)
        return JSONResponse(body, 401, {**NO_STORE, "WWW-Authenticate": 'Basic realm="bookme"'})


class DevIssuer:
    """Development token issuer. `router` has its endpoints; `key_set` verifies its tokens without an HTTP request."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._clock = clock
        self.key = SigningKey.at(settings.dev_issuer_key)
        self.key_set = FixedKeys(self._jwks())
        self.router = self._routes()
        log.warning(
            "FOR DEVELOPMENT ONLY: %s issues tokens to anyone who knows the development secret, for any client "
            "and any scope. Never expose it; in production set BOOKME_AUTH_ISSUER instead of BOOKME_DEV_ISSUER.",
            settings.public_url,
        )

    def issue(self, client_id: str, scopes: Iterable[str] = DEFAULT_SCOPES) -> str:
        return issue_token(self._settings, self.key, client_id, scopes, self._clock())

    def _routes(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/oauth2/token", self._token, methods=["POST"])
        router.add_api_route("/oauth2/jwks", self._jwks)
        router.add_api_route("/.well-known/openid-configuration", self._metadata)
        router.add_api_route("/.well-known/oauth-authorization-server", self._metadata)
        return router

    def _jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.jwk]}

    def _metadata(self) -> dict[str, Any]:
        """Return the metadata of RFC 8414 §2 and the members that OpenID Connect Discovery §3 requires in addition."""
        base = self._settings.public_url.rstrip("/")
        return {
            "issuer": self._settings.public_url,
            "token_endpoint": f"{base}/oauth2/token",
            "jwks_uri": f"{base}/oauth2/jwks",
            "scopes_supported": list(Scope),
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    async def _token(self, request: Request) -> JSONResponse:
        try:
            form = await _form(request)
            return self._grant(form, *_credentials(request, form))
        except TokenError as refusal:
            return refusal.answer()

    def _grant(self, form: Mapping[str, str], client_id: str, secret: str) -> JSONResponse:
        expected = self._settings.dev_issuer_secret.get_secret_value()
        if not secrets.compare_digest(secret.encode(), expected.encode()) or not is_client_id(client_id):
            raise TokenError("invalid_client", "Client id or client secret is wrong.")
        if (grant := form.get("grant_type")) is None:
            raise TokenError("invalid_request", "The parameter grant_type is missing.")
        if grant != "client_credentials":
            raise TokenError("unsupported_grant_type", "The only grant_type is client_credentials.")
        scopes = _wanted_scopes(form)
        body = {
            "access_token": self.issue(client_id, scopes),
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": " ".join(scopes),
        }
        return JSONResponse(body, headers=NO_STORE)


async def _form(request: Request) -> Mapping[str, str]:
    """Read the parameters of a token request. A parameter without a value is ignored (RFC 6749 §3.2).

    Raises:
        TokenError: there are no parameters, or one comes twice.

    """
    request = Request(request.scope, await replayed_body(request, FORM, MOST_FORM))
    async with request.form(max_files=0) as form:
        given = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and value]
    if not given:
        raise TokenError("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
    parameters = dict(given)
    if len(parameters) < len(given):
        raise TokenError("invalid_request", "A parameter must not come more than once.")
    return parameters


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Return client id and secret, from HTTP Basic or from the form. Both ways at once are refused (RFC 6749 §2.3)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    if "client_secret" in form:
        raise TokenError("invalid_request", "The client authenticates in two ways; use one.")
    return _basic(encoded)


def _basic(encoded: str) -> tuple[str, str]:
    """Decode HTTP Basic credentials. Clients form-encode id and secret before Basic joins them (RFC 6749 §2.3.1)."""
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeError) as error:
        raise TokenError("invalid_client", "The Authorization header is malformed.") from error
    return unquote_plus(client_id), unquote_plus(secret)


def _wanted_scopes(form: Mapping[str, str]) -> list[str]:
    wanted = list(dict.fromkeys(form.get("scope", " ".join(DEFAULT_SCOPES)).split()))
    if not wanted or not set(SCOPES).issuperset(wanted):
        raise TokenError("invalid_scope", f"The scopes are {', '.join(Scope)}.")
    return wanted
