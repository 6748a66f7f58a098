"""Messages for validation errors, in place of pydantic's own, which use Python's words and vary with its version."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from api.schemas.base.common import A_TIME
from api.schemas.base.examples import MEETING
from api.schemas.base.ids import UNKNOWN_ID

A_UUID: Final = f"must be a UUID, such as {MEETING}"
AN_INTEGER: Final = "must be a whole number, such as 30"
AN_OBJECT: Final = "must be a JSON object"
A_DURATION: Final = "must be a duration, such as 01:30:00 or PT1H30M"
FALLBACK: Final = "is not valid; compare it with the API's documentation"

SENTENCES: Final[Mapping[str, str]] = {
    UNKNOWN_ID: "does not exist",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "datetime_from_date_parsing": A_TIME,
    "datetime_object_invalid": A_TIME,
    "datetime_parsing": A_TIME,
    "datetime_type": A_TIME,
    "dict_type": AN_OBJECT,
    "enum": "must be {expected}",
    "extra_forbidden": "is not a member that this request knows",
    "finite_number": AN_INTEGER,
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": AN_INTEGER,
    "int_parsing": AN_INTEGER,
    "int_parsing_size": AN_INTEGER,
    "int_type": AN_INTEGER,
    "json_invalid": "{error}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "missing": "is required",
    "model_attributes_type": AN_OBJECT,
    "model_type": AN_OBJECT,
    "string_pattern_mismatch": "must match the regular expression {pattern}",
    "string_too_long": "is too long; the maximum number of characters is {max_length}",
    "string_too_short": "is too short; the minimum number of characters is {min_length}",
    "string_type": "must be a string",
    "string_unicode": "must be a string of valid Unicode characters",
    "time_delta_parsing": A_DURATION,
    "time_delta_type": A_DURATION,
    "timezone_aware": A_TIME,
    "too_long": "has too many items; the maximum is {max_length}",
    "too_short": "has too few items; the minimum is {min_length}",
    "tuple_type": "must be a list",
    "uuid_parsing": A_UUID,
    "uuid_type": A_UUID,
    "value_error": "{error}",
}
"""Our message for each type of pydantic error. The placeholders are names in the context of the error."""

PATTERNS: Final[Mapping[str, str]] = {
    r"^[\x21-\x7e]+$": "must consist of printable ASCII characters without spaces",
    "^[A-Z]{2}$": "must be two capital letters, such as DK",
    "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$": "must begin with a letter or a digit, and then have at most 99 "
    "letters, digits, dots, hyphens and underscores of ASCII",
}
"""Our message for text that does not match this regular expression of a schema."""

MOST_LISTED: Final = 100
"""The most errors that one answer lists."""

LONGEST_COMPARED: Final = 64
"""Characters of an unknown name that are compared with the known names, because a comparison costs time."""

LEAST_SIMILARITY: Final = 0.7
"""Similarity from 0 to 1 (`difflib`) from which a known name is suggested: `mail` and `email` have 0.89."""

Schema = Mapping[str, Any]


def sentence(found: Mapping[str, Any], known: Iterable[str] = ()) -> str:
    """Return our message for one error of pydantic. `known` are the names that an unknown name is compared with."""
    kind = found["type"]
    if kind in ("too_long", "too_short") and isinstance(found["input"], str):
        kind = f"string_{kind}"  # pydantic counts "items" where a validator function comes before the constraint
    context = found.get("ctx", {})
    text = PATTERNS.get(context.get("pattern")) or SENTENCES.get(kind, FALLBACK).format_map(context)
    return f"{text}; {_advice(str(found['loc'][-1]), known)}" if kind == "extra_forbidden" else text


def _advice(name: str, known: Iterable[str]) -> str:
    names = {each.lower(): each for each in known}
    sent = name[:LONGEST_COMPARED].lower()
    begun = [each for each in names if sent and each.startswith(sent)]
    similar = begun or get_close_matches(sent, names, n=1, cutoff=LEAST_SIMILARITY)
    return f"did you mean `{names[similar[0]]}`?" if similar else "leave it out"


def sentence_at(where: str, message: str) -> str:
    """Return one line for people from the place of an error and its message."""
    return f"{where}: {message}" if message.endswith(("?", ".")) else f"{where}: {message}."


def field_errors(errors: Iterable[Mapping[str, Any]], operation: Schema, schemas: Schema) -> list[dict[str, str]]:
    """Return the entries of `errors` for these errors of pydantic. `operation` is the documented operation."""
    return [_field_error(found, operation, schemas) for found in [*errors][:MOST_LISTED]]


def _field_error(found: Mapping[str, Any], operation: Schema, schemas: Schema) -> dict[str, str]:
    place, *path = found["loc"]
    if found["type"] == "json_invalid":
        path = []
    known: Iterable[str] = ()
    if found["type"] == "extra_forbidden" and place == "body":
        known = member_names(operation["requestBody"]["content"]["application/json"]["schema"], path[:-1], schemas)
    elif found["type"] == "extra_forbidden":
        known = {each["name"] for each in operation.get("parameters", ()) if each["in"] == place}
    return {"pointer": pointer(path), "in": str(place), "message": sentence(found, known)}


def member_names(schema: Schema, path: list[int | str], schemas: Schema) -> set[str]:
    """Return the names of the members that the JSON schema documents at this path. `schemas` are the named schemas."""
    if "$ref" in schema:
        return member_names(schemas[schema["$ref"].rpartition("/")[2]], path, schemas)
    if "anyOf" in schema:
        return set().union(*(member_names(each, path, schemas) for each in schema["anyOf"]))
    if not path:
        return set(schema.get("properties", ()))
    part, *rest = path
    inner = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
    return member_names(inner or {}, rest, schemas)


def pointer(path: Iterable[int | str]) -> str:
    """Return the path as a JSON Pointer (RFC 6901) from the root of the body or of the parameters."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
