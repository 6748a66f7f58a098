"""The OpenAPI document says everything that a client's author needs, and nothing that is not so."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from api.http.refusals import MEANINGS
from api.schemas.base import examples
from devstack.demo_data import identity
from domain.errors import Reason
from tests.integration.api.support import CODES, ENDPOINTS, Endpoint, ok
from tests.support import documented_answers
from tests.support.clients import ApiClient, new_client_id

GUIDE = Path(__file__).parents[4] / "docs/api.md"
OPEN = ("Health_live", "Health_ready", "Metrics", "Feeds_read")
Document = dict[str, Any]


@pytest.fixture(scope="session")
def document() -> Document:
    return documented_answers.document()


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def resolved(document: Document, schema: Document) -> Document:
    return schema | {"components": document["components"]}


def answers(document: Document, operation: Document) -> dict[str, Document]:
    """The operation's answers by status; the shared ones are looked up."""
    shared = document["components"]["responses"]
    return {
        status: shared[answer["$ref"].rsplit("/", 1)[1]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }


def properties(document: Document) -> Iterator[tuple[str, Document]]:
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            yield f"{name}.{field}", described


def test_every_endpoint_is_there_and_no_other(document: Document) -> None:
    described = {(method, path) for method, path, operation in operations(document) if operation["security"]}
    assert described == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    others = {operation["operationId"] for *_, operation in operations(document) if not operation["security"]}
    assert others == set(OPEN)


def test_everything_is_described(document: Document) -> None:
    for method, path, operation in operations(document):
        assert operation["description"], (method, path)
        assert operation["summary"], (method, path)
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (path, parameter["name"])
        for status, answer in answers(document, operation).items():
            assert answer["description"], (path, status)
    undescribed = [name for name, described in properties(document) if not described.get("description")]
    assert undescribed == []


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained(document: Document, reason: Reason) -> None:
    assert f"- `{reason}`: {MEANINGS[reason]}" in document["info"]["description"]
    assert reason in document["components"]["schemas"]["Reason"]["enum"]
    assert any(f"`{reason}` (" in operation["description"] for *_, operation in operations(document))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_each_endpoint_tells_its_errors(document: Document, endpoint: Endpoint) -> None:
    operation = document["paths"][endpoint.path][endpoint.method.lower()]
    told = set(operation["responses"])
    assert {"400", "401", "403", "429", "500", "503"} <= told
    assert "422" not in told
    takes_a_body = endpoint.body is not None or endpoint.file is not None or endpoint.path.endswith("/rotate-secret")
    assert ({"408", "413", "415"} <= told) == takes_a_body
    assert "404" in told or not ("{" in endpoint.path or endpoint.query)
    for status in (each for each in told if each >= "400"):
        assert list(answers(document, operation)[status]["content"]) == ["application/problem+json", "application/json"]
    assert operation["security"] == [{"oauth2": [endpoint.scope]}]
    headers = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
    assert "Idempotency-Key" in headers or endpoint.method != "POST"
    assert ("If-Match" in headers) == ("412" in told)
    assert ("BookMe-End-User" in headers) == (endpoint.path == "/bookme/time-slots/reserve")
    assert headers <= {"Idempotency-Key", "If-Match", "If-None-Match", "BookMe-End-User"}


def test_every_example_is_as_its_schema_says(document: Document) -> None:
    shown = 0
    for *_, operation in operations(document):
        bodies = [operation.get("requestBody", {}), *answers(document, operation).values()]
        for content in (each for body in bodies for each in body.get("content", {}).values()):
            validator = Draft202012Validator(resolved(document, content["schema"]))
            for example in content.get("examples", {}).values():
                validator.validate(example["value"])
                shown += 1
    for schema in document["components"]["schemas"].values():
        for example in schema.get("examples", ()):
            Draft202012Validator(resolved(document, schema)).validate(example)
            shown += 1
    assert shown > 50


@pytest.mark.parametrize(
    "name", ["Topic", "Employee", "TimeSlot", "Meeting", "Reservation", "CreateMeetingRequest", "Readiness"]
)
def test_bodies_and_answers_have_examples(document: Document, name: str) -> None:
    assert document["components"]["schemas"][name]["examples"]


def test_the_examples_are_of_the_demo_organisation() -> None:
    assert identity("Freja Lindqvist") == UUID(examples.EMPLOYEE)
    assert identity("home-loan") == UUID(examples.TOPIC)
    assert identity("Private") == UUID(examples.CUSTOMER_TYPE)
    assert identity("copenhagen-city/Øresund") == UUID(examples.ROOM)


async def test_the_example_of_a_reservation_can_be_sent_as_it_stands(client: ApiClient, document: Document) -> None:
    (example,) = document["components"]["schemas"]["Reservation"]["examples"]
    alone = await client.as_another(new_client_id())
    assert ok(await alone.post("/bookme/time-slots/reserve", example))["employeeId"] == examples.EMPLOYEE


def test_the_answers_of_the_guide_are_as_documented(document: Document) -> None:
    shown = re.findall(r"```json\n(.+?)```", GUIDE.read_text(), re.DOTALL)
    for name, text in zip(("CompactAvailability", "Event"), shown, strict=True):
        reference = {"$ref": f"#/components/schemas/{name}"}
        Draft202012Validator(resolved(document, reference)).validate(json.loads(text))


def test_each_code_is_known(document: Document) -> None:
    shown = re.findall(r"'status': (\d+), .*?'code': '(\w+)'", str(document["components"]["responses"]))
    assert {int(status): code for status, code in shown} == {key: CODES[key] for key in CODES if key != 405}


def test_no_parameter_is_null(document: Document) -> None:
    schemas = [each["schema"] for *_, operation in operations(document) for each in operation.get("parameters", ())]
    assert not [schema for schema in schemas if "null" in str(schema)]


def schemas(node: Any) -> Iterator[Document]:  # noqa: ANN401 - any part of the document
    """Every schema in a part of the document, the nested ones too."""
    if isinstance(node, dict):
        if node.keys() & {"type", "anyOf", "allOf", "$ref"}:
            yield node
        for name, value in node.items():
            yield from () if name in ("example", "examples", "default") else schemas(value)
    elif isinstance(node, list):
        for each in node:
            yield from schemas(each)


def test_the_errors_are_shared(document: Document) -> None:
    """Each operation refers to them, and the whole document stays small."""
    for *_, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400" and operation["operationId"] != "Health_ready":
                assert list(answer) == ["$ref"]
    assert len(json.dumps(document)) < 300_000


def test_no_choice_is_between_a_type_and_nothing(document: Document) -> None:
    for schema in schemas(document):
        for choice in schema.get("anyOf", ()):
            assert choice.get("maxLength") != 0
            assert choice != {"type": "null"} or schema["anyOf"][0].keys() == {"$ref"}


def test_enumerations_have_names(document: Document) -> None:
    named = document["components"]["schemas"].values()
    inline = [each for each in schemas(document) if len(each.get("enum", ())) > 1 and each not in named]
    assert inline == []


@pytest.mark.parametrize("name", ["Meeting", "TimeSlot", "Topic", "Problem", "SlotExplained"])
def test_what_is_only_answered_is_never_null(document: Document, name: str) -> None:
    assert "null" not in str(document["components"]["schemas"][name])


def test_what_is_always_answered_is_required(document: Document) -> None:
    meeting = document["components"]["schemas"]["Meeting"]
    optional = {"roomId", "title", "description", "videoLink", "salesforceId"}
    optional |= {"timeSlotId", "dateCancelled", "cancelledBy", "reason"}
    assert set(meeting["required"]) == set(meeting["properties"]) - optional


def test_says_whose_it_is_and_where(document: Document) -> None:
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]
    assert document["info"]["contact"]["url"] == "http://127.0.0.1:8000/"
    assert document["info"]["license"] == {"name": "Apache 2.0", "identifier": "Apache-2.0"}
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for *_, operation in operations(document) for tag in operation["tags"]} == described


