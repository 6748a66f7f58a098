"""Messages of validation errors: every error that our schemas can raise has a message of ours."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ValidationError
from pydantic_core._pydantic_core import list_all_errors

from api.app import create_app
from api.http.validation_messages import FALLBACK, MOST_LISTED, PATTERNS, SENTENCES, field_errors, sentence
from api.schemas.base.common import Body
from config.settings import Settings
from tests.support.pydantic_texts import OF_PYDANTIC

APP: Final = create_app(Settings(auth_issuer="https://issuer.example"))
DOCUMENT: Final = APP.openapi()
SCHEMAS: Final = DOCUMENT["components"]["schemas"]
ROUTES: Final = [
    each.original_route
    for each in iter_route_contexts(APP.routes)
    if isinstance(each.original_route, APIRoute) and each.original_route.include_in_schema
]

RAISED: Final[Mapping[str, tuple[str, ...]]] = {
    "bool": ("bool_type", "bool_parsing"),
    "datetime": ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
    "dict": ("dict_type",),
    "enum": ("enum",),
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float", "finite_number"),
    "list": ("list_type",),
    "literal": ("literal_error",),
    "model": ("model_type", "model_attributes_type"),
    "model-field": ("missing",),
    "str": ("string_type", "string_unicode"),
    "timedelta": ("time_delta_type", "time_delta_parsing"),
    "uuid": ("uuid_type", "uuid_parsing"),
    "function-after": ("value_error",),
    "function-before": ("value_error",),
}
"""Errors of each kind of core schema that a client can cause."""

RAISE_NOTHING: Final = {
    *("any", "default", "definition-ref", "definitions", "model-fields", "nullable"),
    # A validator of ours runs before these two, and refuses all wrong values.
    *("date", "time"),
}

CONSTRAINTS: Final = {
    ("int", "ge"): "greater_than_equal",
    ("int", "le"): "less_than_equal",
    ("str", "min_length"): "string_too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "pattern"): "string_pattern_mismatch",
    ("list", "min_length"): "too_short",
    ("list", "max_length"): "too_long",
    ("datetime", "tz_constraint"): "timezone_aware",
    ("model-fields", "extra_behavior"): "extra_forbidden",
}
KEYS_OF_CONSTRAINTS: Final = {"ge", "le", "gt", "lt", "multiple_of", "min_length", "max_length", "pattern"}


def fields(dependant: Dependant) -> Iterator[Any]:
    yield from (*dependant.query_params, *dependant.header_params)
    for each in dependant.dependencies:
        yield from fields(each)


def nodes(schema: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any part of a core schema
    """Yield all core schemas in this one."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        for key, value in schema.items():
            if key not in ("metadata", "serialization", "function", "json_schema_input_schema"):
                yield from nodes(value)
    elif isinstance(schema, list | tuple):
        for each in schema:
            yield from nodes(each)


def inputs(route: APIRoute) -> list[Any]:
    return [*fields(route.dependant), *([route.body_field] if route.body_field else [])]


