"""JSON Patch (RFC 6902) of a resource: the operations, and the resource as they make it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

import jsonpatch
import jsonpointer
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from api.errors import UnusableRequest, pointer

Resource = TypeVar("Resource", bound=BaseModel)

MOST_OPERATIONS = 100


class Operation(BaseModel):
    """One operation. Other members mean nothing, says the RFC."""

    model_config = ConfigDict(extra="ignore")

    op: Literal["add", "remove", "replace", "move", "copy", "test"] = Field(description="What to do.")
    path: str = Field(max_length=500, description="Where, as a JSON Pointer (RFC 6901).")
    value: Any = Field(None, description="With what: of `add`, `replace` and `test`.")
    from_: str | None = Field(None, alias="from", max_length=500, description="From where: of `move` and `copy`.")


Patch = Annotated[
    list[Operation],
    Field(
        min_length=1,
        max_length=MOST_OPERATIONS,
        examples=[[{"op": "replace", "path": "/name", "value": "Pension"}]],
    ),
]


class OneIsAList:
    """Lets a single operation come without its list, and says so in the document."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    @staticmethod
    def __get_pydantic_json_schema__(schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


def _listed(patch: Any) -> Any:  # noqa: ANN401 - whatever a client sends
    return [patch] if isinstance(patch, dict) else patch


def patched(resource: Resource, patch: list[Operation]) -> Resource:
    """The resource with every operation applied, or none.

    Raises:
        UnusableRequest: an operation does not apply, a test fails, or the result is no such resource.

    """
    document = resource.model_dump(mode="json", by_alias=True)
    try:
        result = jsonpatch.apply_patch(document, [_plain(each) for each in patch])
        return type(resource).model_validate(result)
    except ValidationError as error:
        first = error.errors()[0]
        where, why = pointer(first["loc"]), first["msg"].removeprefix("Value error, ")
        raise _unusable(f"The patched resource would be malformed: {why} ({where or 'the whole'}).") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError) as error:
        # It quotes the client, whose text need not be one that UTF-8 can express.
        told = str(error).encode(errors="replace").decode()
        raise _unusable(f"The patch cannot be applied: {told}") from error


def _plain(operation: Operation) -> Mapping[str, Any]:
    return operation.model_dump(by_alias=True, exclude_unset=True)


def _unusable(message: str) -> UnusableRequest:
    return UnusableRequest(HTTPStatus.BAD_REQUEST, message)
