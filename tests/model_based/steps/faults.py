"""What may happen to a step while it speaks to the database, and what is done about it: the step is taken again."""

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pydantic import BaseModel

from activities.invitations import InvitationsPending
from storage.database import StorageUnavailable
from tests.model_based.steps.case import Case
from tests.model_based.steps.scene import Answer, Scene
from tests.model_based.steps.wire import Cut, Moment, Trap
from tests.support import effort

TRIED_AGAIN: Final = (StorageUnavailable, InvitationsPending)
"""What a step may raise to be taken again."""

MOST_TRIES: Final = 3

Taking = Coroutine[Any, Any, Answer]
Trying = asyncio.Task[Answer]
Disturb = Callable[[Scene, Taking, int], Awaitable[bool]]
"""Takes a step while something happens to it, at so many a request. Whether there was one."""


async def disturbances(scene: Scene, case: Case, step: BaseModel) -> AsyncIterator[str]:
    """What may happen at each request, one at a time: says what has happened."""
    for disturbs in series():
        for number, disturb in enumerate(disturbs, start=1):
            await scene.begin_anew()
            if not await disturb(scene, scene.take(case.activity, step), number):
                break
            yield f"{disturb.__name__} {number}"


def series() -> list[Iterator[Disturb]]:
    """What happens at the first request, at the second, ...

    A connection is lost, and the step is cancelled: in every way when many examples are wanted, else in one that is
    drawn anew for each request. Without the tests of the marker `ci` only one of the two happens at each.
    """
    lost: list[Disturb] = [connection_lost_with_request, connection_lost_with_answer]
    cancelled: list[Disturb] = [cancelled_with_request, cancelled_with_answer, cancelled_when_answered]
    if "BOOKME_TEST_EXAMPLES" in os.environ:
        return [itertools.repeat(each) for each in lost + cancelled]
    drawn = [lost, cancelled] if effort.is_full else [lost + cancelled]
    return [iter(partial(random.choice, each), None) for each in drawn]


async def connection_lost_with_request(scene: Scene, taking: Taking, number: int) -> bool:
    return await _take(scene, taking, number, Moment.REQUEST, _lose_connection)


async def connection_lost_with_answer(scene: Scene, taking: Taking, number: int) -> bool:
    return await _take(scene, taking, number, Moment.ANSWER, _lose_connection)


async def cancelled_with_request(scene: Scene, taking: Taking, number: int) -> bool:
    return await _take(scene, taking, number, Moment.REQUEST, Trying.cancel)


async def cancelled_with_answer(scene: Scene, taking: Taking, number: int) -> bool:
    return await _take(scene, taking, number, Moment.ANSWER, Trying.cancel)


async def cancelled_when_answered(_: Scene, taking: Taking, number: int) -> bool:
    """Here it is the answers to what it awaits that are counted, wherever they come from."""
    cancelled = CancelledAt(taking, number)

    async def taken() -> Answer:
        return await cancelled

    return await _is_disturbed(asyncio.create_task(taken()), lambda: cancelled.left <= 0)


async def take_until_done(scene: Scene, case: Case, step: BaseModel) -> Answer:
    """As the engine does: again, by another worker, until it answers."""
    for _ in range(MOST_TRIES):
        await scene.rows.do(case.later)
        with suppress(*TRIED_AGAIN):
            return await scene.take(case.activity, step, by=scene.far)
    raise AssertionError("it cannot be done any more")


async def _take(scene: Scene, taking: Taking, number: int, moment: Moment, happen: Callable[[Trying], object]) -> bool:
    async def happening() -> None:
        happen(trying)

    with scene.wire.counting(Trap(number, moment, happening)):
        trying = asyncio.create_task(taking)
        return await _is_disturbed(trying, lambda: scene.wire.has_sprung)


def _lose_connection(_: Trying) -> None:
    raise Cut


async def _is_disturbed(trying: Trying, has_happened: Callable[[], bool]) -> bool:
    """Wait until it has ended. Fails by what has no business to come of a disturbance, or has come of none."""
    await asyncio.wait([trying])
    if not has_happened():
        trying.result()
        return False
    with suppress(asyncio.CancelledError, *TRIED_AGAIN):
        trying.result()
    return True


class CancelledAt:
    """A coroutine whose task is cancelled when what it awaits for the nth time is there, before it can go on."""

    def __init__(self, steps: Taking, number: int) -> None:
        self._steps = steps
        self.left = number

    def __await__(self) -> Generator[Any, Any, Answer]:
        failure: BaseException | None = None
        while True:
            try:
                awaited = self._steps.send(None) if failure is None else self._steps.throw(failure)
            except StopIteration as done:
                return done.value
            self._count(awaited)
            failure = yield from _passed_on(awaited)

    def _count(self, awaited: "asyncio.Future[Any] | None") -> None:
        self.left -= 1
        task = asyncio.current_task()
        if self.left or task is None:
            return
        if awaited is None:
            task.cancel()
        else:
            awaited.add_done_callback(lambda _: task.cancel())


def _passed_on(awaited: "asyncio.Future[Any] | None") -> Generator[Any, Any, BaseException | None]:
    """Let the task wait for it. What is thrown in instead of the answer."""
    try:
        yield awaited
    except BaseException as thrown:  # noqa: BLE001 - whatever it is, it is for the coroutine
        return thrown
    return None
