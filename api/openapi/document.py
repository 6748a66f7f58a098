"""Completes FastAPI's OpenAPI document: shared errors and headers, plain schemas, and the token issuer."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from threading import Lock
from typing import Any, Final

from fastapi import FastAPI

from api.auth.tokens import issuer_of
from api.http.refusals import MEANINGS, OF_BODIES, refusals
from api.openapi.errors import error_schemas, share_errors, shared_responses
from api.openapi.headers import REQUEST_ID, declared_headers, refer
from api.openapi.schemas import simplified, tidy_schemas, without_null
from config.settings import Settings

Document = dict[str, Any]

DESCRIPTION: Final = """
Book meetings with an organisation's employees:

1. look up topics, customer types, employees and rooms;
2. **search** free time slots: `GET /bookme/time-slots/available`;
3. **reserve** a time slot, which makes a hold that expires: `POST /bookme/time-slots/reserve`;
4. mark the time slot **Booked**: `PATCH /bookme/time-slots/{id}`;
5. **create the meeting**: `POST /bookme/meetings`;
6. download the calendar file of the meeting: `POST /bookme/meetings/{id}/ical`.

It is safe to repeat any request. The reservation `token` names the booking, and every `POST` also accepts an
`Idempotency-Key`. Times in requests are RFC 3339 with an offset. Times in answers are in UTC. Lists in a query are
repeated (`a=1&a=2`) or comma-separated (`a=1,2`). An empty string means no value, in queries and for ids in bodies.
Enumerations are accepted in any letter case. Every answer has an `X-Request-Id`. If the request has an
`X-Request-Id`, the answer has the same one. Every answer to a request with a valid token has `RateLimit` and
`RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10). An answer to a request that uses a deprecated operation
or parameter has `Deprecation` (RFC 9745), and `Sunset` (RFC 8594) when its removal is decided.

Errors are `application/problem+json` (RFC 9457). Programs decide by `code` and, if there is one, by `reason`. The
`type` is the address of a page that explains the problem. `message`, `detail` and the messages in `errors` are in the
language of `Accept-Language`: English (`en`, the default) or Danish (`da`); `Content-Language` says which. The
`errors` of a 400 list each wrong field, with its place and a sentence that says what to do. Values of `reason`:

"""

TAGS: Final = [
    {"name": "BookMe", "description": "Topics, time slots, meetings, events and webhooks."},
    {"name": "Organization Configuration", "description": "The employees, rooms and topics that can be booked."},
    {
        "name": "Calendar feeds",
        "description": "Files to which calendar programs subscribe. The secret address gives access.",
    },
    {"name": "Operations", "description": "Endpoints for probes and monitoring. They need no token."},
]

IF_NONE_MATCH: Final[Document] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` that the client has. If the resource still has it, the answer is 304.",
    "schema": {"type": "string"},
}

LICENCE: Final = {"name": "Apache 2.0", "identifier": "Apache-2.0"}

OF_VALIDATION: Final = ("HTTPValidationError", "ValidationError")
"""Schemas of FastAPI's own validation error, which the API never answers."""


def description() -> str:
    return DESCRIPTION + "\n".join(f"- `{reason}`: {meaning}" for reason, meaning in MEANINGS.items())


def contact(settings: Settings) -> dict[str, str]:
    """Return the contact for developers of clients: the operator of this installation."""
    return {"name": "The operator of this BookMe", "url": settings.public_url}


def documented(app: FastAPI, settings: Settings) -> Callable[[], Document]:
    """Return the new `openapi` method of the app. The method builds the document once, in any thread."""
    generate, lock = app.openapi, Lock()
    # Not `app.openapi_schema`, where FastAPI keeps the document before it is complete.
    document: Document | None = None

    def openapi() -> Document:
        nonlocal document
        with lock:
            if document is None:
                document = completed(generate(), settings)
            return document

    return openapi


def completed(document: Document, settings: Settings) -> Document:
    components = document["components"]
    for operation in operations(document):
        complete(operation)
    for unused in OF_VALIDATION:
        components["schemas"].pop(unused, None)
    components["schemas"] = dict(sorted((components["schemas"] | error_schemas()).items()))
    components |= {"headers": declared_headers(), "responses": shared_responses(settings.public_url)}
    if not settings.dev_issuer:
        components["securitySchemes"]["oauth2"] = of_the_issuer(settings)
    tidy_schemas(document)
    return document


def operations(document: Document) -> Iterator[Document]:
    return (operation for path in document["paths"].values() for operation in path.values())


def complete(operation: Document) -> None:
    """Remove the 422, which is never answered. Add shared error answers, common headers and plain parameters."""
    responses = operation["responses"]
    responses.pop("422", None)
    if "requestBody" in operation:
        responses |= {str(status): response for status, response in refusals(OF_BODIES).items()}
    share_errors(operation)
    operation["responses"] = dict(sorted(responses.items()))
    for response in operation["responses"].values():
        if "$ref" not in response:
            response["headers"] = refer(REQUEST_ID) | response.get("headers", {})
    if "304" in operation["responses"]:
        declare_condition(operation)
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = simplified(without_null(parameter["schema"]))
        parameter["schema"].pop("description", None)
    operation.setdefault("security", [])


def declare_condition(operation: Document) -> None:
    """Add `If-None-Match` to an operation that may answer 304, unless its endpoint declares the header itself."""
    parameters = operation.setdefault("parameters", [])
    if IF_NONE_MATCH["name"] not in {parameter["name"] for parameter in parameters}:
        parameters.append(deepcopy(IF_NONE_MATCH))


def of_the_issuer(settings: Settings) -> Document:
    """Return a security scheme that refers to the issuer's metadata, where clients find the token endpoint."""
    return {
        "type": "openIdConnect",
        "openIdConnectUrl": f"{issuer_of(settings).rstrip('/')}/.well-known/openid-configuration",
        "description": "A JWT access token (RFC 9068) of this issuer, as `Authorization: Bearer`.",
    }
