"""One short sweep for each way that a run of it may go."""

from collections.abc import Callable
from typing import Final

from domain.messages.meeting import NearMeetings
from tests.workflows.support.fake_steps import fails
from tests.workflows.support.fake_sweep import PAGE, FakeSweep
from workflows.meeting.messages import OpenMeetings


def opened(fake: FakeSweep) -> OpenMeetings:
    return OpenMeetings(first=NearMeetings(limit=PAGE))


def opened_though_lost_runs_could_not_be_looked_for(fake: FakeSweep) -> OpenMeetings:
    fake.script("find_lost_runs", [fails] * 3)
    return OpenMeetings(first=NearMeetings(limit=PAGE))


def gone_on_as_a_new_run(fake: FakeSweep) -> OpenMeetings:
    """The history is that of the first run."""
    return OpenMeetings(first=NearMeetings(limit=PAGE), pages=1)


SCENARIOS: Final[dict[str, Callable[[FakeSweep], OpenMeetings]]] = {
    scenario.__name__: scenario
    for scenario in (opened, opened_though_lost_runs_could_not_be_looked_for, gone_on_as_a_new_run)
}
