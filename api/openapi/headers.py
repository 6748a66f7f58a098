"""Response headers of the API: declared once, and referenced by each operation that sends them."""

from typing import Any, Final

Documented = dict[str, Any]

REQUEST_ID: Final = "X-Request-Id"

DESCRIPTIONS: Final = {
    "Accept": "The media type that the body must have (RFC 9110 section 15.5.16).",
    "Accept-Encoding": "The content coding that the body must have (RFC 9110 section 15.5.16).",
    REQUEST_ID: "The id of the request: the id that the client sent, or a new one. Name it when you report a problem.",
    "ETag": "The version of the resource (RFC 9110 section 8.8.3). Send it back as `If-Match` or `If-None-Match`.",
    "Last-Modified": "When the resource was last changed (RFC 9110 section 8.8.2).",
    "Link": 'The next page, if there is one: `<…>; rel="next"` (RFC 8288).',
    "RateLimit": "How many requests the client has left (`r`), and in how many seconds it has more (`t`).",
    "RateLimit-Policy": "The limit of the client: requests (`q`) in a window of seconds (`w`).",
    "Retry-After": "The number of seconds after which to send the request again.",
    "WWW-Authenticate": "What is wrong with the access token, or which scope it lacks (RFC 6750 section 3).",
}

CHALLENGE: Final = ("WWW-Authenticate",)
RETRY: Final = ("Retry-After",)
LIMIT: Final = ("RateLimit", "RateLimit-Policy")
WANTED: Final = ("Accept", "Accept-Encoding")

SOMETIMES_SENT: Final = frozenset({"Accept", "Accept-Encoding", "Link", "WWW-Authenticate"})
"""Headers that an answer may declare and not have: the last page has no `Link`, and some 403 have no challenge."""

OF_ERRORS: Final = {401: CHALLENGE, 403: CHALLENGE, 415: WANTED, 429: RETRY + LIMIT, 503: RETRY}
"""Headers of error answers by status, in addition to `X-Request-Id`."""


def sends(*names: str, status: int = 200) -> dict[int | str, Documented]:
    """Declare that the answer with this status has these headers. The result is for an endpoint's `responses`."""
    return {status: {"headers": refer(*names)}}


def sends_version() -> dict[int | str, Documented]:
    """Declare that a GET answers an `ETag`, and 304 to a client that has this version (`If-None-Match`)."""
    unchanged = {"description": "The client has this version (`If-None-Match`).", "headers": refer("ETag")}
    return sends("ETag") | {304: unchanged}


def refer(*names: str) -> Documented:
    """Return references to these headers, by name."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def declared_headers() -> Documented:
    """Return the content of `components/headers`."""
    return {
        name: {"description": text, "required": name not in SOMETIMES_SENT, "schema": {"type": "string"}}
        for name, text in DESCRIPTIONS.items()
    }
