"""Error answers in the OpenAPI document: one response and one schema for each status, for all operations."""

from typing import Any, Final

from api.http.refusals import MEANINGS, REASONS, STATUSES, WHEN
from api.openapi.headers import OF_ERRORS, REQUEST_ID, refer
from api.problems.names import example_of
from api.schemas.problems import Problem, code_of
from domain.errors import Reason

Documented = dict[str, Any]

PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


def response_name(status: int) -> str:
    """Return the name of the shared response with this status, such as `NotFound`."""
    return code_of(status).title().replace("_", "")


def schema_name(status: int) -> str:
    """Return the name of the schema of this error answer. It is the contract's name, if the contract has one."""
    name = response_name(status)
    return name if name.endswith("Error") else f"{name}Error"


def share_errors(operation: Documented) -> None:
    """Replace the operation's error answers by the shared ones, and describe their reasons."""
    reasons: list[Reason] = []
    for status, response in operation["responses"].items():
        if REASONS in response:
            reasons += response[REASONS]
            operation["responses"][status] = {"$ref": f"#/components/responses/{response_name(int(status))}"}
    if reasons:
        named = ", ".join(f"`{reason}` ({int(STATUSES[reason])})" for reason in reasons)
        operation["description"] += f"\n\nRefused with the `reason` {named}."


def shared_responses(public_url: str) -> Documented:
    """Return the content of `components/responses`, for an API that clients reach at this address."""
    return {response_name(status): shared_response(status, public_url) for status in WHEN}


def shared_response(status: int, public_url: str) -> Documented:
    """Describe the error answer with this status, with an example for each reason."""
    schema = {"$ref": f"#/components/schemas/{schema_name(status)}"}
    reasons = [reason for reason in Reason if STATUSES[reason] == status]
    meanings = [f"- `{reason}`: {MEANINGS[reason]}" for reason in reasons]
    names = [reason.value for reason in reasons] or [code_of(status)]
    examples = {name: example_of(public_url, name) for name in names}
    return {
        "description": "\n".join([WHEN[status], *(("", "`reason` is one of", "", *meanings) if meanings else ())]),
        "headers": refer(REQUEST_ID, *OF_ERRORS.get(status, ())),
        "content": {
            "application/problem+json": {
                "schema": schema,
                "examples": {name: {"value": value} for name, value in examples.items()},
            },
            "application/json": {"schema": schema},
        },
    }


def error_schemas() -> Documented:
    """Return the schemas of error answers: `Problem`, and one for each status with its `code`."""
    problem = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    nested: Documented = problem.pop("$defs", {})
    return nested | {"Problem": problem} | {schema_name(status): error_schema(status) for status in WHEN}


def error_schema(status: int) -> Documented:
    """Return the schema of a `Problem` with this status and its code."""
    members = {"status": {"type": "integer", "enum": [status]}, "code": {"type": "string", "enum": [code_of(status)]}}
    return {"description": WHEN[status], "allOf": [PROBLEM, {"type": "object", "properties": members}]}
