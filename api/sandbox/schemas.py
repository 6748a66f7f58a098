"""Schemas of the endpoints of a sandbox."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from api.schemas.base.common import Body, Duration, Instant, Span, Wire, must
from api.schemas.base.examples import example
from storage.sandbox.faults import Fault

FARTHEST: Final = timedelta(days=366)
"""The longest move of the clock in one request."""

TOO_FAR: Final = "must not be more than 366 days ahead of the clock"


class MoveClock(Body):
    """Target of the clock: a duration to move it by, or a time to move it to. The clock only goes forward."""

    model_config = example(advance="PT10M")

    advance: Annotated[Duration, must(lambda value: value <= FARTHEST, TOO_FAR)] | None = Field(
        None,
        description="Duration to move the clock by, at most 366 days. A repeat of the request moves the clock again.",
    )
    to: Instant | None = Field(
        None,
        description="The time to move the clock to, at most 366 days ahead of the clock. If the clock has passed this "
        "time already, it stays. So it is safe to repeat the request.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.advance is None) is (self.to is None):
            message = "must have either advance or to"
            raise ValueError(message)
        return self


class ClockStatus(StrEnum):
    """Whether the clock is where the request wants it."""

    READY = "ready"
    ADVANCING = "advancing"


class WaitingFor(Wire):
    """Work that was due and was not done when the request ended. It continues, and needs a worker."""

    holds: int = Field(0, description="Expired holds that are not removed.")
    reminders: int = Field(0, description="Meetings with a due reminder that was not given.")
    deliveries: int = Field(0, description="Deliveries to webhooks that were not attempted.")


class SandboxClock(Wire):
    """The clock of the sandbox. It goes on at the speed of real time."""

    model_config = example(
        now="2026-11-23T09:40:00Z", realTime="2026-11-23T09:30:00Z", ahead="00:10:00", status="ready",
        waitingFor={"holds": 0, "reminders": 0, "deliveries": 0},
    )  # fmt: skip

    now: Instant = Field(description="The time of the sandbox.")
    real_time: Instant = Field(description="The real time.")
    ahead: Span = Field(description="Duration by which the clock of the sandbox is ahead of real time.")
    status: ClockStatus = Field(
        ClockStatus.READY,
        description="`advancing`: the request ran out of time before the clock reached `target`. Repeat the request "
        "with `to` set to the value of `target`.",
    )
    target: Instant | None = Field(None, description="The time that the clock was to reach.")
    waiting_for: WaitingFor = Field(
        WaitingFor(), description="Work that was due and is not done. All zero: everything that was due is done."
    )


class ResetSandbox(Body):
    """Whose bookings to delete."""

    model_config = example(everyClient=False)

    every_client: bool = Field(False, description="Delete the bookings of all clients, and not only one's own.")


class SandboxReset(Wire):
    """Numbers of deleted bookings and meetings."""

    model_config = example(bookings=3, meetings=1)

    bookings: int = Field(description="Number of bookings whose time slots and events were deleted.")
    meetings: int = Field(description="Number of meetings that were deleted.")


class SimulatedFault(Body):
    """Fault of the next request of this client."""

    model_config = example(next="SERVICE_UNAVAILABLE")

    next: Fault = Field(
        description="`TIME_SLOT_TAKEN`: the next request that can have this answer is refused with it. "
        "`SERVICE_UNAVAILABLE`: the next request is answered 503. `slow`: the next request takes 5 s longer."
    )
