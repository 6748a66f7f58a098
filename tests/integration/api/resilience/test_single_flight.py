"""One question that many ask at the same moment is answered once, and nobody gets an answer older than the question."""

import asyncio

import pytest

from api.temporal.gateway import SingleFlight


class Clock:
    """Something that changes: each look at it takes until it is let go."""

    def __init__(self) -> None:
        self.looks = 0
        self.is_looked_at = asyncio.Event()
        self.may_end = asyncio.Event()

    async def look(self) -> int:
        self.looks += 1
        self.is_looked_at.set()
        seen = self.looks
        await self.may_end.wait()
        return seen


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def crowd() -> SingleFlight[int]:
    return SingleFlight()


async def asking(crowd: SingleFlight[int], clock: Clock, question: str = "when?") -> asyncio.Task[int]:
    """Somebody who has asked, and waits."""
    task = asyncio.create_task(crowd.answer(question, clock.look))
    await asyncio.sleep(0)
    return task


async def test_all_who_ask_at_once_are_answered_by_one_look(crowd: SingleFlight[int], clock: Clock) -> None:
    clock.may_end.set()
    answers = await asyncio.gather(*(crowd.answer("when?", clock.look) for _ in range(50)))
    assert (set(answers), clock.looks) == ({1}, 1)


async def test_who_comes_during_a_look_waits_for_the_next_one(crowd: SingleFlight[int], clock: Clock) -> None:
    early = await asking(crowd, clock)
    await clock.is_looked_at.wait()
    late = [await asking(crowd, clock) for _ in range(3)]
    clock.may_end.set()
    assert await early == 1
    assert min(await asyncio.gather(*late)) == 2


async def test_another_question_is_looked_up_by_itself(crowd: SingleFlight[int], clock: Clock) -> None:
    clock.may_end.set()
    await asyncio.gather(crowd.answer("when?", clock.look), crowd.answer("where?", clock.look))
    assert clock.looks == 2


async def test_who_goes_away_leaves_the_others_their_answer(crowd: SingleFlight[int], clock: Clock) -> None:
    first, *others = [asyncio.create_task(crowd.answer("when?", clock.look)) for _ in range(3)]
    await clock.is_looked_at.wait()
    first.cancel()
    clock.may_end.set()
    assert await asyncio.gather(*others) == [1, 1]


async def test_a_look_that_fails_fails_for_all_and_the_next_one_is_another(
    crowd: SingleFlight[int], clock: Clock
) -> None:
    async def fail() -> int:
        raise ConnectionError

    clock.may_end.set()
    told = await asyncio.gather(*(crowd.answer("when?", fail) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in told] == [ConnectionError] * 3
    assert await crowd.answer("when?", clock.look) == 1