def test_a_get_that_may_answer_304_takes_if_none_match(document: Document) -> None:
    conditional = [each for path in document["paths"].values() for each in path.values() if "304" in each["responses"]]
    assert len(conditional) > 5
    for operation in conditional:
        named = [each["name"] for each in operation["parameters"] if each["in"] == "header"]
        assert named.count("If-None-Match") == 1, operation["operationId"]


def test_tokens_are_the_issuers_to_give(document: Document) -> None:
    scheme = document["components"]["securitySchemes"]["oauth2"]
    assert scheme["type"] == "openIdConnect"
    assert scheme["openIdConnectUrl"] == "https://issuer.example/.well-known/openid-configuration"


async def test_the_development_stack_lets_one_authorise_in_the_documentation(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    flow = app.openapi()["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    form = {"grant_type": "client_credentials", "scope": " ".join(flow["scopes"])}
    answer = await http.post(flow["tokenUrl"], data=form, auth=("demo", "bookme-development"))
    token = answer.json()["access_token"]
    listed = await http.get("/config/rooms", headers={"Authorization": f"Bearer {token}"})
    assert listed.status_code == 200


async def test_the_documentation_needs_no_internet(http: httpx.AsyncClient) -> None:
    page = (await http.get("/docs")).text
    linked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert linked
    for address in linked:
        assert not urlsplit(address).netloc, address
        assert (await http.get(urljoin("/docs", address))).status_code == 200
