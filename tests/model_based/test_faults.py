"""Whatever happens to a step while it speaks to the database: taken again, it comes to what it would have come to.

Every activity that a worker registers, in the situations in which it does different things, and every request that it
sends to PostgreSQL: the connection is lost before the request arrives or before its answer does, the step is cancelled
while either is on its way or when the answer is there. (That its own answer is lost is what `test_twice` is about.)
At each request one of these happens, in a way that is drawn; with the tests of the marker `ci` both happen, and in all
ways when BOOKME_TEST_EXAMPLES is set.

Then the engine takes the step again. What is stored is the same as if nothing had happened, with one event of each
kind; so is what is told, to whoever asked and to the world outside. Three steps cannot know whether the world outside
was told before they died, and tell it again under the same name: see `outside_cases`.
"""

import pytest

from activities.signatures import SIGNATURES
from tests.model_based.steps.case import Case, outcome_of, reference
from tests.model_based.steps.cases import CASES
from tests.model_based.steps.faults import disturbances, take_until_done
from tests.model_based.steps.scene import Scene

pytestmark = pytest.mark.ci

EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_every_activity_that_a_worker_registers_has_a_case(scene: Scene) -> None:
    signed = {name for each in SIGNATURES for name in vars(each) if not name.startswith("_")}
    assert {case.activity for case in CASES} == set(scene.near) == signed


@EACH
async def test_whatever_happens_to_it(scene: Scene, case: Case) -> None:
    step, wanted = await reference(scene, case)
    async for what in disturbances(scene, case, step):
        outcome = await outcome_of(scene, await take_until_done(scene, case, step))
        outcome.is_as(wanted, case, what, death=True)
        assert scene.nothing_is_left_open(), what
