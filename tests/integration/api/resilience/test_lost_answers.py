"""The answer of the engine to a start or an update is lost, and the engine's client sends it again."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
)
from temporalio.service import RPCError

from storage.database import Database
from tests.integration.api.support import FREJA, new_token, ok, problem, rows
from tests.support.clients import ApiClient, Json, reservation

pytestmark = pytest.mark.ci

RESERVE: Final = "/bookme/time-slots/reserve"
Between = Callable[[str], Awaitable[None]]
"""What happens between the answer that is lost and the repeat, to the run of this workflow id."""


@dataclass
class LostAnswers(Interceptor):
    """Loses the answers to the starts and updates of one request, each once, and sends the same again."""

    between: Between | None = None
    lost: list[str] = field(default_factory=list)

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return Losing(next, self)

    @contextlib.asynccontextmanager
    async def losing(self, between: Between) -> AsyncIterator[None]:
        self.between, self.lost = between, []
        yield
        self.between = None
        assert self.lost, "an answer of the engine was lost"

    async def lose(self, run: str, ask: Callable[[], Awaitable[WorkflowUpdateHandle[Any]]]) -> None:
        between, self.between = self.between, None
        if between is not None:
            with contextlib.suppress(WorkflowUpdateFailedError):
                await (await ask()).result()
            self.lost.append(run)
            await between(run)


class Losing(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, answers: LostAnswers) -> None:
        super().__init__(following)
        self._answers = answers

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:  # noqa: A002 - the SDK's name
        await self._answers.lose(input.id, lambda: self.next.start_workflow_update(input))
        return await self.next.start_workflow_update(input)

    async def start_update_with_start_workflow(
        self,
        input: StartWorkflowUpdateWithStartInput,  # noqa: A002 - the SDK's name
    ) -> WorkflowUpdateHandle[Any]:
        unheard = replace(input, _on_start=lambda _: None, _on_start_error=lambda _: None)
        run = input.start_workflow_input.id
        await self._answers.lose(run, lambda: self.next.start_update_with_start_workflow(unheard))
        return await self.next.start_update_with_start_workflow(input)


@pytest.fixture
def answers() -> LostAnswers:
    return LostAnswers()


@pytest.fixture
def losing(app: FastAPI, client: ApiClient, answers: LostAnswers) -> ApiClient:
    """A client whose API loses answers of the engine."""
    engine = app.state.resources.engine
    engine.client = Client(**{**engine.client.config(), "interceptors": [answers]})
    return client


@pytest.fixture(params=["the run goes on", "the run is gone"])
def between(request: pytest.FixtureRequest, engine: Client) -> Between:
    async def nothing(_: str) -> None:
        """The run is where it was."""

    async def terminate(run: str) -> None:
        with contextlib.suppress(RPCError):
            await engine.get_workflow_handle(run).terminate("as if the engine had lost it")

    return nothing if request.param == "the run goes on" else terminate


Send = Callable[[], Awaitable[httpx.Response]]


async def two_slots(client: ApiClient) -> tuple[Json, Json]:
    first, *others = await client.search(explicitEmployeeIds=FREJA, meetingTypes="online")
    return first, next(slot for slot in others if slot["startDate"] >= first["endDate"])


async def reserve(client: ApiClient, **headers: str) -> Send:
    body = reservation((await two_slots(client))[0])
    return lambda: client.post(RESERVE, body, **headers)


async def reserve_under_a_key(client: ApiClient) -> Send:
    return await reserve(client, **{"Idempotency-Key": "lost"})


async def reserve_another(client: ApiClient) -> Send:
    (one, other), token = await two_slots(client), new_token()
    ok(await client.reserve(one, token))
    return lambda: client.reserve(other, token)


async def book(client: ApiClient) -> Send:
    held = await client.reserved()
    return lambda: client.book(held["id"])


async def create(client: ApiClient, **headers: str) -> Send:
    content = await client.meeting(await client.booked())
    return lambda: client.post("/bookme/meetings", content, **headers)


async def create_under_a_key(client: ApiClient) -> Send:
    return await create(client, **{"Idempotency-Key": "lost"})


async def give_back(client: ApiClient) -> Send:
    booked = await client.booked()
    return lambda: client.give_back(booked["id"])


@dataclass(frozen=True)
class Planned:
    """A meeting, and requests that change it."""

    client: ApiClient
    meeting: Json
    later: Json

    @classmethod
    async def made(cls, client: ApiClient) -> "Planned":
        one, later = await two_slots(client)
        booked = ok(await client.book(ok(await client.reserve(one))["id"]))
        return cls(client, ok(await client.create_meeting(booked)), later)

    @property
    def path(self) -> str:
        return f"/bookme/meetings/{self.meeting['id']}"

    async def change(self, title: str = "New", **headers: str) -> httpx.Response:
        return await self.patch([{"op": "replace", "path": "/title", "value": title}], **headers)

    async def patch(self, patch: list[Json], **headers: str) -> httpx.Response:
        return await self.client.http.patch(self.path, json=patch, headers=self.client.headers | headers)

    async def move(self, **headers: str) -> httpx.Response:
        return await self.client.post(f"{self.path}/move", {"startDate": self.later["startDate"]}, **headers)

    async def cancel(self, **headers: str) -> httpx.Response:
        query = {"reason": "Illness"}
        return await self.client.http.delete(self.path, params=query, headers=self.client.headers | headers)

    async def take_the_other(self, **headers: str) -> Send:
        body = reservation(self.later) | {"existingMeetingId": self.meeting["id"]}
        held = ok(await self.client.post(RESERVE, body))
        ok(await self.client.book(held["id"]))
        patch = [{"op": "replace", "path": "/timeSlotId", "value": held["id"]}]
        return lambda: self.patch(patch, **headers)


async def change(client: ApiClient, **headers: str) -> Send:
    planned = await Planned.made(client)
    return lambda: planned.change(**headers)


async def move(client: ApiClient, **headers: str) -> Send:
    planned = await Planned.made(client)
    return lambda: planned.move(**headers)


async def cancel(client: ApiClient, **headers: str) -> Send:
    planned = await Planned.made(client)
    return lambda: planned.cancel(**headers)


async def take_another_time_slot(client: ApiClient, **headers: str) -> Send:
    return await (await Planned.made(client)).take_the_other(**headers)


def of_version(prepare: Callable[..., Awaitable[Send]]) -> Callable[[ApiClient], Awaitable[Send]]:
    async def prepared(client: ApiClient) -> Send:
        return await prepare(client, **{"If-Match": '"0"'})

    return prepared


def under_a_key(prepare: Callable[..., Awaitable[Send]]) -> Callable[[ApiClient], Awaitable[Send]]:
    async def prepared(client: ApiClient) -> Send:
        return await prepare(client, **{"Idempotency-Key": "lost"})

    return prepared


REQUESTS: Final[Mapping[str, Callable[[ApiClient], Awaitable[Send]]]] = {
    "reserve": reserve,
    "reserve under a key": reserve_under_a_key,
    "reserve another": reserve_another,
    "book": book,
    "create a meeting": create,
    "create a meeting under a key": create_under_a_key,
    "give back": give_back,
    "change": change,
    "change a version": of_version(change),
    "take another time slot": take_another_time_slot,
    "take another time slot, a version": of_version(take_another_time_slot),
    "move": move,
    "move a version": of_version(move),
    "move under a key": under_a_key(move),
    "cancel": cancel,
    "cancel a version": of_version(cancel),
}


@pytest.mark.parametrize("request_", REQUESTS)
async def test_the_answer_is_as_good(
    losing: ApiClient, answers: LostAnswers, between: Between, database: Database, request_: str
) -> None:
    send = await REQUESTS[request_](losing)
    before = await rows(database)
    async with answers.losing(between):
        answer = await send()
    assert answer.is_success, answer.text
    after = await rows(database)
    assert after["time_slot"] - before["time_slot"] <= 1
    assert after["meeting"] - before["meeting"] == request_.startswith("create")
    again = await send()
    assert (again.status_code, again.content) == (answer.status_code, answer.content), "it told what is stored"


async def test_a_refusal_stays_the_same(losing: ApiClient, answers: LostAnswers, between: Between) -> None:
    planned = await Planned.made(losing)
    ok(await planned.change("Somebody else's"))
    async with answers.losing(between):
        ok(await planned.change())
    problem(await planned.change("Too late", **{"If-Match": '"0"'}), 412, "MEETING_CHANGED")


@pytest.mark.parametrize("headers", [{}, {"If-Match": '"0"'}], ids=["any version", "a version"])
@pytest.mark.parametrize("act", ["change", "move", "cancel"])
async def test_what_somebody_else_changes_meanwhile_does_not_make_it_worse(
    losing: ApiClient, answers: LostAnswers, between: Between, act: str, headers: dict[str, str]
) -> None:
    planned = await Planned.made(losing)

    async def also_changed_by_another(run: str) -> None:
        await between(run)
        if act != "cancel":
            ok(await planned.change("Somebody else's"))

    async with answers.losing(also_changed_by_another):
        answer = await getattr(planned, act)(**headers)
    assert answer.status_code == 200, answer.text
