"""A step as it may be taken: what it is given, and what may be different when it is taken again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol, TypeVar

from pydantic import BaseModel

from tests.model_based.steps.rows import Seen
from tests.model_based.steps.scene import Answer, Scene

Prepare = Callable[[Scene], Awaitable[BaseModel]]
"""Brings about what the step is for. Answers the step's input."""

Preparation = TypeVar("Preparation", bound=Prepare)


class Named(Protocol):
    """An activity's signature."""

    __name__: str


class ToldAgain(Enum):
    """When the world outside may be told once more of the same, under the same name."""

    NEVER = auto()
    AFTER_DEATH = auto()
    WHENEVER_TAKEN_AGAIN = auto()


@dataclass(frozen=True)
class Case:
    """`later` is what time brings between two tries, `counts` the columns that count tries, `also` says of an answer
    whether a repeat may give it though the first try gave another one.
    """

    activity: str
    prepare: Prepare
    told_again: ToldAgain = ToldAgain.NEVER
    later: str = "SELECT 1"
    counts: frozenset[str] = frozenset()
    also: Callable[[Any], bool] = lambda _: False

    @property
    def name(self) -> str:
        return self.prepare.__name__.replace("_", "-")

    def may_tell_again(self, *, death: bool) -> bool:
        """Whether it may when it is taken again, after one that died or after one that did not."""
        after_death = death and self.told_again is ToldAgain.AFTER_DEATH
        return after_death or self.told_again is ToldAgain.WHENEVER_TAKEN_AGAIN


@dataclass(frozen=True)
class Outcome:
    """What a step has come to: its answer, what is stored then, and what the world outside was told."""

    answer: Answer
    stored: Seen
    told: tuple[str, ...]

    def is_as(self, wanted: "Outcome", case: Case, after: str = "", *, death: bool = False) -> None:
        """Fail unless this is what was wanted, but for what the case lets differ."""
        told_again = case.may_tell_again(death=death)
        assert self.stored_but(case.counts) == wanted.stored_but(case.counts), after
        assert self.answer == wanted.answer or case.also(self.answer), (after, self.answer, wanted.answer)
        assert set(self.told) == set(wanted.told), after
        assert told_again or self.told == wanted.told, after

    def stored_but(self, counts: frozenset[str]) -> Seen:
        return {
            table: [{name: value for name, value in row.items() if name not in counts} for row in rows]
            for table, rows in self.stored.items()
        }


REGISTERED: Final[list[Case]] = []


def case(activity: Named, **how: Any) -> Callable[[Preparation], Preparation]:  # noqa: ANN401 - fields of a `Case`
    """Register what prepares a step of this activity."""

    def register(prepare: Preparation) -> Preparation:
        REGISTERED.append(Case(activity.__name__, prepare, **how))
        return prepare

    return register


async def outcome_of(scene: Scene, answer: Answer) -> Outcome:
    return Outcome(answer, await scene.rows.seen(), tuple(scene.outside.told))


async def reference(scene: Scene, case: Case) -> tuple[BaseModel, Outcome]:
    """The step's input, and what it comes to when nothing happens."""
    step = await case.prepare(scene)
    await scene.rows.keep()
    await scene.begin_anew()
    return step, await outcome_of(scene, await scene.take(case.activity, step))
