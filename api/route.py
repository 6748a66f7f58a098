"""How every endpoint reads JSON and writes it."""

import json
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.errors import UnusableRequest


class JsonRoute(APIRoute):
    """A body that could be read in two ways is refused; a member without a value is left out of the answer."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - FastAPI's forty parameters
        super().__init__(*arguments, **options | {"response_model_exclude_none": True})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_strictly(request: Request) -> Response:
            check_repeated(request, self.path_format)
            return await handle(StrictRequest(request.scope, request.receive))

        return read_strictly


def check_repeated(request: Request, path: str) -> None:
    """What is documented as one value comes once: of two, none can be meant.

    Raises:
        UnusableRequest: a parameter of the query comes twice that is no list.

    """
    repeated = [name for name in request.query_params if len(request.query_params.getlist(name)) > 1]
    if repeated:
        documented = request.app.openapi()["paths"][path][request.method.lower()].get("parameters", ())
        lists = {each["name"] for each in documented if each["schema"].get("type") == "array"}
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
