"""Error answers of the API: problem details (RFC 9457) that also have the contract's `code` and `message`."""

import logging
import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware

from api.auth.jwks import AuthorizationServerUnreachable
from api.auth.principals import InsufficientScope, Unauthorized
from api.http.named_ids import find_sent
from api.http.negotiation import error_media_type
from api.http.refusals import STATUSES
from api.http.validation_messages import field_errors, sentence_at
from api.languages import ENGLISH, language_of, translate
from api.metrics.requests import REFUSALS
from api.problems.names import type_of
from api.schemas.base.ids import UNKNOWN_ID
from api.schemas.problems import Problem, problem_members
from domain.errors import BookMeError, NotFound
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

RETRY_AFTER: Final = range(1, 6)
"""Seconds after which a client should repeat a request that could not be served.

Each answer gets a random one, so that clients that were refused together do not repeat their requests together.
"""


class Unavailable(Exception):
    """The request cannot be served now: its outcome is not known in time, or Temporal cannot be reached or is busy."""


class TooManyRequests(Exception):
    """The client sends more requests than its limit allows. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"This client has sent too many requests. Try again in {retry_after} s.")
        self.retry_after = retry_after


class UnusableRequest(Exception):
    """The request cannot be read. `status` is 400, 408, 413 or 415.

    `parameter` is the name of the wrong parameter, header or member, and `place` is the part of the request with it.
    """

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
    facts: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Build the error answer in the language of the client, or in English if the message is not translated.

    `facts` are additional members of this error; they never replace a common member.
    """
    wanted, facts = language_of(request), facts or {}
    said = translate(message, wanted)
    message, language = (message, ENGLISH) if said is None else (said, wanted)
    kind = type_of(request.app.state.public_url, status, facts.get("reason"))
    members = problem_members(kind, status, message, request.url.path, request_id_of(request))
    body = Problem.model_validate({**facts, **members, **_translated_errors(facts, language)})
    return JSONResponse(
        body.model_dump(mode="json", by_alias=True, exclude_none=True),
        status,
        headers={"Vary": "Accept, Accept-Language", "Content-Language": language, **(headers or {})},
        media_type=error_media_type(request.headers.get("accept", "")),
    )


def _translated_errors(facts: Mapping[str, Any], language: str) -> dict[str, object]:
    """Return the member `errors` with its messages in this language, if there is this member."""
    errors = facts.get("errors", ())
    said = [{**each, "message": translate(each["message"], language) or each["message"]} for each in errors]
    return {"errors": said} if said else {}


def request_id_of(request: Request) -> str:
    """Return the id under which the request is logged and answered, or "" if no middleware has set an id."""
    return getattr(request.state, "request_id", "")


async def refused(request: Request, error: BookMeError) -> Response:
    """Answer a domain error. The reason of the error decides the status, and its facts become members."""
    REFUSALS.labels(error.reason).inc()
    status = STATUSES[error.reason]
    headers = {"Retry-After": "60"} if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return problem(request, status, error.message, headers=headers, facts={**error.facts, "reason": error.reason})


async def not_found(request: Request, error: NotFound) -> Response:
    """Answer 404 in the client's vocabulary, and name the member of the request that has the unknown id."""
    REFUSALS.labels(error.reason).inc()
    sent = find_sent(request, error)
    facts: dict[str, object] = {**error.facts, "reason": error.reason}
    if sent is None:
        return problem(request, HTTPStatus.NOT_FOUND, error.message, facts=facts)
    message = sent.in_clients_words(error)
    facts["errors"] = [{"pointer": sent.member.pointer, "in": sent.place, "message": "does not exist"}]
    return problem(request, HTTPStatus.NOT_FOUND, message, facts=facts)


def unknown_ids(errors: Iterable[Mapping[str, Any]]) -> NotFound | None:
    """Return `NotFound` for the first impossible id if impossible ids are the only errors, else None."""
    found = list(errors)
    is_only_that = found and all(each["type"] == UNKNOWN_ID for each in found)
    return NotFound(found[0]["ctx"]["kind"], found[0]["ctx"]["id"]) if is_only_that else None


