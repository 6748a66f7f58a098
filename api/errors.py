"""Every error answer, made in one place: a problem (RFC 9457) that also carries the contract's `code` and `message`."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from api.jwks import AuthorizationServerUnreachable
from api.named_ids import find_sent
from api.negotiation import error_media_type
from api.principals import InsufficientScope, Unauthorized
from api.refusals import STATUSES
from api.schemas.ids import UNKNOWN_ID
from api.schemas.problems import Problem, code_of, problem_type
from domain.errors import BookMeError, NotFound
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

RETRY_AFTER: Final = range(1, 6)
"""Seconds after which a client should repeat a request that could not be served. One of them is drawn for each answer,
so that those who were refused together do not come back together.
"""


class Unavailable(Exception):
    """The outcome of the request is not known in time, or the engine cannot be reached."""


class TooManyRequests(Exception):
    """The client sends more than it may."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many requests; try again in {retry_after} s.")
        self.retry_after = retry_after


class UnusableRequest(Exception):
    """A request that cannot be read: 400, 408, 413 or 415. `parameter` is wrong, of the query or of `place`."""

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        parameter: str | None = None,
        *,
        place: Literal["query", "header", "body"] = "query",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.parameter = parameter
        self.place = place
        self.headers = headers


def problem(
    request: Request,
    status: int,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    facts: Mapping[str, object] | None = None,
) -> JSONResponse:
    """The error answer of this status. `facts` are the members that help this one error; they replace none."""
    body = Problem.model_validate({**(facts or {}), **common(request, status, message)})
    return JSONResponse(
        body.model_dump(mode="json", by_alias=True, exclude_none=True),
        status,
        headers={"Vary": "Accept", **(headers or {})},
        media_type=error_media_type(request.headers.get("accept", "")),
    )


def common(request: Request, status: int, message: str) -> dict[str, object]:
    """What every error answer says."""
    return {
        "type": problem_type(status),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "instance": request.url.path,
        "code": code_of(status),
        "message": message,
        "requestId": request_id_of(request) or None,
    }


def request_id_of(request: Request) -> str:
    """The id under which the request is logged and answered; empty if no middleware has given it one."""
    return getattr(request.state, "request_id", "")


async def refused(request: Request, error: BookMeError) -> Response:
    """A domain error: the status follows from its reason, the facts are its own."""
    status = STATUSES[error.reason]
    headers = {"Retry-After": "60"} if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return problem(request, status, error.message, headers=headers, facts={**error.facts, "reason": error.reason})


async def not_found(request: Request, error: NotFound) -> Response:
    """404 in the client's words: it says which member of the request names what does not exist."""
    sent = find_sent(request, error)
    facts: dict[str, object] = {**error.facts, "reason": error.reason}
    if sent is None:
        return problem(request, HTTPStatus.NOT_FOUND, error.message, facts=facts)
    message = sent.in_clients_words(error)
    facts["errors"] = [{"pointer": sent.member.pointer, "in": sent.place, "message": "does not exist"}]
    return problem(request, HTTPStatus.NOT_FOUND, message, facts=facts)


def unknown_ids(errors: Iterable[Mapping[str, Any]]) -> NotFound | None:
    """The first id that nobody has, if nothing else is wrong with the request."""
    found = list(errors)
    is_only_that = found and all(each["type"] == UNKNOWN_ID for each in found)
    return NotFound(found[0]["ctx"]["kind"], found[0]["ctx"]["id"]) if is_only_that else None


async def malformed(request: Request, error: RequestValidationError) -> Response:
    """400 with one entry a field, never FastAPI's bare 422. An id that we could not have made is a 404."""
    if (unknown := unknown_ids(error.errors())) is not None:
        return await not_found(request, unknown)
    errors = [field_error(found) for found in error.errors()]
    first = errors[0]
    where = first["pointer"] or f"the {first['in']}"
    message = f"The request is malformed: {first['message']} ({where})."
    return problem(request, HTTPStatus.BAD_REQUEST, message, facts={"errors": errors})


