"""What an operator sees of a booking in the Temporal UI: the details of the run, and its search attributes."""

from datetime import timedelta

import pytest

from domain.errors import TimeSlotTaken
from tests.workflows.support.booking_caller import ANN, AT_NINE, AT_TEN, NINE, Caller, told
from tests.workflows.support.fake_steps import FakeSteps, always, fails, refuses
from workflows.common import search_attributes as attributes

# --- Details ---


async def test_a_reserved_booking_says_what_it_waits_for_and_until_when(caller: Caller) -> None:
    slot = await caller.reserve()

    details = await caller.details()
    awaited = f"**Waiting for** the client to mark the time slot Booked, until {slot.kept_until:%Y-%m-%d %H:%M:%S}Z"
    assert details.startswith(f"### 2031-03-03 09:00Z, 60 min · employee {ANN} · bank\n\n{awaited}")
    assert lines_of(details) == ["Reserving", "Reserved"]
    assert f"2031-03-03 09:00:00Z to 2031-03-03 10:00:00Z with employee `{ANN}` is held" in details


async def test_a_booked_booking_says_what_it_waits_for_and_until_when(caller: Caller) -> None:
    slot = await caller.book((await caller.reserve()).id)

    details = await caller.details()
    awaited = f"**Waiting for** the client to create the meeting, until {slot.kept_until:%Y-%m-%d %H:%M:%S}Z"
    assert awaited_line(details).startswith(awaited)
    assert lines_of(details) == ["Reserving", "Reserved", "Booked"]


async def test_a_finished_booking_waits_for_nothing(caller: Caller) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    meeting = await caller.create_meeting(slot.id)

    details = await caller.details()
    assert details.splitlines()[2] == "**Ended**: MeetingCreated"
    assert lines_of(details) == ["Reserving", "Reserved", "Booked", "MeetingCreated"]
    assert str(meeting.id) in details


async def test_a_replaced_slot_stays_in_the_story(caller: Caller) -> None:
    await caller.reserve(AT_NINE)
    await caller.reserve(AT_TEN)

    details = await caller.details()
    assert lines_of(details) == ["Reserving", "Reserved", "Reserved"]
    assert "2031-03-03 09:00:00Z to" in details
    assert "2031-03-03 10:00:00Z to" in details
    assert details.endswith("is held in place of the one before")
    assert details.startswith("### 2031-03-03 10:00Z, 60 min"), "the title has the time at present"


async def test_what_cannot_be_undone_yet_is_not_said_to_be_undone(caller: Caller, fake: FakeSteps) -> None:
    await caller.reserve()
    fake.script("release_time_slot", [fails] * 10)
    await caller.let_the_deadline_pass()
    await caller.until(lambda: "release_time_slot" in fake.tries)

    assert lines_of(await caller.details()) == ["Reserving", "Reserved", "Expired"]
    assert "nothing is held" not in await caller.details()
    assert awaited_line(await caller.details()).startswith("**Waiting for** the undo of the booking's steps")
    await caller.ended()
    assert (await caller.details()).splitlines()[2] == "**Ended**: Expired"
    assert (await caller.details()).endswith("nothing is held any more")


async def test_each_ending_has_its_words(caller: Caller, fake: FakeSteps) -> None:
    fake.script("reserve_time_slot", [refuses(TimeSlotTaken())])
    await told(caller.reserve())

    assert "**Conflict**: the time slot could not be reserved" in await caller.details()


async def test_the_story_has_no_personal_data(caller: Caller) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await caller.create_meeting(slot.id)

    assert "secret" not in await caller.details()
    assert "secret" in str(await caller.run.fetch_history()), "it is in the messages, which can be encrypted"


def awaited_line(details: str) -> str:
    return next(line for line in details.splitlines() if line.startswith("**Waiting for**"))


def lines_of(details: str) -> list[str]:
    """The statuses that the story tells of, in order."""
    return [line.split("**")[1] for line in details.splitlines() if line.startswith("- ") and "**" in line]


# --- Search attributes, on a server that has them ---


async def test_search_attributes_of_a_booking_that_gets_its_meeting(real_caller: Caller) -> None:
    slot = await real_caller.reserve()
    reserved = await searchable(real_caller)
    booked_slot = await real_caller.book(slot.id)
    booked = await searchable(real_caller)
    await real_caller.create_meeting(slot.id)
    created = await searchable(real_caller)

    whole = {"ClientId": "bank", "EmployeeId": str(ANN), "SlotStart": NINE}
    assert reserved == whole | {"BookingStatus": "Reserved", "HoldExpiresAt": slot.kept_until}
    assert booked == whole | {"BookingStatus": "Booked", "HoldExpiresAt": booked_slot.kept_until}
    assert created == whole | {"BookingStatus": "MeetingCreated"}


async def test_search_attributes_follow_a_replacement(real_caller: Caller) -> None:
    await real_caller.reserve(AT_NINE)
    await real_caller.reserve(AT_TEN)

    assert (await searchable(real_caller))["SlotStart"] == AT_TEN.start


async def test_search_attributes_of_a_conflict(real_caller: Caller, real_fake: FakeSteps) -> None:
    real_fake.script("reserve_time_slot", [refuses(TimeSlotTaken())])
    await told(real_caller.reserve())
    await real_caller.ended()

    whole = {"ClientId": "bank", "EmployeeId": str(ANN), "SlotStart": NINE}
    assert await searchable(real_caller) == whole | {"BookingStatus": "Conflict"}


@pytest.mark.parametrize(("how", "status"), [("release", "Released"), ("cancel", "Cancelled"), ("expire", "Expired")])
async def test_search_attributes_of_an_ending(real_caller: Caller, real_fake: FakeSteps, how: str, status: str) -> None:
    if how == "expire":
        real_fake.reservation_ttl = timedelta(seconds=0.3)
    slot = await real_caller.reserve()
    if how == "release":
        await real_caller.release(slot.id)
    elif how == "cancel":
        await real_caller.run.cancel()
    await real_caller.ended()

    found = await searchable(real_caller)
    assert found["BookingStatus"] == status
    assert "HoldExpiresAt" not in found


@pytest.mark.usefixtures("impatient")
async def test_search_attributes_of_a_failure(real_caller: Caller, real_fake: FakeSteps) -> None:
    real_fake.script("reserve_time_slot", always(fails))
    await told(real_caller.reserve())
    await real_caller.ended()

    assert (await searchable(real_caller))["BookingStatus"] == "Failed"


async def searchable(caller: Caller) -> dict[str, object]:
    """Ours; the server adds some of its own."""
    names = {key.name for key in attributes.ALL}
    described = await caller.run.describe()
    return {pair.key.name: pair.value for pair in described.typed_search_attributes if pair.key.name in names}