async def malformed(request: Request, error: RequestValidationError) -> Response:
    """Answer 400 with one entry for each wrong field, instead of FastAPI's 422.

    If an id that BookMe cannot have made is the only error, answer 404.
    """
    if (unknown := unknown_ids(error.errors())) is not None:
        return await not_found(request, unknown)
    document = request.app.openapi()
    operation = document["paths"].get(route_of(request), {}).get(request.method.lower(), {})
    errors = field_errors(error.errors(), operation, document["components"]["schemas"])
    first = errors[0]
    where = first["pointer"] or f"the {first['in']}"
    message = f"The request is malformed. {sentence_at(where, first['message'])}"
    return problem(request, HTTPStatus.BAD_REQUEST, message, facts={"errors": errors})


async def unusable(request: Request, error: UnusableRequest) -> Response:
    where = error.parameter
    facts = {"errors": [{"pointer": f"/{where}", "in": error.place, "message": error.message}]} if where else None
    return problem(request, error.status, error.message, headers=error.headers, facts=facts)


async def unauthorized(request: Request, error: Unauthorized | InsufficientScope) -> Response:
    return problem(request, error.status, error.message, headers={"WWW-Authenticate": error.challenge})


async def too_many_requests(request: Request, error: TooManyRequests) -> Response:
    headers = {"Retry-After": str(error.retry_after)}
    return problem(request, HTTPStatus.TOO_MANY_REQUESTS, str(error), headers=headers)


async def unavailable(request: Request, error: Exception) -> Response:
    """Answer 503 with `Retry-After`. The failure may be temporary: a repeat of the request finds its outcome."""
    log.warning(
        "cannot serve now", extra={"request": request_id_of(request), "route": route_of(request), "error": str(error)}
    )
    message = f"{error} Repeating the same request is safe."
    headers = {"Retry-After": str(secrets.choice(RETRY_AFTER))}
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, message, headers=headers)


async def http_error(request: Request, error: HTTPException) -> Response:
    """Answer an error of the framework: an unknown path or method, or an unreadable body."""
    headers, message = error.headers, str(error.detail)
    if message == "Not Found":
        message = f"There is nothing at {request.url.path}. See the API's documentation for its paths."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message = (
            f"This path does not take the method {request.method}. The header Allow lists the methods that it takes."
        )
        headers = allowed(request) or headers
    return problem(request, error.status_code, message, headers=headers)


def allowed(request: Request) -> dict[str, str]:
    """Return an `Allow` header with all methods of this path, or nothing if the path is not one of our endpoints.

    Starlette lists only the methods of one route, but here each method has a route of its own.
    """
    path = route_of(request)
    routes = [route for route in iter_route_contexts(request.app.routes) if route.path == path]
    methods = {method for route in routes for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))} if methods else {}


def route_of(request: Request) -> str:
    """Return the path template of the route, or "" without a route. The real path may contain a secret."""
    return getattr(request.scope.get("route"), "path", "")


async def bug(request: Request, error: Exception) -> Response:
    """Answer 500. The log has the traceback under the request id; the answer has only the id."""
    request_id = request_id_of(request)
    log.error("a bug", exc_info=error, extra={"request": request_id})
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "A bug in BookMe prevented the answer. Name the requestId when you report it.",
        headers={"Connection": "close"},  # as the server closes the connection after an error that it sees
    )


HANDLERS: Final[dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]] = {
    BookMeError: refused,
    NotFound: not_found,
    RequestValidationError: malformed,
    UnusableRequest: unusable,
    Unauthorized: unauthorized,
    InsufficientScope: unauthorized,
    TooManyRequests: too_many_requests,
    AuthorizationServerUnreachable: unavailable,
    StorageUnavailable: unavailable,
    Unavailable: unavailable,
    HTTPException: http_error,
}
"""Handlers of expected errors. `add_bug_answers` handles all others."""


def add_bug_answers(app: FastAPI) -> None:
    """Answer unexpected errors with `bug`. Call it before other middleware is added.

    A handler for `Exception` would answer outside all middleware, without CORS, security and request headers.
    """
    app.add_middleware(ServerErrorMiddleware, handler=bug)