def subclasses(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the models of requests, with those that a patched resource is validated by."""
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


CORE_SCHEMAS: Final = {
    **{f"{route.methods} {route.path}": [each._type_adapter.core_schema for each in inputs(route)] for route in ROUTES},
    **{each.__qualname__: [each.__pydantic_core_schema__] for each in subclasses(Body)},
}


def types_of(node: Mapping[str, Any]) -> set[str]:
    kind = node["type"]
    assert kind in RAISED or kind in RAISE_NOTHING, f"say which errors {kind} raises"
    unknown = {key for key in KEYS_OF_CONSTRAINTS & set(node) if (kind, key) not in CONSTRAINTS}
    assert not unknown, f"say which errors {unknown} of {kind} raise"
    assert node.get("pattern") in {None, *PATTERNS}, "say in words what the pattern asks for"
    return {*RAISED.get(kind, ()), *(CONSTRAINTS[kind, key] for key in node if (kind, key) in CONSTRAINTS)}


@pytest.mark.parametrize("schemas", CORE_SCHEMAS.values(), ids=CORE_SCHEMAS)
def test_every_error_that_a_schema_can_raise_has_a_sentence(schemas: list[Any]) -> None:
    raised = {error for node in nodes(schemas) for error in types_of(node)}
    assert raised <= set(SENTENCES)


def test_pydantic_knows_the_types_in_the_table() -> None:
    types = {each["type"] for each in list_all_errors()}
    assert {*SENTENCES} - {"unknown_id"} <= types
    assert {*CONSTRAINTS.values(), *(name for names in RAISED.values() for name in names)} <= types


def test_no_error_of_pydantic_has_its_own_text() -> None:
    """Also those types that our schemas do not raise today."""
    for each in list_all_errors():
        text = sentence(
            {"type": each["type"], "loc": ("body", "name"), "input": [], "ctx": each.get("example_context") or {}}
        )
        assert not OF_PYDANTIC.search(text), each
        assert (text == FALLBACK) == (each["type"] not in SENTENCES)


WRONG: Final[list[Any]] = [
    *(None, True, 1, -1, 1.5, 10**30, float("inf"), [], [1], [None], [[]], ["x"] * 600, {}, {"x": 1}),
    *("", "x", "é", "x" * 11_000, "\ud800", "a\x00b", "tomorrow", "2027-01-07T09:00:00Z", "2027-01-07T25:00:00Z"),
    *("2027-13-40", "25:00:00", "P", "PT1H1H", "PT1.5S", "P99999D", "9" * 30),
]


def valid(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON that fits the documented schema, at least in its shape."""
    if "$ref" in schema:
        return valid(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "examples" in schema:
        return copy.deepcopy(schema["examples"][0])
    if "anyOf" in schema:
        return valid(schema["anyOf"][0])
    if "properties" in schema:
        return {name: valid(inner) for name, inner in schema["properties"].items()}
    return [valid(schema["items"])] if "items" in schema else "x"


def variants(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """Yield the JSON value with something wrong in one place."""
    yield from WRONG
    if isinstance(value, dict):
        yield value | {"unknownMember": 1}
        for name, inner in value.items():
            yield {other: value[other] for other in value if other != name}
            yield from (value | {name: wrong} for wrong in variants(inner))
    elif isinstance(value, list):
        yield value * 1000
        yield from ([wrong] for each in value[:1] for wrong in variants(each))


def raised_by(route: APIRoute) -> Iterator[Mapping[str, Any]]:
    """Yield the errors of requests that have one thing wrong."""
    [operation] = (DOCUMENT["paths"][route.path_format][method.lower()] for method in route.methods or ())
    if route.body_field:
        for wrong in variants(valid(operation["requestBody"]["content"]["application/json"]["schema"])):
            yield from route.body_field.validate(wrong, {}, loc=("body",))[1] or ()
    for field in fields(route.dependant):
        names = getattr(field.field_info.annotation, "model_fields", {})
        for wrong in (each for each in WRONG if isinstance(each, str | list)):
            values = [{each.alias: wrong, "unknown": "1"} for each in names.values()] if names else [wrong]
            for value in values:
                yield from field.validate(value, {}, loc=("query",) if names else ("query", field.alias))[1] or ()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.methods} {route.path}")
def test_a_request_with_one_wrong_value_gets_sentences_of_ours(route: APIRoute) -> None:
    found = [*raised_by(route)]
    assert {each["type"] for each in found} <= set(SENTENCES)
    for each in found:
        [entry] = field_errors([each], {"requestBody": {"content": {"application/json": {"schema": {}}}}}, SCHEMAS)
        assert entry["message"]
        assert not isinstance(each["input"], str) or " items" not in entry["message"], entry
        assert not OF_PYDANTIC.search(entry["message"]), entry
        assert "\ud800" not in entry["message"]


RESERVE: Final = DOCUMENT["paths"]["/bookme/time-slots/reserve"]["post"]
SEARCH: Final = DOCUMENT["paths"]["/bookme/time-slots/available"]["get"]


@pytest.mark.parametrize(
    ("operation", "loc", "advice"),
    [
        (RESERVE, ("body", "timeSlot", "employee"), "did you mean `employeeId`?"),
        (RESERVE, ("body", "timeSlot", "EMPLOYEEID"), "did you mean `employeeId`?"),
        (RESERVE, ("body", "timeSlot", "start"), "did you mean `startDate`?"),
        (RESERVE, ("body", "Token"), "did you mean `token`?"),
        (RESERVE, ("body", "unknownMember"), "leave it out"),
        (RESERVE, ("body", "employeeId"), "leave it out"),
        (SEARCH, ("query", "requireemployeeparticipation"), "did you mean `requireEmployeeParticipation`?"),
        (SEARCH, ("query", "x" * 100_000), "leave it out"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_similar_one(
    operation: Mapping[str, Any], loc: tuple[str, ...], advice: str
) -> None:
    [entry] = field_errors([{"type": "extra_forbidden", "loc": loc}], operation, SCHEMAS)
    assert entry["message"] == f"is not a member that this request knows; {advice}"
    assert entry["pointer"] == "/" + "/".join(loc[1:])


def test_an_answer_lists_a_limited_number_of_errors() -> None:
    errors = [{"type": "extra_forbidden", "loc": ("body", f"unknown{number}")} for number in range(50_000)]
    assert len(field_errors(errors, RESERVE, SCHEMAS)) == MOST_LISTED


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_wrong_setting_is_explained_in_words_of_ours(name: str) -> None:
    for wrong in (each for each in WRONG if isinstance(each, str)):
        try:
            Settings.model_validate({name: wrong})
        except ValidationError as error:
            for found in error.errors():
                assert found["type"] in SENTENCES
                assert not OF_PYDANTIC.search(sentence(found)), found
