"""The OpenAPI document: FastAPI's, in the form that clients are generated from.

Without the 422 that we never answer; with our error answers on every operation that can give them.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from fastapi import FastAPI

from api.refusals import MEANINGS, OF_BODIES, answer
from api.schemas.problems import Problem
from api.tokens import issuer_of
from bookme.settings import Settings

Document = dict[str, Any]

DESCRIPTION: Final = """
Book meetings with an organisation's employees:

1. look up topics, customer types, employees and rooms;
2. **search** free time slots: `GET /bookme/time-slots/available`;
3. **reserve** one, a hold that expires: `POST /bookme/time-slots/reserve`;
4. mark it **Booked**: `PATCH /bookme/time-slots/{id}`;
5. **create the meeting**: `POST /bookme/meetings`;
6. download its calendar file: `POST /bookme/meetings/{id}/ical`.

Repeating any request is safe: the reservation `token` names the booking, and every `POST` also honours an
`Idempotency-Key`. Times are RFC 3339 with an offset, and are answered in UTC. Lists in a query are repeated
(`a=1&a=2`) or comma-separated (`a=1,2`). Every answer has an `X-Request-Id`: the request's own, if it has one.

Errors are `application/problem+json` (RFC 9457). Branch on `code` and, where there is one, on `reason`:

"""

TAGS: Final = [
    {"name": "BookMe", "description": "The booking journey."},
    {"name": "Organization Configuration", "description": "Who and what can be booked."},
    {"name": "Calendar feeds", "description": "What calendars subscribe to. Open to whoever has the secret address."},
    {"name": "Operations", "description": "For probes and monitoring. Open to all."},
]

OF_VALIDATION: Final = ("HTTPValidationError", "ValidationError")
"""Schemas of FastAPI's own error answer."""


def description() -> str:
    return DESCRIPTION + "\n".join(f"- `{reason}`: {meaning}" for reason, meaning in MEANINGS.items())


def documented(app: FastAPI, settings: Settings) -> Callable[[], Document]:
    """The app's `openapi` method."""
    generate = app.openapi

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = tidied(generate(), settings)
        return app.openapi_schema

    return openapi


def tidied(document: Document, settings: Settings) -> Document:
    components = document["components"]
    for operation in operations(document):
        tidy(operation)
    for unused in OF_VALIDATION:
        components["schemas"].pop(unused, None)
    problem = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs", {}) | {"Problem": problem}
    if not settings.dev_issuer:
        components["securitySchemes"]["oauth2"] = of_the_issuer(settings)
    return document


def operations(document: Document) -> Iterator[Document]:
    return (operation for path in document["paths"].values() for operation in path.values())


def tidy(operation: Document) -> None:
    operation["responses"].pop("422", None)
    if "requestBody" in operation:
        operation["responses"] |= {str(status): answer(status) for status in OF_BODIES}
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = or_nothing(without_null(parameter["schema"]))


def without_null(schema: Document) -> Document:
    """A parameter is there or not; it is never null."""
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "title", "description")}
    said = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return kept | (said[0] if said else {})


def or_nothing(schema: Document) -> Document:
    """A list in a query may be there and empty (`a=`): to a client without a value for it, it is not there."""
    if schema.get("type") != "array":
        return schema
    return schema | {"items": {"anyOf": [schema["items"], {"type": "string", "maxLength": 0}]}}


def of_the_issuer(settings: Settings) -> Document:
    """Where clients get tokens is the issuer's to say."""
    return {
        "type": "openIdConnect",
        "openIdConnectUrl": f"{issuer_of(settings).rstrip('/')}/.well-known/openid-configuration",
        "description": "A JWT access token (RFC 9068) of this issuer, as `Authorization: Bearer`.",
    }
