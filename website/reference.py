"""Writes the reference of the REST API from its OpenAPI document: a page for each resource, and one for the schemas."""

import json
import re
from pathlib import Path
from typing import Any, Final

from api.app import create_app
from config.settings import Settings
from website.navigation import Nav
from website.schemas import HEADER, fields, row, schemas_page, type_of

METHODS: Final = ("get", "post", "put", "patch", "delete")
ISSUER: Final = "https://issuer.example"
RESOURCE: Final = re.compile(r"/(?:bookme/)?(?:config/)?([\w-]+)")
REASON: Final = re.compile(r"`([A-Z_]+)`(?= \(\d{3}\))")
ABOUT: Final = """# Reference

Every operation of the REST API and of a [sandbox](../sandbox.md), made from the OpenAPI document
([openapi.json](openapi.json)).
[REST API](../api.md) explains how the operations work together. The [journey](../journey.md) shows those of a booking.

"""

Document = dict[str, Any]


def write(target: Path) -> list[Nav]:
    """Write the pages into `target`, and return their part of the navigation."""
    document = create_app(Settings(auth_issuer=ISSUER, dev_issuer=False, sandbox=True)).openapi()
    target.mkdir(parents=True, exist_ok=True)
    (target / "openapi.json").write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")
    (target / "schemas.md").write_text(schemas_page(document), encoding="utf-8")
    nav: list[Nav] = ["reference/README.md"]
    listed = []
    for tag, resources in by_tag(document).items():
        pages: list[Nav] = []
        for name, operations in resources.items():
            page = f"{slug(tag)}/{name}.md"
            (target / page).parent.mkdir(exist_ok=True)
            (target / page).write_text(resource_page(document, name, operations), encoding="utf-8")
            pages.append({title(name): f"reference/{page}"})
            listed.append(f"| [{title(name)}]({page}) | {tag} | {len(operations)} |\n")
        nav.append({tag: pages})
    table = "| resource | group | operations |\n| --- | --- | ---: |\n" + "".join(listed)
    errors = "\n## Errors\n\n" + "".join(error_section(*each) for each in document["components"]["responses"].items())
    (target / "README.md").write_text(ABOUT + table + errors, encoding="utf-8")
    return [*nav, {"Schemas": "reference/schemas.md"}]


def by_tag(document: Document) -> dict[str, dict[str, list[tuple[str, str, Document]]]]:
    """Return the operations (path, method, operation) by tag and by resource, in the order of the document."""
    found: dict[str, dict[str, list[tuple[str, str, Document]]]] = {each["name"]: {} for each in document["tags"]}
    for path, methods in document["paths"].items():
        resource = RESOURCE.match(path)
        for method in METHODS:
            if method in methods and resource is not None:
                resources = found[methods[method]["tags"][0]]
                resources.setdefault(resource[1], []).append((path, method, methods[method]))
    return found


def slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower())


def title(resource: str) -> str:
    return resource.replace("-", " ").capitalize()


def resource_page(document: Document, name: str, operations: list[tuple[str, str, Document]]) -> str:
    return f"# {title(name)}\n\n" + "\n".join(operation_section(document, *each) for each in operations)


def operation_section(document: Document, path: str, method: str, operation: Document) -> str:
    """Return the section of one operation: what it does, what it takes, what it answers."""
    deprecated = "**Deprecated.** " if operation.get("deprecated") else ""
    text = REASON.sub(lambda found: f"[`{found[1]}`](../../problems.md#{found[1].lower()})", operation["description"])
    return (
        "\n\n".join(
            part
            for part in (
                f"## {operation['summary']}",
                f"`{method.upper()} {path}`{{ .method }}",
                deprecated + text,
                scopes(operation),
                parameters(operation.get("parameters", [])),
                body(document, operation.get("requestBody")),
                answers(document, operation["responses"]),
            )
            if part
        )
        + "\n"
    )


def scopes(operation: Document) -> str:
    """Return which scopes the access token needs. `security` lists alternatives."""
    alternatives = [
        " and ".join(f"`{scope}`" for its_scopes in each.values() for scope in its_scopes)
        for each in operation.get("security", [])
    ]
    return f"Scope: {' or '.join(alternatives)}." if any(alternatives) else ""


def parameters(found: list[Document]) -> str:
    if not found:
        return ""
    rows = [
        row(each["name"], f"{type_of(each['schema'])}, {each['in']}", each, each.get("required", False))
        for each in found
    ]
    return "\n".join(("**Parameters**\n", *HEADER, *rows))


def body(document: Document, found: Document | None) -> str:
    """Return the members of the body of a request, with an example."""
    if found is None:
        return ""
    parts = [f"**Body**{'' if found.get('required') else ' (optional)'}"]
    for kind, content in found["content"].items():
        schema = content["schema"]
        parts.append(f"`{kind}`: {type_of(schema)}")
        name = schema.get("$ref", "").rpartition("/")[2]
        if name:
            parts.append(fields(document["components"]["schemas"][name]))
        parts.append(example(document, content))
    return "\n\n".join(part for part in parts if part)


def answers(document: Document, responses: Document) -> str:
    """Return the successful answers with an example, and the statuses of errors with links."""
    parts = ["**Answers**"]
    errors = []
    for status, response in responses.items():
        if "$ref" in response:
            errors.append(f"[{status}](../README.md#{slug(words(response['$ref'].rpartition('/')[2]))})")
            continue
        contents = response.get("content", {})
        kinds = [f"{type_of(content.get('schema', {}))} (`{kind}`)" for kind, content in contents.items()]
        parts.append(f"{status}: {', '.join(kinds) or response['description']}")
        parts.extend(example(document, content) for content in contents.values())
    return "\n\n".join(part for part in (*parts, f"Errors: {', '.join(errors)}" if errors else "") if part)


def example(document: Document, content: Document) -> str:
    """Return an example of a body as JSON, if the document has one."""
    schema = content.get("schema", {})
    is_list = schema.get("type") == "array"
    name = (schema.get("items", {}) if is_list else schema).get("$ref", "").rpartition("/")[2]
    found = content.get("example", (document["components"]["schemas"].get(name, {}).get("examples") or [None])[0])
    if found is None:
        return ""
    text = json.dumps([found] if is_list and not isinstance(found, list) else found, indent=2, ensure_ascii=False)
    return f"```json\n{text}\n```"


def error_section(name: str, response: Document) -> str:
    return f"### {words(name)}\n\n{response['description']}\n\n"


def words(name: str) -> str:
    """Return `NotFound` as `Not found`."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", name).capitalize()