def field_error(found: Mapping[str, Any]) -> dict[str, str]:
    """One finding of pydantic's, in our words."""
    place, *path = found["loc"]
    if found["type"] == "json_invalid":
        return {"pointer": "", "in": "body", "message": f"it is not JSON: {found['ctx']['error']}"}
    return {"pointer": pointer(path), "in": str(place), "message": found["msg"].removeprefix("Value error, ")}


def pointer(path: Iterable[int | str]) -> str:
    """A JSON Pointer (RFC 6901) to what is wrong, from the root of the body or of the parameters."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


async def unusable(request: Request, error: UnusableRequest) -> Response:
    where = error.parameter
    facts = {"errors": [{"pointer": f"/{where}", "in": error.place, "message": error.message}]} if where else None
    return problem(request, error.status, error.message, headers=error.headers, facts=facts)


async def unauthorized(request: Request, error: Unauthorized) -> Response:
    return problem(request, error.status, error.message, headers={"WWW-Authenticate": error.challenge})


async def insufficient_scope(request: Request, error: InsufficientScope) -> Response:
    return problem(request, error.status, error.message, headers={"WWW-Authenticate": error.challenge})


async def too_many_requests(request: Request, error: TooManyRequests) -> Response:
    headers = {"Retry-After": str(error.retry_after)}
    return problem(request, HTTPStatus.TOO_MANY_REQUESTS, str(error), headers=headers)


async def unavailable(request: Request, error: Exception) -> Response:
    """Nothing is known to have gone wrong for good: the same request may be repeated, and finds its outcome."""
    log.warning(
        "cannot serve now", extra={"request": request_id_of(request), "route": route_of(request), "error": str(error)}
    )
    message = f"{error} Repeating the same request is safe."
    headers = {"Retry-After": str(secrets.choice(RETRY_AFTER))}
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, message, headers=headers)


async def http_error(request: Request, error: HTTPException) -> Response:
    """What the framework refuses: unknown paths, methods, unreadable bodies."""
    detail = str(error.detail)
    message = f"There is nothing at {request.url.path}." if detail == "Not Found" else detail
    headers = allowed(request) if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    return problem(request, error.status_code, message, headers=headers)


def allowed(request: Request) -> dict[str, str]:
    """The methods of this path. Starlette names those of one route, and here each method is a route of its own."""
    path = route_of(request)
    routes = [route for route in iter_route_contexts(request.app.routes) if route.path == path]
    methods = {method for route in routes for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))}


def route_of(request: Request) -> str:
    """The path as it is declared: what stands in its place may be a secret."""
    return getattr(request.scope.get("route"), "path", "")


async def bug(request: Request, error: Exception) -> Response:
    """500: the log has the trace under the request id, the answer only the id."""
    request_id = request_id_of(request)
    log.error("a bug", exc_info=error, extra={"request": request_id})
    # This one answer is made outside our middleware, which adds these to all others. The server hangs up after it.
    headers = {**request.app.state.security_headers, "Cache-Control": "no-store", "Connection": "close"}
    headers["X-Request-Id"] = request_id
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.", headers=headers)


Handler = Callable[[Request, Any], Awaitable[Response]]

HANDLERS: Final[Mapping[type[Exception], Handler]] = {
    BookMeError: refused,
    NotFound: not_found,
    RequestValidationError: malformed,
    UnusableRequest: unusable,
    Unauthorized: unauthorized,
    InsufficientScope: insufficient_scope,
    TooManyRequests: too_many_requests,
    AuthorizationServerUnreachable: unavailable,
    StorageUnavailable: unavailable,
    Unavailable: unavailable,
    HTTPException: http_error,
    Exception: bug,
}


def install(app: FastAPI) -> None:
    """Make the app answer its errors by this module."""
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
