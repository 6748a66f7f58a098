"""The Postman collection is up to date, other programs can import it, and its journey books against a real stack."""

import json
from typing import Any, Final

import pytest

from tests.clients.node import CLIENTS, installed, write_document
from tests.generated_clients.tools import NodeTools

pytestmark = [
    pytest.mark.ci,
    pytest.mark.timeout(600),  # the first run downloads the packages
    pytest.mark.xdist_group("node"),
]

COLLECTION: Final = "bookme.postman_collection.json"
ENVIRONMENT: Final = "bookme-dev.postman_environment.json"
STEPS: Final = 10


@pytest.fixture(scope="module")
async def tools(pytestconfig: pytest.Config) -> NodeTools:
    return await installed(pytestconfig, "postman")


def committed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CLIENTS / "postman" / name).read_text())
    return found


def requests(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the requests of this folder and of the folders in it."""
    return [item] if "request" in item else [each for child in item["item"] for each in requests(child)]


async def test_the_collection_is_up_to_date(tools: NodeTools) -> None:
    await tools.node("generate.mjs", write_document(tools))
    fresh = (tools.directory / COLLECTION).read_text()
    assert fresh == (CLIENTS / "postman" / COLLECTION).read_text(), "run `uv run just clients`"


async def test_the_collection_has_every_operation(tools: NodeTools) -> None:
    document = json.loads((tools.directory / write_document(tools)).read_text())
    expected = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    folders = [folder for folder in committed(COLLECTION)["item"] if folder["name"] != "Journey"]
    found = {
        (each["request"]["method"], "/" + "/".join(as_in_the_document(part) for part in each["request"]["url"]["path"]))
        for folder in folders
        for each in requests(folder)
    }
    assert found == expected


def as_in_the_document(part: str) -> str:
    """A parameter is `:id`, or `{{secret}}` where it is only a part of the segment."""
    return "{" + part[1:] + "}" if part.startswith(":") else part.replace("{{", "{").replace("}}", "}")


async def test_bruno_imports_the_collection(tools: NodeTools) -> None:
    imported = json.loads(await tools.node("import-bruno.mjs"))
    journey = next(folder for folder in committed(COLLECTION)["item"] if folder["name"] == "Journey")
    assert imported["requests"] == [step["name"] for step in journey["item"]]
    assert imported["variables"] == len(committed(ENVIRONMENT)["values"])


@pytest.mark.usefixtures("worker")
async def test_the_journey_books_moves_and_cancels(tools: NodeTools, url: str) -> None:
    report = tools.directory / "report.json"
    where = ("--env-var", f"baseUrl={url}", "--env-var", f"tokenUrl={url}/oauth2/token")
    output = ("--reporters", "cli,json", "--reporter-json-export", str(report))
    await tools.run("newman", "newman", "run", COLLECTION, "-e", ENVIRONMENT, "--folder", "Journey", *where, *output)
    run = json.loads(report.read_text())["run"]
    assert run["stats"]["requests"] == {"total": STEPS, "pending": 0, "failed": 0}
    assert run["stats"]["assertions"]["total"] > STEPS
    assert not run["failures"]
