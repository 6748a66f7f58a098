"""Cross-origin requests of browsers (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from typing import Any, Final

METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

SENT: Final = (
    "Authorization",
    "BookMe-End-User",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "X-Request-Id",
    "traceparent",
    "tracestate",
)
"""Headers that a page may send, in addition to those that browsers always allow."""

EXPOSED: Final = (
    "BookMe-Sandbox",
    "Content-Disposition",
    "Date",
    "Deprecation",
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
    "X-Request-Id",
)
"""Headers of answers that a page may read, in addition to those that browsers always show."""

SECONDS: Final = 7200
"""Time for which a browser may keep the answer to a preflight request. Chromium keeps none for longer."""


def cors_options(origins: tuple[str, ...]) -> dict[str, Any]:
    """Return the options of Starlette's `CORSMiddleware` for these origins.

    Browsers send no cookies and no other credentials of their own: a page authenticates with an access token that it
    puts into `Authorization` itself. So `*` gives a page nothing that another program does not have.
    """
    return {
        "allow_origins": origins,
        "allow_methods": METHODS,
        "allow_headers": SENT,
        "expose_headers": EXPOSED,
        "allow_credentials": False,
        "max_age": SECONDS,
    }
