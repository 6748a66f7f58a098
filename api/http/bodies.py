"""Reads request bodies, and checks their size, time and media type."""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive

from api.http.errors import UnusableRequest

JSON: Final = "application/json"
CALENDAR: Final = "text/calendar"
FORM: Final = "application/x-www-form-urlencoded"

MOST_DIGITS: Final = 18
"""Digits that are read of a declared `Content-Length`: enough to recognise a body that is too large."""

BODY_TIMEOUT: Final = 15.0
"""Seconds within which the whole body must arrive."""


def has_body(headers: Headers) -> bool:
    """Return whether the headers announce a body (RFC 9112 section 6.3)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def refuse_body(request: Request) -> None:
    """Raise `UnusableRequest` (400) if the request has a body, because the operation would ignore the body."""
    if has_body(request.headers) and await _brings_bytes(request.receive):
        message = "This operation takes no body. Send its parameters in the query string."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message)


async def replayed_body(request: Request, expected: str, most: int) -> Receive:
    """Read and check the whole body before the operation begins.

    Return a `receive` that gives the body as one message.

    Raises:
        UnusableRequest: the body is incomplete (400), too slow (408), longer than `most` bytes (413), encoded or of
            another media type than `expected` (415).

    """
    if _length(request.headers) > most:
        raise _too_large(most)
    if has_body(request.headers):
        _check_encoding(request.headers)
    body = await _within_limits(request.receive, most)
    if body:
        _check_media_type(request.headers, expected)
    return _replay(body, request.receive)


async def _brings_bytes(receive: Receive) -> bool:
    """Return whether a byte of the body arrives. An announced body that does not arrive in time counts too."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            while True:
                message = await receive()
                if message.get("body") or not message.get("more_body", False):
                    return bool(message.get("body"))
    except TimeoutError:
        return True


async def _within_limits(receive: Receive, most: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise UnusableRequest(
                        HTTPStatus.BAD_REQUEST, "The body ended before it was complete; send the request again."
                    )
                body += message.get("body", b"")
                if len(body) > most:
                    raise _too_large(most)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise UnusableRequest(
            HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time; send the request again."
        ) from error


def _too_large(most: int) -> UnusableRequest:
    return UnusableRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body must have at most {most} bytes.")


def _length(headers: Headers) -> int:
    declared = headers.get("content-length", "")[:MOST_DIGITS]
    return int(declared) if declared.isdecimal() else 0


def _check_encoding(headers: Headers) -> None:
    """Refuse encoded content (415) with the header that RFC 9110 section 15.5.16 asks for."""
    codings = [coding.strip().lower() for coding in ",".join(headers.getlist("content-encoding")).split(",")]
    if any(coding not in ("", "identity") for coding in codings):
        message = "Send the body without a Content-Encoding, or with `identity`."
        raise UnusableRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, headers={"Accept-Encoding": "identity"})


def _check_media_type(headers: Headers, expected: str) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != expected and not (expected == JSON and media_type.endswith("+json")):
        message = f"Send the body as Content-Type: {expected}."
        raise UnusableRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, headers={"Accept": expected})


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body as one message, then the server's messages, such as a disconnect."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
