"""A step that is taken twice has been taken once: one after the other, both at once, or while the first stands still.

Every activity that a worker registers. A worker that stands still (swapped out, or cut off) is taken for dead, another
one takes its step, and then it wakes up and goes on: at every request that it sends to PostgreSQL.
"""

import asyncio
import itertools
from functools import partial

import pytest
from pydantic import BaseModel

from tests.integration.activities.booking_fixture import until
from tests.model_based.steps.case import Case, outcome_of, reference
from tests.model_based.steps.cases import CASES
from tests.model_based.steps.faults import TRIED_AGAIN, Trying
from tests.model_based.steps.scene import Answer, Scene
from tests.model_based.steps.wire import Moment, Trap

EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@EACH
async def test_one_after_the_other(scene: Scene, case: Case) -> None:
    step, wanted = await reference(scene, case)
    outcome = await outcome_of(scene, await scene.take(case.activity, step, by=scene.far))
    outcome.is_as(wanted, case)


@EACH
async def test_both_at_once(scene: Scene, case: Case) -> None:
    step, wanted = await reference(scene, case)
    await scene.begin_anew()
    tries = [asyncio.create_task(scene.take(case.activity, step, by=scene.far)) for _ in range(2)]
    for answer in await answers_of(scene, case, step, *tries):
        (await outcome_of(scene, answer)).is_as(wanted, case)


@pytest.mark.ci
@EACH
async def test_while_the_first_stands_still(scene: Scene, case: Case) -> None:
    step, wanted = await reference(scene, case)
    for number in itertools.count(1):
        await scene.begin_anew()
        standing = StandingStill()
        with scene.wire.counting(Trap(number, Moment.REQUEST, standing.stand_still)):
            first = asyncio.create_task(scene.take(case.activity, step))
            if not await standing.is_reached(first):
                break
            second = asyncio.create_task(scene.take(case.activity, step, by=scene.far))
            await until(partial(is_done_or_waits, scene, second))
            standing.woken.set()
            for answer in await answers_of(scene, case, step, first, second):
                (await outcome_of(scene, answer)).is_as(wanted, case, f"standing still at request {number}")


class StandingStill:
    """Where the first try is while the second one is taken."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.woken = asyncio.Event()

    async def stand_still(self) -> None:
        self.reached.set()
        await self.woken.wait()

    async def is_reached(self, trying: Trying) -> bool:
        reaching = asyncio.create_task(self.reached.wait())
        await asyncio.wait([reaching, trying], return_when=asyncio.FIRST_COMPLETED)
        reaching.cancel()
        return self.reached.is_set()


async def is_done_or_waits(scene: Scene, trying: Trying) -> bool:
    return trying.done() or await scene.rows.waiting_for_locks() > 0


async def answers_of(scene: Scene, case: Case, step: BaseModel, *tries: Trying) -> list[Answer]:
    """What each of them answers, in the end: one that is to be taken again is."""
    answers: list[Answer] = []
    for each in tries:
        try:
            answers.append(await each)
        except TRIED_AGAIN:
            answers.append(await scene.take(case.activity, step, by=scene.far))
    return answers
