"""Compresses answers of a kilobyte or more for clients that accept gzip (RFC 9110 section 8.4).

A compressed answer is another representation, so it has another `ETag`: `"a"` becomes `"a-gzip"`. In a condition of a
request, both tags name the same version.
"""

import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.negotiation import accepts_coding

LEAST_BYTES: Final = 1_024
LEVEL: Final = 3
"""Compression level of zlib. It takes half the time of level 4, the next one, and gives at most a tenth more bytes."""

CONDITIONS: Final = (b"if-match", b"if-none-match")
COMPRESSED_TAG: Final = re.compile(rb'-gzip"')
NOT_MODIFIED: Final = 304


class Compression:
    """Middleware that compresses answers. Large ones are compressed in a thread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        takes_gzip = accepts_coding(Headers(scope=scope).get("accept-encoding", ""), "gzip")
        has_compressed = _name_plain_versions(scope)
        if takes_gzip:
            tagging = _tagging(send, has_compressed=has_compressed)
            await GZipResponder(self._app, LEAST_BYTES, compresslevel=LEVEL)(scope, receive, tagging)
        else:
            await IdentityResponder(self._app, LEAST_BYTES)(scope, receive, send)


def _name_plain_versions(scope: Scope) -> bool:
    """Replace tags of compressed answers in the request's conditions by the plain tags.

    Return whether `If-None-Match` had a tag of a compressed answer.
    """
    headers, found = [], False
    for name, value in scope["headers"]:
        plain = COMPRESSED_TAG.sub(b'"', value) if name in CONDITIONS else value
        found = found or (name == b"if-none-match" and plain != value)
        headers.append((name, plain))
    scope["headers"] = headers
    return found


def _tagging(send: Send, *, has_compressed: bool) -> Send:
    """Return a `send` that sets the tag of a compressed answer, also in a 304 if the client has that answer."""

    async def tagging(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            is_compressed = headers.get("content-encoding") == "gzip"
            etag = headers.get("etag", "")
            if etag.endswith('"') and (is_compressed or (has_compressed and message["status"] == NOT_MODIFIED)):
                headers["etag"] = f'{etag[:-1]}-gzip"'
        await send(message)

    return tagging
