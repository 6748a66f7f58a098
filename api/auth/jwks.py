"""Keys that verify access tokens: JSON Web Key Sets (RFC 7517), fetched seldom and cached."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from jwt import PyJWK, PyJWTError

from config.addresses import is_authentic

MAX_AGE = 600.0
"""Seconds after which keys are fetched again, so that a key the issuer withdrew stops working."""
COOLDOWN = 5.0
"""Minimum seconds between two fetches, even if requests need unknown keys."""
FETCH_TIMEOUT = 5.0
"""Seconds that the discovery document and the key set may take together."""

ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
"""Algorithms by key type and curve (RFC 7518 §3.1, RFC 8037 §3.1). No algorithm is symmetric."""

log = logging.getLogger(__name__)


class AuthorizationServerUnreachable(Exception):
    """No key was ever fetched, so no token can be verified. The token may be valid: the answer is 503, not 401."""

    def __init__(self, issuer: str) -> None:
        super().__init__(f"The keys of the token issuer {issuer} cannot be fetched. Try again soon.")


class KeySet(Protocol):
    async def find(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """Return the key with this id for this algorithm, or None. Without an id, return the only key that fits."""


class FixedKeys:
    """Keys of one JWKS document (RFC 7517 §5), without keys that are private, for encryption or of unknown type.

    Raises:
        ValueError: the document has no usable key.

    """

    def __init__(self, document: object) -> None:
        published = document.get("keys") if isinstance(document, dict) else None
        jwks = published if isinstance(published, list) else []
        self._keys = {(key.key_id, key.algorithm_name): key for jwk in jwks for key in _usable(jwk)}
        if not self._keys:
            raise ValueError("the key set has no usable key")

    def get(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """Return the key with this id for this algorithm, or None.

        A token may have no `kid` (RFC 7515 §4.1.4). Then the result is the key for the algorithm, if only one exists.
        """
        if kid is not None:
            return self._keys.get((kid, algorithm))
        fitting = [key for (_, name), key in self._keys.items() if name == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    async def find(self, kid: str | None, algorithm: str) -> PyJWK | None:
        return self.get(kid, algorithm)


class IssuerKeys:
    """Cache of an issuer's keys. Concurrent requests share one fetch.

    After a failed fetch, a known key is used at once, and the next fetch runs in the background. So an issuer that is
    down does not delay requests.
    """

    def __init__(
        self,
        issuer: str,
        client: httpx.AsyncClient,
        *,
        jwks_url: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._jwks_url = jwks_url
        self._clock = clock
        self._keys: FixedKeys | None = None
        self._loaded_at = self._attempted_at = -math.inf
        self._failing = False
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> PyJWK | None:
        known = self._known(kid, algorithm)
        fetch = self._refresh() if known is None or self._stale() else None
        if fetch and (known is None or not self._failing):
            # The cancellation of one request must not cancel the fetch of the others.
            await asyncio.shield(fetch)
            known = self._known(kid, algorithm)
        if self._keys is None:
            raise AuthorizationServerUnreachable(self._issuer)
        return known

    def _known(self, kid: str | None, algorithm: str) -> PyJWK | None:
        return self._keys.get(kid, algorithm) if self._keys else None

    def _stale(self) -> bool:
        return self._clock() - self._loaded_at >= MAX_AGE

    def _refresh(self) -> asyncio.Task[None] | None:
        """Return the running fetch, or else a new one, or None if the last fetch began less than `COOLDOWN` ago."""
        if self._fetch and not self._fetch.done():
            return self._fetch
        if self._clock() - self._attempted_at < COOLDOWN:
            return None
        self._attempted_at = self._clock()
        self._fetch = asyncio.create_task(self._load())
        return self._fetch

    async def _load(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                self._keys = FixedKeys(await self._get(self._jwks_url or await self._discover()))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            self._failing = True
            log.warning("The keys of %s could not be fetched: %s", self._issuer, error or type(error).__name__)
        else:
            self._failing = False
            self._loaded_at = self._clock()

    async def _discover(self) -> str:
        """Return the address of the keys from the discovery document (OpenID Connect Discovery §4).

        The document must name this issuer (§4.3): otherwise the keys of another issuer could be accepted.

        Raises:
            ValueError: the document is not this issuer's, or has no safe address of the keys.

        """
        document = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise ValueError("the discovery document is not this issuer's")
        address = document.get("jwks_uri")
        if not isinstance(address, str) or not self._is_as_safe(address):
            raise ValueError("the discovery document names no safe jwks_uri")
        return address

    def _is_as_safe(self, address: str) -> bool:
        """Return whether the address is as safe as the address of the issuer's own document.

        Only an issuer on loopback may publish its keys at an http address.
        """
        return is_authentic(address) and urlsplit(address).scheme in ("https", urlsplit(self._issuer).scheme)

    async def _get(self, address: str) -> object:
        response = await self._client.get(address, headers={"Accept": "application/json"})
        document: object = response.raise_for_status().json()
        return document


def _usable(jwk: object) -> Iterator[PyJWK]:
    """Yield the key once for each of its algorithms. PyJWT then refuses other algorithms (RFC 8725 §3.1)."""
    if not isinstance(jwk, dict) or "d" in jwk or not isinstance(jwk.get("kid"), str | None):
        return
    for algorithm in _algorithms(jwk):
        with suppress(PyJWTError):
            yield PyJWK(jwk, algorithm)


def _algorithms(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    if jwk.get("use", "sig") != "sig":
        return ()
    fitting = ALGORITHMS.get((str(jwk.get("kty")), str(jwk.get("crv", ""))), ())
    return tuple(name for name in fitting if jwk.get("alg", name) == name)
