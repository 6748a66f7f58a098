"""Compares every answer that tests get with our own OpenAPI document: status, headers, media type, and each member."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import httpx
from jsonschema import Draft202012Validator

from api.app import create_app
from config.settings import Settings

Document = dict[str, Any]

OF_HTTP: Final = {
    "allow",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "vary",
}
"""Headers of HTTP itself, which an OpenAPI document leaves out."""

OF_BROWSERS: Final = {
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "content-security-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
}
"""Headers of every answer that say nothing to a client which is no browser."""

OF_THE_DESCRIPTION: Final = {"content-language", "deprecation", "ratelimit", "ratelimit-policy", "sunset"}
"""Headers that the description of the whole API names: to declare them for each answer would not say more."""

MOST_CHECKED: Final = 5
"""Of a long list, so many entries are compared: the others are made in the same way."""


@cache
def document() -> Document:
    return create_app(Settings(auth_issuer="https://issuer.example")).openapi()


@cache
def paths() -> list[tuple[re.Pattern[str], str]]:
    """Each path of the document with a pattern of the paths that it stands for, those without parameters first."""
    known = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in known]


def operation_of(request: httpx.Request) -> Document | None:
    """The described operation that this request asks for, if it asks for one."""
    for pattern, path in paths():
        if pattern.fullmatch(request.url.path):
            found: Document | None = document()["paths"][path].get(request.method.lower())
            return found
    return None


def resolved(described: Document) -> Document:
    """What a reference stands for; anything else stays as it is."""
    if "$ref" not in described:
        return described
    found = document()
    for name in described["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


async def check(answer: httpx.Response) -> None:
    """Fail unless the document describes this answer. Requests that ask for no described operation are passed over."""
    operation = operation_of(answer.request)
    if operation is None:
        return
    await answer.aread()
    asked = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    assert str(answer.status_code) in operation["responses"], f"{asked} is not documented: {answer.text}"
    described = resolved(operation["responses"][str(answer.status_code)])
    check_headers(asked, described.get("headers", {}), answer)
    check_content(asked, described.get("content", {}), answer)


def check_headers(asked: str, declared: Document, answer: httpx.Response) -> None:
    names = {name.lower(): resolved(header) for name, header in declared.items()}
    sent = set(answer.headers) - OF_HTTP - OF_BROWSERS - (OF_THE_DESCRIPTION - names.keys())
    required = {name for name, header in names.items() if header["required"]}
    assert sent <= names.keys(), f"{asked} has undeclared headers: {sent - names.keys()}"
    assert required <= sent, f"{asked} lacks the headers {required - sent}"


def check_content(asked: str, declared: Document, answer: httpx.Response) -> None:
    if not answer.content:
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in declared, f"{asked} has the undeclared media type {media_type}"
    if media_type.endswith("json"):
        value, schema = shortened(answer.json()), declared[media_type]["schema"]
        validator = Draft202012Validator(schema | {"components": document()["components"]})
        errors = [error.message for error in validator.iter_errors(value)]
        assert not errors, f"{asked} is not as documented: {errors}"
        unknown = sorted(set(undeclared(schema, value)))
        assert not unknown, f"{asked} has the undeclared members {unknown}"


def shortened(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return value[:MOST_CHECKED] if isinstance(value, list) else value


def undeclared(schema: Document, value: Any, at: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The paths of the members that the value has and its schema does not name."""
    schema = resolved(schema)
    if isinstance(value, list):
        for each in value[:MOST_CHECKED]:
            yield from undeclared(schema.get("items", {}), each, at)
    elif isinstance(value, dict) and (declared := members(schema)):
        for name, member in value.items():
            path = f"{at}/{name}"
            yield from undeclared(declared[name], member, path) if name in declared else [path]


def members(schema: Document) -> Document:
    """The described members of an object, those of its parts included. A schema that describes none allows any."""
    found: Document = dict(schema.get("properties", {}))
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        found = members(resolved(part)) | found
    return found
