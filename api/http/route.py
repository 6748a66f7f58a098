"""Route of every JSON endpoint: authenticates, admits and reads the request, and answers 304 to conditions."""

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, NoReturn

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from api.auth.scopes import authenticate, identify
from api.http.bodies import JSON, refuse_body, replayed_body
from api.http.errors import UnusableRequest
from api.http.preconditions import is_not_modified
from api.http.refusals import REASONS
from api.middleware.admission import Lane, kind_of
from api.middleware.deprecation import note_deprecations

MOST_PARAMETERS: Final = 100
"""Limit of parameter names in one query. A list that is repeated (`a=1&a=2`) counts as one name."""

OF_304: Final = ("etag", "link", "cache-control", "vary")
"""Headers that a 304 repeats from the full answer (RFC 9110 section 15.4.5)."""


class JsonRoute(APIRoute):
    """Route that authenticates a request before it reads anything else, and answers HEAD as GET.

    The route refuses a body with two possible readings. It leaves members without a value out of the answer.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - FastAPI's forty parameters
        super().__init__(*arguments, **options | {"response_model_exclude_none": True})
        self._needs_token = _depends_on(self.dependant, authenticate)
        described = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
        self._media_type = JSON if self.body_field else next(iter(described), None)
        self._conflicts = self.responses.get(HTTPStatus.CONFLICT, {}).get(REASONS, ())
        self._kind = kind_of(self.path_format, self.methods or set())

    def matches(self, scope: Scope) -> tuple[Any, Scope]:
        return super().matches(_as_get(scope) if scope["type"] == "http" else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().handle(_as_get(scope), receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def serve_strictly(request: Request) -> Response:
            note_deprecations(request, self.operation_id)
            principal = await identify(request) if self._needs_token else None
            client = principal.client_id if principal else ""
            lane: Lane = request.app.state.lanes[self._kind]
            # Refuse before the body is read if no place is free. The place itself is taken afterwards, so that a slow
            # body does not occupy one.
            lane.check_free(client)
            check_parameters(request, self.path_format)
            body = await self._body(request)
            async with lane.place(client):
                if principal is not None:
                    await request.app.state.resources.staff_rights.note(principal)
                    if request.app.state.faults is not None:
                        await request.app.state.faults.strike(principal, self.path_format, self._conflicts)
                response = await handle(StrictRequest(request.scope, body))
            return _not_modified(response) if is_not_modified(request, response) else response

        return serve_strictly

    async def _body(self, request: Request) -> Receive:
        if self._media_type is None:
            await refuse_body(request)
            return request.receive
        most: int = request.app.state.max_bytes[self._media_type]
        return await replayed_body(request, self._media_type, most)


def _as_get(scope: Scope) -> Scope:
    """Turn HEAD into GET. `api.middleware.request_scope.RequestScope` removes the body from the answer."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def _depends_on(dependant: Dependant, call: Callable[..., Any]) -> bool:
    return dependant.call is call or any(_depends_on(each, call) for each in dependant.dependencies)


def _not_modified(response: Response) -> Response:
    headers = {name: response.headers[name] for name in OF_304 if name in response.headers}
    return Response(None, HTTPStatus.NOT_MODIFIED, headers)


def check_parameters(request: Request, path: str) -> None:
    """Check the number of parameters, and that only lists are repeated. Two single values would be ambiguous.

    Raises:
        UnusableRequest: there are too many parameters, or a parameter that is not a list comes twice.

    """
    times = Counter(name for name, _ in request.query_params.multi_items())
    if len(times) > MOST_PARAMETERS:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"A query may have at most {MOST_PARAMETERS} parameters.")
    repeated = [name for name, count in times.items() if count > 1]
    if not repeated:
        return
    documented = request.app.openapi()["paths"][path][request.method.lower()].get("parameters", ())
    lists = {each["name"] for each in documented if each.get("schema", {}).get("type") == "array"}
    for name in repeated:
        if name not in lists:
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"{name} must not come more than once.", name)


class StrictRequest(Request):
    """Request that parses JSON by the rules of I-JSON (RFC 7493), and keeps the result for an error answer."""

    async def json(self) -> Any:  # noqa: ANN401 - Starlette's signature
        self.state.body = parse_json(await self.body())
        return self.state.body


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - whatever a client sends
    """Parse a JSON text.

    Raises:
        json.JSONDecodeError: the text is not JSON, is nested too deeply, or has two possible readings.

    """
    try:
        return json.loads(body, object_pairs_hook=_members, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError(_why_not_json(error), "", 0) from error


def _why_not_json(error: Exception) -> str:
    match error:
        case AmbiguousJson():
            return str(error)
        case json.JSONDecodeError():
            return f"must be JSON; check the commas, quotes and brackets at line {error.lineno}, column {error.colno}"
        case UnicodeError():
            return "must be JSON in UTF-8, and its names must not contain half a surrogate pair"
        case RecursionError():
            return "must not be nested so deeply"
        case _:  # the limit of Python for the conversion of integers
            return "must not contain a number of thousands of digits"


class AmbiguousJson(ValueError):
    """The text is not I-JSON: two parsers could read it differently."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise AmbiguousJson("must not have the same member twice in one object")
    for name in members:
        name.encode()
    return members


def _no_constant(name: str) -> NoReturn:
    raise AmbiguousJson(f"must be JSON, which has no {name}")
