"""Retries and stuck steps, as the SDK records them."""

import dataclasses
from datetime import timedelta

import pytest
from temporalio.runtime import MetricBuffer, Runtime, TelemetryConfig
from temporalio.testing import ActivityEnvironment

from activities.step_metrics import STUCK_AFTER, count_attempt, note_webhook_lag

BUFFER = MetricBuffer(1000)


@pytest.fixture(scope="module")
def environment() -> ActivityEnvironment:
    """An activity whose metrics go to `BUFFER`."""
    environment = ActivityEnvironment()
    environment.metric_meter = Runtime(telemetry=TelemetryConfig(metrics=BUFFER)).metric_meter
    return environment


def recorded() -> dict[str, float]:
    return {update.metric.name: update.value for update in BUFFER.retrieve_updates()}


@pytest.mark.parametrize(
    ("attempt", "retries", "stuck"), [(1, 0, 0), (2, 1, 0), (STUCK_AFTER, 1, 0), (STUCK_AFTER + 1, 1, 1)]
)
def test_attempts_after_the_first_are_retries_and_after_the_tenth_stuck(
    environment: ActivityEnvironment, attempt: int, retries: int, stuck: int
) -> None:
    recorded()
    environment.info = dataclasses.replace(environment.info, attempt=attempt)
    environment.run(count_attempt)
    assert recorded() == {"bookme_step_retries_total": retries, "bookme_stuck_step_attempts_total": stuck}


@pytest.mark.parametrize(("lag", "value"), [(timedelta(milliseconds=1500), 1.5), (timedelta(seconds=-1), 0)])
def test_the_lag_of_a_webhook_is_in_seconds_and_never_negative(
    environment: ActivityEnvironment, lag: timedelta, value: float
) -> None:
    recorded()
    environment.run(note_webhook_lag, lag)
    assert recorded() == {"bookme_webhook_lag_seconds": value}
