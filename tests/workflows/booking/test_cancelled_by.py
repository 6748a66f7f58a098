"""The compensations of a booking are told who ended it, and why."""

import pytest

from tests.workflows.support.booking_caller import CANCELED, FAILED, Caller, told
from tests.workflows.support.fake_steps import FakeSteps, always, fails, loses_its_answer

RESERVE, CREATE = "reserve_time_slot", "create_meeting"
REASON = "Wrong day"


@pytest.mark.parametrize(
    ("who", "ending", "cause"),
    [
        ({}, "Released", "released"),
        ({"cancelled_by": "client"}, "Released", "released"),
        ({"cancelled_by": "staff"}, "Released", "released"),
        ({"cancelled_by": "operator", "reason": REASON}, "Cancelled", "cancelled"),
    ],
)
async def test_a_release(caller: Caller, fake: FakeSteps, who: dict[str, str], ending: str, cause: str) -> None:
    slot = await caller.reserve()
    await caller.release(slot.id, **who)

    assert await caller.ended() == ending
    assert fake.causes == [cause]
    names = {"cancelled_by": "cancelledBy", "reason": "reason"}
    assert fake.cancellations == [{names[name]: value for name, value in who.items()}]


async def test_the_reason_is_not_in_the_details(caller: Caller) -> None:
    slot = await caller.reserve()
    await caller.release(slot.id, cancelled_by="operator", reason=REASON)

    assert await caller.ended() == "Cancelled"
    details = await caller.details()
    assert "an operator released the time slot, with a reason that `bookme admin find` shows" in details
    assert REASON not in details


@pytest.mark.parametrize(("by", "who"), [("client", "the client"), ("staff", "staff"), (None, "the client")])
async def test_the_details_name_who_released(caller: Caller, by: str | None, who: str) -> None:
    slot = await caller.reserve()
    await caller.release(slot.id, **({"cancelled_by": by} if by else {}))

    assert await caller.ended() == "Released"
    assert f"**Released**: {who} gave the time slot back\n" in await caller.details()


async def test_a_cancelled_run(caller: Caller, fake: FakeSteps) -> None:
    await caller.reserve()
    await caller.run.cancel()

    assert await caller.ended() == CANCELED
    assert fake.cancellations == [{"cancelledBy": "operator"}]


@pytest.mark.usefixtures("impatient")
async def test_a_deadline_after_a_meeting_that_could_not_be_created(caller: Caller, fake: FakeSteps) -> None:
    fake.script(CREATE, always(fails))
    slot = await caller.reserve()
    await caller.book(slot.id)
    assert await told(caller.create_meeting(slot.id)) == "UNAVAILABLE"

    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.cancellations == [{"cancelledBy": "system"}] * 2


@pytest.mark.usefixtures("impatient")
async def test_a_step_that_failed(caller: Caller, fake: FakeSteps) -> None:
    fake.script(RESERVE, always(fails))
    assert await told(caller.reserve()) == "UNAVAILABLE"

    assert await caller.ended() == FAILED
    assert fake.cancellations == [{"cancelledBy": "system"}]


@pytest.mark.usefixtures("impatient")
async def test_a_cancelled_run_withdraws_the_meeting(caller: Caller, fake: FakeSteps) -> None:
    fake.script(CREATE, always(loses_its_answer))
    slot = await caller.reserve()
    await caller.book(slot.id)
    await told(caller.create_meeting(slot.id))
    await caller.run.cancel()

    assert await caller.ended() == CANCELED
    assert fake.cancellations == [{"cancelledBy": "operator"}] * 2
