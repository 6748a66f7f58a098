"""Headers by which browsers and caches keep answers to those whom they are for."""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The feeds and the API are for programs: no answer is a page, or a part of one, but the documentation's."""

HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year. Whether the operator's subdomains have https is not for us to say."""

KEPT_NOWHERE: Final = "no-store"
ASKED_EACH_TIME: Final = "private, no-cache"
"""An answer with a version may be kept by the client that it was for, which asks each time whether it has changed."""


def security_headers(public_url: str) -> Mapping[str, str]:
    """The headers of every answer of an API that clients reach at this address."""
    return ALWAYS | (HTTPS_ONLY if public_url.lower().startswith("https:") else {})


class SecurityHeaders:
    """Middleware that adds these headers, and a `Cache-Control`, to answers that do not have their own."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._missing(message["headers"])]
            await send(message)

        await self._app(scope, receive, protected if scope["type"] == "http" else send)

    def _missing(self, present: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in present}
        caching = {"Cache-Control": ASKED_EACH_TIME if b"etag" in names else KEPT_NOWHERE}
        wanted = {name.lower().encode(): value.encode() for name, value in {**self._headers, **caching}.items()}
        return [(name, value) for name, value in wanted.items() if name not in names]
