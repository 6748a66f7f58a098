"""The checker excuses requests of the quiet client that a fault disturbed, and requests of other clients."""

import pytest

from chaos.checker import check
from tests.benchmarks.chaos_quiet_client import add_fault, add_quiet_request
from tests.benchmarks.chaos_scenario import complete_scenario
from tests.benchmarks.chaos_violations import add_unruly_request


@pytest.mark.parametrize(
    ("what", "target"),
    [
        ("kill", "api-1"),
        ("pause", "postgres"),
        ("cut", "api-1|postgres"),
        ("delay", "api-1|temporal"),
        ("pause", "temporal"),
        ("kill", "temporal-2"),
        ("cut", "temporal-1|postgres"),
        ("kill", "worker-2"),
        ("cut", "worker-2|postgres"),
        ("isolate", "worker-1|temporal"),
        ("read-only", "postgres"),
        ("full-disk", "postgres"),
        ("stall", "run"),
    ],
)
def test_disturbed_request_of_quiet_client_is_excused(what: str, target: str) -> None:
    scenario = complete_scenario()
    add_quiet_request(scenario, "reserve", status=503)
    add_fault(scenario, what, target)
    assert check(scenario.record()) == []


def test_reads_need_new_connections_which_a_full_disk_refuses() -> None:
    scenario = complete_scenario()
    add_quiet_request(scenario, "look-up", status=503)
    add_fault(scenario, "full-disk", "postgres")
    assert check(scenario.record()) == []


def test_two_seconds_after_a_fault_are_excused() -> None:
    scenario = complete_scenario()
    add_quiet_request(scenario, "look-up", status=None)
    add_fault(scenario, "kill", "api-1", began=5, ended=1.5)
    assert check(scenario.record()) == []


def test_task_of_a_killed_worker_may_wait_for_reassignment() -> None:
    scenario = complete_scenario()
    add_quiet_request(scenario, "reserve", status=503)
    add_fault(scenario, "kill", "worker-1", began=11, ended=9)
    assert check(scenario.record()) == []


def test_refusal_counts_as_served() -> None:
    scenario = complete_scenario()
    add_quiet_request(scenario, "look-up", status=404, seconds=1.9)
    assert check(scenario.record()) == []


def test_other_clients_may_wait() -> None:
    scenario = complete_scenario()
    scenario.add_exchange("search", "", None, 503, None)
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update={"method": "GET", "seconds": 8})
    assert check(scenario.record()) == []


@pytest.mark.parametrize("status", [400, 413, 429, 503, None])
def test_unruly_clients_may_be_refused(status: int | None) -> None:
    scenario = complete_scenario()
    add_unruly_request(scenario, status)
    assert check(scenario.record()) == []
