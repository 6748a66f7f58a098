"""A client that knows nothing but the published contract: it builds requests as the contract says, and checks that each
answer is one that the contract describes.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from jsonschema import Draft202012Validator

from tests.support.clients import Json

COPY: Final = Path(__file__).parents[3] / "contract/bookme-public-api.v1.yaml"
FILE: Final = Path(os.environ.get("BOOKME_CONTRACT") or COPY)
CONTRACT: Final[Json] = yaml.safe_load(FILE.read_text())
OPERATIONS: Final[dict[str, tuple[str, str, Json]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
}
"""Method, path and description of each operation."""


def as_json_schema(node: Any) -> Any:  # noqa: ANN401 - any part of the contract
    """OpenAPI 3.0 says `nullable` where JSON Schema says "or null"."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    said = {name: as_json_schema(value) for name, value in node.items() if name != "nullable"}
    return {"anyOf": [said, {"type": "null"}]} if node.get("nullable") is True else said


COMPONENTS: Final = as_json_schema(CONTRACT["components"])


def parameters(operation: Json) -> list[Json]:
    """The operation's parameters; the shared ones are looked up."""
    shared = CONTRACT["components"]["parameters"]
    return [
        shared[each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each for each in operation.get("parameters", ())
    ]


def properties(schema: str) -> set[str]:
    """The names of the members that a schema of the contract has."""
    return set(CONTRACT["components"]["schemas"][schema]["properties"])


def check_answer(operation: Json, answer: httpx.Response) -> Any:  # noqa: ANN401 - any JSON
    """The answer's JSON, once status, media type and body are as the contract says, formats included."""
    assert str(answer.status_code) in operation["responses"], answer.text
    content = operation["responses"][str(answer.status_code)].get("content")
    if content is None:
        return answer.json() if answer.content else None
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in content, f"{media_type} is not documented"
    if media_type != "application/json":
        return answer.text
    schema = as_json_schema(content[media_type]["schema"]) | {"components": COMPONENTS}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(answer.json())
    return answer.json()


@dataclass(frozen=True)
class ContractClient:
    """Calls operations by their ids in the contract."""

    http: httpx.AsyncClient
    headers: dict[str, str]

    async def call(
        self,
        name: str,
        body: Any = None,  # noqa: ANN401 - any JSON
        *,
        id: str = "",  # noqa: A002 - the contract's name of a path parameter
        status: int = 200,
        **query: object,
    ) -> Any:  # noqa: ANN401 - any JSON
        """What the operation answers, with a status that the contract documents and that is the expected one."""
        method, path, operation = OPERATIONS[name]
        known = {each["name"] for each in parameters(operation) if each["in"] == "query"}
        assert query.keys() <= known
        content = {} if body is None else {"json": body}
        accept = ", ".join(media for each in operation["responses"].values() for media in each.get("content", ()))
        answer = await self.http.request(
            method,
            path.replace("{id}", id),
            params={each: as_parameter(value) for each, value in query.items()},
            headers=self.headers | {"Accept": accept or "application/json"},
            **content,
        )
        assert answer.status_code == status, answer.text
        return check_answer(operation, answer)


def as_parameter(value: object) -> str:
    """As the contract's `explode: false` writes it: lists are joined by commas."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(str(each) for each in value) if isinstance(value, list) else str(value)
