"""Tries of a step that the engine has given up."""

from datetime import UTC, datetime

from temporalio import activity


class GivenUp(Exception):
    """The engine waits for this step no longer: what it did now, its run would not know of."""


def stop_if_given_up() -> None:
    """To be asked by a local step once it has queued: who looks what became of it queues behind it.

    A worker may have stood still before. When the step was scheduled, its own clock said, so no other one matters.

    Raises:
        GivenUp: the step's time is up.

    """
    if not activity.in_activity():
        return
    step = activity.info()
    if step.is_local and step.schedule_to_close_timeout is not None:
        waited = datetime.now(UTC) - step.scheduled_time
        if waited > step.schedule_to_close_timeout:
            raise GivenUp("The step stood still for too long; its run has looked what became of it.")
