"""Whatever customers do, whoever wakes up late, whatever lapses: the database has what was promised, and nothing else.

`ledger` and the two modules of promises say in plain Python what the documentation says; the real steps on the real
database are held against it. With BOOKME_TEST_EXAMPLES=2000 (and `--timeout=0`) the search goes on for a while.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from devstack.postgres import EmbeddedPostgres
from tests.model_based.bank.bank_day import BankDay
from tests.model_based.bank.machine import Machine
from tests.support.effort import repetitions

EXAMPLES: Final = int(os.environ.get("BOOKME_TEST_EXAMPLES", repetitions(16)))
STEPS: Final = 30

LIKE_THIS: Final = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    # A real database takes its time, and a busy machine more of it.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # To look for the smallest example takes minutes, in a thread that nothing stops.
    phases=[each for each in Phase if each is not Phase.shrink or "BOOKME_TEST_EXAMPLES" in os.environ],
    # Each run looks elsewhere.
    derandomize=False,
    print_blob=True,
)


@pytest.fixture
async def day(postgres: EmbeddedPostgres) -> AsyncIterator[BankDay]:
    async with BankDay.at(postgres) as day:
        yield day


async def test_every_step_keeps_its_promise(day: BankDay) -> None:
    class OfThisDay(Machine):
        pass

    OfThisDay.day = day
    await asyncio.to_thread(run_state_machine_as_test, OfThisDay, settings=LIKE_THIS)
