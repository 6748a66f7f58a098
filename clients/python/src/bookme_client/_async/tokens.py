"""Access tokens: from the client's own function, or by client credentials (RFC 6749 section 4.4)."""

import time
from typing import Final, Protocol

import httpx
from anyio import Lock

from bookme_client._repeats import no_answer
from bookme_client.issuer import AsyncTokenProvider, Credentials, IssuedToken, issued_token, token_address

SECONDS: Final = 10.0


class AsyncTokens(Protocol):
    """Source of access tokens."""

    async def get(self, refused: str | None = None) -> str:
        """Return an access token. `refused` is one that BookMe has refused: return another one if you can."""
        ...


class FixedToken:
    """One token, for as long as it is valid."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get(self, refused: str | None = None) -> str:  # noqa: ARG002 - there is no other
        return self._token


class ProvidedTokens:
    """Tokens of a function of the caller, which is called for each request, and caches tokens if it wants to."""

    def __init__(self, provider: AsyncTokenProvider) -> None:
        self._provider = provider

    async def get(self, refused: str | None = None) -> str:  # noqa: ARG002 - the function decides what is fresh
        return await self._provider()


class CredentialsTokens:
    """Tokens that the issuer gives for a client id and a secret.

    A token is kept until shortly before it expires, or until BookMe refuses it. Callers that need a new token at the
    same time wait for one request to the issuer.
    """

    def __init__(self, http: httpx.AsyncClient, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials
        self._address = credentials.token_url
        self._token: IssuedToken | None = None
        self._lock = Lock()

    async def get(self, refused: str | None = None) -> str:
        async with self._lock:
            if self._token is None or self._token.value == refused or time.monotonic() >= self._token.renew_at:
                self._token = await self._new_token()
            return self._token.value

    async def _new_token(self) -> IssuedToken:
        """Ask the issuer for a token.

        Raises:
            TokenRefused: the issuer refuses.
            NoAnswer: the issuer gives no answer.

        """
        if self._address is None:
            discovery = self._credentials.discovery_url
            self._address = token_address(discovery, await self._sent("GET", discovery))
        answer = await self._sent("POST", self._address, self._credentials.form(), self._credentials.headers())
        return issued_token(answer, asked_at=time.monotonic())

    async def _sent(
        self, method: str, url: str, data: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        try:
            return await self._http.request(method, url, data=data, headers=headers, timeout=SECONDS)
        except httpx.RequestError as error:
            raise no_answer(error, method, url, may_have_happened=False) from error
