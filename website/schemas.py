"""Writes the schemas of the OpenAPI document as tables of their members."""

import json
import re
from typing import Any, Final

LIMITS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
HEADER: Final = ("| name, type | description |", "| --- | --- |")
CODE: Final = re.compile(r"(`[^`]*`)")

Schema = dict[str, Any]


def schemas_page(document: dict[str, Any]) -> str:
    """Return the page of all schemas, in alphabetical order."""
    return "# Schemas\n\n" + "\n\n".join(
        part
        for name, schema in sorted(document["components"]["schemas"].items())
        for part in (f"## {name}", escaped(schema.get("description", "")), values(schema), fields(schema, page=""))
        if part
    )


def values(schema: Schema) -> str:
    return f"One of {', '.join(f'`{each}`' for each in schema['enum'])}." if "enum" in schema else ""


def fields(schema: Schema, page: str = "../schemas.md") -> str:
    """Return a table of the members of an object, or an empty text. `page` is where the schemas are."""
    needed = schema.get("required", ())
    rows = [
        row(name, type_of(each, page), {"schema": each} | each, name in needed)
        for name, each in schema.get("properties", {}).items()
    ]
    return "\n".join((*HEADER, *rows)) if rows else ""


def row(name: str, kind: str, described: Schema, is_required: bool) -> str:
    """Return the row of a member or a parameter. Two columns are narrow enough for a phone."""
    needed = ", required" if is_required else ""
    return f"| `{name}`<br>{kind}{needed} | {cell(described.get('description', ''), described['schema'])} |"


def type_of(schema: Schema, page: str = "../schemas.md") -> str:
    """Return the type of a value, with links to the schemas that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}]({page}#{name.lower()})"
    for combined in ("anyOf", "oneOf", "allOf"):
        if combined in schema:
            return " or ".join(
                dict.fromkeys(type_of(each, page) for each in schema[combined] if each != {"type": "null"})
            )
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}), page)}"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    found = schema.get("type", "any value")
    kinds = [each for each in ([found] if isinstance(found, str) else found) if each != "null"]
    return schema.get("format") or " or ".join(kinds)


def cell(description: str, schema: Schema) -> str:
    """Return a description for a cell of a table, with the limits and the default of the value."""
    limits = [text.format(schema[name]) for name, text in LIMITS.items() if has_limit(schema, name)]
    default = schema.get("default")
    notes = [*limits, *([f"default `{json.dumps(default)}`"] if default not in (None, [], "") else [])]
    text = " ".join(part for part in (description, f"{', '.join(notes).capitalize()}." if notes else "") if part)
    return escaped(re.sub(r"\s*\n\s*", " ", text)).replace("|", "\\|")


def has_limit(schema: Schema, name: str) -> bool:
    """Return whether a limit says something. That a text or a list is not empty goes without saying."""
    return name in schema and (name, schema[name]) not in {("minLength", 1), ("minItems", 1)}


def escaped(text: str) -> str:
    """Return a text whose `<` is no HTML, except in code."""
    parts = CODE.split(text)
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "".join(parts)
