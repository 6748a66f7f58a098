"""JSON Patch (RFC 6902): the schema of the operations, and their application to a resource."""

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar

import jsonpatch
import jsonpointer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from api.http.errors import UnusableRequest, unknown_ids
from api.http.validation_messages import member_names, pointer, sentence, sentence_at

Resource = TypeVar("Resource", bound=BaseModel)

MOST_OPERATIONS = 100

MOST_COPIED = 65_536
"""Characters of JSON that one patch may copy. Each `copy` can double the document: 30 enlarge it a billion times."""

FAILURES = (
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    TypeError,
    KeyError,
    # Copying and comparing reach the recursion limit at a smaller depth than parsing.
    RecursionError,
)
"""Exceptions that an operation raises if it does not apply."""


SCALARS: Final[Mapping[str, type]] = {"bool_type": bool, "int_type": int}
"""The type that a field needs, by the type of pydantic's validation error."""

BOOLEANS: Final = {"true": True, "false": False}
INTEGER: Final = re.compile(r"-?\d{1,18}", re.ASCII)


class PatchOp(StrEnum):
    """Kind of an operation of a JSON Patch."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
    MOVE = "move"
    COPY = "copy"
    TEST = "test"


class PatchOperation(BaseModel):
    """One operation of a JSON Patch. Other members are ignored (RFC 6902 section 4)."""

    model_config = ConfigDict(extra="ignore")

    op: PatchOp = Field(description="The kind of operation.")
    path: str = Field(max_length=500, description="The member to change, as a JSON Pointer (RFC 6901).")
    value: Any = Field(None, description="The value of `add`, `replace` and `test`.")
    from_: str | None = Field(
        None, alias="from", max_length=500, description="The source of `move` and `copy`, as a JSON Pointer."
    )


Patch = Annotated[
    list[PatchOperation],
    Field(
        min_length=1,
        max_length=MOST_OPERATIONS,
        examples=[[{"op": "replace", "path": "/name", "value": "Pension"}]],
    ),
]


OneOrMore = Annotated[
    Patch,
    BeforeValidator(
        lambda patch: [patch] if isinstance(patch, dict) else patch, json_schema_input_type=PatchOperation | Patch
    ),
]
"""A patch that may be a single operation without a list."""


def patched(resource: Resource, patch: list[PatchOperation], fixed: Iterable[str] = ()) -> Resource:
    """Return a copy of the resource with all operations applied. Fields that `fixed` names cannot be changed.

    Raises:
        UnusableRequest: an operation does not apply, a test fails, the patch copies too much, the result is not a valid
            resource, or a fixed field has another value than before.
        NotFound: the result has an id that cannot exist.

    """
    document, may_be_copied = resource.model_dump(mode="json", by_alias=True), MOST_COPIED
    for operation in patch:
        try:
            may_be_copied -= _copied(document, operation)
            if may_be_copied < 0:
                raise _unusable("The patch copies too much; leave out some of its `copy` operations.")
            document = jsonpatch.apply_patch(document, [_plain(operation, document)], in_place=True)
        except FAILURES as error:
            raise _not_applied(operation) from error
    changed = _validated(type(resource), document, patch)
    before, after = (each.model_dump(mode="json", include=set(fixed)) for each in (resource, changed))
    for name in fixed:
        if after[name] != before[name]:
            raise _unusable(f"{to_camel(name)} cannot be changed.")
    return changed


def _copied(document: Any, operation: PatchOperation) -> int:  # noqa: ANN401 - any JSON
    if operation.op is not PatchOp.COPY:
        return 0
    return len(json.dumps(jsonpointer.resolve_pointer(document, operation.from_ or "")))


def _validated(kind: type[Resource], document: Any, patch: list[PatchOperation]) -> Resource:  # noqa: ANN401 - any JSON
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        if _read_scalars(document, error, patch):
            return _validated(kind, document, [])
        if (unknown := unknown_ids(error.errors())) is not None:
            raise unknown from error
        schema, first = kind.model_json_schema(), error.errors()[0]
        why = sentence(first, member_names(schema, list(first["loc"][:-1]), schema.get("$defs", {})))
        where = pointer(first["loc"]) or "the resource"
        raise _unusable(f"The patched resource would be malformed. {sentence_at(where, why)}") from error


def _read_scalars(document: Any, error: ValidationError, patch: list[PatchOperation]) -> bool:  # noqa: ANN401 - any JSON
    """Convert strings that the patch put where a number or a boolean belongs, such as "3". Return whether any was.

    The contract declares the value of an operation as a string.
    """
    paths = {operation.path for operation in patch if operation.op in (PatchOp.ADD, PatchOp.REPLACE)}
    found = False
    for each in error.errors():
        where, wanted = pointer(each["loc"]), SCALARS.get(each["type"])
        value = _scalar(each["input"])
        if where in paths and wanted is not None and type(value) is wanted:
            jsonpointer.set_pointer(document, where, value)
            found = True
    return found


def _scalar(text: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the number or boolean that the string represents, or the value unchanged."""
    if not isinstance(text, str):
        return text
    if INTEGER.fullmatch(text):
        return int(text)
    return BOOLEANS.get(text.lower(), text)


def _plain(operation: PatchOperation, document: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    plain = operation.model_dump(by_alias=True, exclude_unset=True)
    if operation.op is PatchOp.TEST and isinstance(operation.value, str):
        there = jsonpointer.resolve_pointer(document, operation.path)
        return plain | ({"value": _scalar(operation.value)} if isinstance(there, int) else {})
    return plain


def _not_applied(operation: PatchOperation) -> UnusableRequest:
    """Build the error. It names the operation and quotes no value, because stored values may be personal data."""
    # A path from the client may be text that UTF-8 cannot encode; `json.dumps` escapes such text.
    where = " from ".join(json.dumps(each) for each in (operation.path, operation.from_) if each is not None)
    return _unusable(f"The patch cannot be applied: {operation.op} {where} does not fit the resource; read it again.")


def _unusable(message: str) -> UnusableRequest:
    return UnusableRequest(HTTPStatus.BAD_REQUEST, message)
