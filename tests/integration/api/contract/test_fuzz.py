"""Requests made up from our own OpenAPI document: no answer but those that the document describes, and no crash."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from storage.database import Database
from tests.integration.api.support import EVERY_SCOPE, FREJA, HOOK, ROOM, new_token, ok
from tests.support.clients import ApiClient
from tests.support.documented_answers import document
from tests.support.effort import repetitions

pytestmark = pytest.mark.ci

Send = Callable[[requests.PreparedRequest], httpx.Response]

AS_STAFF, WITHOUT_A_TOKEN = 12, 3
"""How many requests to make up, of each operation, with valid and with wrong data."""
LONGEST_URL: Final = 60_000
"""The client that sends what was made up takes no longer ones: two lists of 500 ids are one."""
OPERATIONS: Final = [(method.upper(), path) for path, item in document()["paths"].items() for method in item]

load_all_checks()
schemathesis.openapi.media_type(
    "text/calendar", st.sampled_from([b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"", b"\xff"])
)
ALWAYS: Final = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)


async def made(client: ApiClient, path: str) -> str | None:
    """The id of something that exists, if the path names one of those. What it takes is made."""
    match path.split("/{id}", maxsplit=1)[0].rpartition("/")[2] if "/{id}" in path else None:
        case "webhooks":
            return str(ok(await client.post("/bookme/webhooks", HOOK))["id"])
        case "meetings":
            return str(ok(await client.create_meeting(await client.booked()))["id"])
        case "time-slots":
            return str(ok(await client.reserve((await client.search())[0], new_token()))["id"])
        case "employees":
            return FREJA
        case "rooms":
            return ROOM
    return None


def sender(client: ApiClient) -> Send:
    """Sends on the loop where the app runs, and waits in this thread."""
    loop = asyncio.get_running_loop()

    async def send(made: requests.PreparedRequest) -> httpx.Response:
        headers = {
            name: str(value).encode("latin-1")
            for name, value in made.headers.items()
            if name.lower() != "content-length"
        }
        body = made.body.encode() if isinstance(made.body, str) else made.body
        assert body is None or isinstance(body, bytes)
        return await client.http.send(
            httpx.Request(
                str(made.method),
                str(made.url),
                headers=[(name.encode(), value) for name, value in headers.items()],
                content=body,
            )
        )

    return lambda made: asyncio.run_coroutine_threadsafe(send(made), loop).result(30)


@dataclass(frozen=True)
class Fuzzer:
    """Makes requests of one operation; half of those that name something by its id name something that exists.

    What fails is shown as it is: to look for the smallest such request takes minutes, in a thread that nothing stops.
    """

    operation: Any
    known: str | None
    send: Send

    def run(self, mode: GenerationMode, headers: dict[str, str], examples: int) -> None:
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self.operation.as_strategy(generation_mode=mode), is_known=st.booleans())
        def one(case: Any, is_known: bool) -> None:  # noqa: ANN401 - schemathesis has no public type for it
            if is_known and self.known:
                case.path_parameters["id"] = self.known
            # An empty string stands for no value, which schemas do not say: the request would not be wrong.
            assume(mode is GenerationMode.POSITIVE or not has_empty([case.query, case.body]))
            made = requests.Request(
                **case.as_transport_kwargs(base_url="http://bookme.test", headers=headers)
            ).prepare()
            assume(len(str(made.url)) < LONGEST_URL)
            case.validate_response(self.send(made), checks=ALWAYS)

        one()


def has_empty(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether there is an empty string in this value."""
    if isinstance(value, Mapping):
        return any(has_empty(each) for each in value.values())
    return value == "" or (isinstance(value, list) and any(has_empty(each) for each in value))


def modes(operation: Any) -> list[GenerationMode]:  # noqa: ANN401
    """A path takes any text, and so does a file, so that only queries and JSON bodies can be wrong."""
    can_be_wrong = len(operation.query) or any(each.media_type == "application/json" for each in operation.body)
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if can_be_wrong else [])]


@cache
def described(app: FastAPI) -> Any:  # noqa: ANN401 - schemathesis has no public type for it
    return schemathesis.openapi.from_dict(app.openapi())


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
async def test_every_answer_is_a_documented_one(
    app: FastAPI, client: ApiClient, configurable: Database, method: str, path: str
) -> None:
    operation = described(app)[path][method]
    known = await made(client, path)
    staff = await client.as_another("staff", EVERY_SCOPE)
    fuzzer = Fuzzer(operation, known, sender(client))
    for mode in modes(operation):
        await asyncio.to_thread(fuzzer.run, mode, staff.headers, repetitions(AS_STAFF))
        await asyncio.to_thread(fuzzer.run, mode, {}, repetitions(WITHOUT_A_TOKEN))
