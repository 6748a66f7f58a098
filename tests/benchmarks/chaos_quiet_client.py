"""Requests of the quiet client, faults, and violations of the guarantee that the quiet client is served in time."""

from datetime import timedelta

from chaos.checker import Guarantee
from chaos.record import QUIET, Fault
from tests.benchmarks.chaos_scenario import Scenario
from tests.benchmarks.chaos_violations import violates


def add_quiet_request(scenario: Scenario, step: str, *, status: int | None = 200, seconds: float = 0.1) -> None:
    """A request of the quiet client to `api-1`, five seconds after whatever was before. What books is asked again."""
    scenario.clock += timedelta(seconds=5)
    intent = f"quiet-{len(scenario.exchanges)}"
    for each in (status, 409) if step != "look-up" else (status,):
        exchange = scenario.add_exchange(step, intent, {}, each, None, intent=intent)
        method = "GET" if step == "look-up" else "POST"
        mine = {"client": QUIET, "api": "api-1", "method": method, "seconds": seconds if each == status else 0.1}
        scenario.exchanges[-1] = exchange.model_copy(update=mine)
        scenario.clock += timedelta(milliseconds=1)


def add_fault(scenario: Scenario, what: str, target: str, *, began: float = 1, ended: float = -1) -> None:
    """One that began and ended so many seconds ago."""
    times = {"began": scenario.clock - timedelta(seconds=began), "ended": scenario.clock - timedelta(seconds=ended)}
    scenario.faults.append(Fault(what=what, target=target, **times))


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_quiet_client_waits_too_long(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", seconds=2.01)


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_quiet_client_is_told_to_come_later(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", status=503)


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_quiet_client_cannot_book(scenario: Scenario) -> None:
    add_quiet_request(scenario, "reserve", status=503)


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_quiet_client_has_no_answer(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", status=None)


@violates(Guarantee.QUIET_CLIENT_SERVED)
def unruly_clients_hold_up_a_quiet_one(scenario: Scenario) -> None:
    add_quiet_request(scenario, "reserve", status=503)
    add_fault(scenario, "unruly", "bursts")


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_moved_clock_holds_up_a_quiet_client(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", seconds=3)
    add_fault(scenario, "clock", "api-1")


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_quiet_client_is_held_up_by_another_api_process(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", status=503)
    add_fault(scenario, "kill", "api-2")
    add_fault(scenario, "cut", "api-2|postgres")


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_look_needs_no_worker_and_no_engine(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", status=503)
    for target in ("worker-1", "temporal", "api-1|temporal"):
        add_fault(scenario, "kill", target)


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_look_writes_nothing(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", status=503)
    add_fault(scenario, "read-only", "postgres")


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_fault_is_over_for_long(scenario: Scenario) -> None:
    add_quiet_request(scenario, "look-up", status=503)
    add_fault(scenario, "kill", "api-1", began=20, ended=2.5)


@violates(Guarantee.QUIET_CLIENT_SERVED)
def the_engine_had_time_to_find_another_worker(scenario: Scenario) -> None:
    add_quiet_request(scenario, "reserve", status=503)
    add_fault(scenario, "kill", "worker-1", began=12.5, ended=10)


@violates(Guarantee.QUIET_CLIENT_SERVED)
def a_worker_stays_in_the_way_for_as_long_as_it_is_isolated(scenario: Scenario) -> None:
    add_quiet_request(scenario, "reserve", status=503)
    add_fault(scenario, "isolate", "worker-1|postgres", began=20, ended=-100)
