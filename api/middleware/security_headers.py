"""Security headers and `Cache-Control` of every answer, for browsers and caches."""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer. Only programs use answers: none is part of a web page, except the documentation."""

HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""Requires https for a year. Subdomains are not included, because some may have no https."""

KEPT_NOWHERE: Final = "no-store"
ASKED_EACH_TIME: Final = "private, no-cache"
"""For an answer with an `ETag`: only the client may store it, and must revalidate it before each use."""
FOR_EVERYBODY: Final = "public, max-age=300"
"""For documents that are the same for everybody: shared caches may store them too, for five minutes."""

SUCCESSES: Final = (200, 304)


def security_headers(public_url: str) -> Mapping[str, str]:
    """Return the security headers for an API that clients reach at this address."""
    return ALWAYS | (HTTPS_ONLY if public_url.lower().startswith("https:") else {})


class SecurityHeaders:
    """Middleware that adds these headers and `Cache-Control`. A header that the answer has already stays.

    `public` has the first parts of the paths whose answers are for everybody.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str], public: tuple[str, ...] = ()) -> None:
        self._app = app
        self._headers = headers
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_public = scope["path"].startswith(self._public) and message["status"] in SUCCESSES
                added = self._missing(message["headers"], is_public=is_public)
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, protected if scope["type"] == "http" else send)

    def _missing(self, present: Iterable[tuple[bytes, bytes]], *, is_public: bool) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in present}
        of_one = ASKED_EACH_TIME if b"etag" in names else KEPT_NOWHERE
        caching = {"Cache-Control": FOR_EVERYBODY if is_public else of_one}
        wanted = {name.lower().encode(): value.encode() for name, value in {**self._headers, **caching}.items()}
        return [(name, value) for name, value in wanted.items() if name not in names]
