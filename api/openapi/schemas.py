"""Rewrites the schemas of the document, so that code generators make good types from them.

Pydantic writes an optional member as `anyOf` of its type and null, and gives every schema a title. After the rewrite, a
member that may be null has a list of types. In schemas that only answers use, a member is present or absent, and never
null.
"""

from collections.abc import Iterator
from typing import Any, Final

Document = dict[str, Any]

NULL: Final = {"type": "null"}
REF: Final = "#/components/schemas/"
SAMPLES: Final = ("default", "example", "examples")
"""Keys with values that are data and not schemas."""


def tidy_schemas(document: Document) -> None:
    """Simplify all schemas of the document in place, and mark the members of answers that are always there."""
    schemas: Document = document["components"]["schemas"]
    answered = reachable(document, "responses") - reachable(document, "requestBody")
    for name in answered & set(schemas):
        mark_answered_members(schemas[name])
    for name, schema in schemas.items():
        schemas[name] = simplified(schema)
    document["paths"] = simplified(document["paths"])


def reachable(document: Document, part: str) -> set[str]:
    """Return the names of the schemas that this part of any operation refers to, directly or indirectly."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    found: set[str] = set()
    waiting = [name for operation in operations for name in referred(operation.get(part, {}))]
    if part == "responses":
        waiting += referred(document["components"].get("responses", {}))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += referred(document["components"]["schemas"][name])
    return found


def referred(node: Any) -> Iterator[str]:  # noqa: ANN401 - any part of the document
    """Yield the names of the schemas that this part of the document refers to directly."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(REF):
            yield reference.removeprefix(REF)
        for value in node.values():
            yield from referred(value)
    elif isinstance(node, list):
        for each in node:
            yield from referred(each)


def mark_answered_members(schema: Document) -> None:
    """Mark nullable members as optional and all others as required: answers leave out members without a value."""
    properties: Document = schema.get("properties", {})
    optional = {name for name, described in properties.items() if is_nullable(described)}
    for name in optional:
        properties[name] = without_null(properties[name])
    if properties:
        schema["required"] = [name for name in properties if name not in optional]


def is_nullable(schema: Document) -> bool:
    return NULL in schema.get("anyOf", ())


def without_null(schema: Document) -> Document:
    """Return the schema without null, for a member that is present or absent."""
    kept = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    choices = [one for one in schema.get("anyOf", ()) if one != NULL]
    return kept | (choices[0] | kept if len(choices) == 1 else {"anyOf": choices} if choices else {})


def simplified(node: Any) -> Any:  # noqa: ANN401 - any part of the document
    """Return the node without titles, which only repeat names, and without `anyOf` for null where possible."""
    if isinstance(node, list):
        return [simplified(each) for each in node]
    if not isinstance(node, dict):
        return node
    said = {
        name: value if name in SAMPLES else simplified(value)
        for name, value in node.items()
        if name != "title" or not isinstance(value, str)
    }
    if is_nullable(said) and said.get("default", "") is None:
        del said["default"]
    return with_types_listed(said) if is_nullable(said) else said


def with_types_listed(schema: Document) -> Document:
    """Replace `anyOf` of one simple type and null by a list of two types. Return other schemas unchanged."""
    plain = without_null(schema)
    if not isinstance(plain.get("type"), str) or "enum" in plain or "const" in plain:
        return schema
    return plain | {"type": [plain["type"], "null"]}
