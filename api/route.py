"""The route of every endpoint that reads or writes JSON: who asks, what is asked, and whether it has changed."""

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, NoReturn

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from api.admission import Lane, kind_of
from api.auth import authenticate, identify
from api.bodies import JSON, refuse_body, replayed_body
from api.errors import UnusableRequest
from api.preconditions import is_not_modified

MOST_PARAMETERS: Final = 100
"""Names in one query. A list that is repeated (`a=1&a=2`) is one."""

OF_304: Final = ("etag", "link", "cache-control", "vary")
"""The headers of an answer that a 304 repeats (RFC 9110 section 15.4.5)."""


class JsonRoute(APIRoute):
    """Authenticates before it reads anything else of a request; answers HEAD as GET.

    A body that could be read in two ways is refused; a member without a value is left out of the answer.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - FastAPI's forty parameters
        super().__init__(*arguments, **options | {"response_model_exclude_none": True})
        self._needs_token = _depends_on(self.dependant, authenticate)
        described = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
        self._media_type = JSON if self.body_field else next(iter(described), None)
        self._kind = kind_of(self.path_format, self.methods or set())

    def matches(self, scope: Scope) -> tuple[Any, Scope]:
        return super().matches(_as_get(scope) if scope["type"] == "http" else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().handle(_as_get(scope), receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_strictly(request: Request) -> Response:
            principal = await identify(request) if self._needs_token else None
            client = principal.client_id if principal else ""
            lane: Lane = request.app.state.lanes[self._kind]
            lane.check_free(client)
            check_parameters(request, self.path_format)
            body = await self._body(request)
            async with lane.place(client):
                if principal is not None:
                    await request.app.state.resources.staff_rights.note(principal)
                response = await handle(StrictRequest(request.scope, body))
            return _not_modified(response) if is_not_modified(request, response) else response

        return read_strictly

    async def _body(self, request: Request) -> Receive:
        if self._media_type is None:
            await refuse_body(request)
            return request.receive
        most: int = request.app.state.max_bytes[self._media_type]
        return await replayed_body(request, self._media_type, most)


def _as_get(scope: Scope) -> Scope:
    """HEAD is answered as GET; `api.limits.RequestScope` leaves the body out."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def _depends_on(dependant: Dependant, call: Callable[..., Any]) -> bool:
    return dependant.call is call or any(_depends_on(each, call) for each in dependant.dependencies)


def _not_modified(response: Response) -> Response:
    headers = {name: response.headers[name] for name in OF_304 if name in response.headers}
    return Response(None, HTTPStatus.NOT_MODIFIED, headers)


def check_parameters(request: Request, path: str) -> None:
    """What is documented as one value comes once: of two, none can be meant.

    Raises:
        UnusableRequest: there are too many parameters, or one comes twice that is no list.

    """
    times = Counter(name for name, _ in request.query_params.multi_items())
    if len(times) > MOST_PARAMETERS:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"A query may have {MOST_PARAMETERS} parameters.")
    repeated = [name for name, count in times.items() if count > 1]
    if not repeated:
        return
    documented = request.app.openapi()["paths"][path][request.method.lower()].get("parameters", ())
    lists = {each["name"] for each in documented if each.get("schema", {}).get("type") == "array"}
    for name in repeated:
        if name not in lists:
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"{name} may come only once.", name)


class StrictRequest(Request):
    """Reads JSON as I-JSON (RFC 7493) wants it, and keeps it for the error answer."""

    async def json(self) -> Any:  # noqa: ANN401 - Starlette's signature
        self.state.body = parse_json(await self.body())
        return self.state.body


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - whatever a client sends
    """The value of a JSON text.

    Raises:
        json.JSONDecodeError: it is not JSON, or could be read in two ways.

    """
    try:
        return json.loads(body, object_pairs_hook=_members, parse_constant=_no_constant)
    except json.JSONDecodeError:
        raise
    except RecursionError as error:
        raise json.JSONDecodeError("It is nested too deeply", "", 0) from error
    except ValueError as error:
        raise json.JSONDecodeError(str(error), "", 0) from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("A name comes twice in one object")
    for name in members:
        name.encode()
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
