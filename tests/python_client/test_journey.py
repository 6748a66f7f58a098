"""The journey as one object: hold with its time left, confirmation, meeting."""

import asyncio
import json
import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from bookme_client import AsyncBookMe, operations
from bookme_client.errors import HoldAlreadyExtended, HoldExpired, MeetingChanged, NotFound, NotOffered, TimeSlotTaken
from bookme_client.models import AvailableTimeslot

from chaos.faults.clocks import Clock, libfaketime
from devstack.processes import until
from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.python_client.conftest import LATER, count_of, first_offer
from tests.python_client.lossy_proxy import Loss, LossyProxy
from tests.support.clients import SECRET, next_monday

BOOK = """
import sys, time
from datetime import datetime
from bookme_client import BookMe
url, secret, start = sys.argv[1:]
with BookMe(url, client_id="demo", client_secret=secret) as bookme:
    kind = bookme.customer_types()[0]
    topic = bookme.topics(customer_type_id=kind.id)[0]
    found = bookme.search(topic_id=topic.id, customer_type_id=kind.id, meeting_types=["online"],
                          start=datetime.fromisoformat(start))
    hold = bookme.hold(found.first(), token="order-of-a-program", customer_id="customer", customer_type_id=kind.id)
    time.sleep(1)
    print(time.time(), hold.time_left.total_seconds())
    print(bookme.hold(hold.time_slot, token="order-of-a-program").time_left.total_seconds())
    print(hold.create_meeting(title="Advice").ics().splitlines()[0])
"""


async def test_a_meeting_is_booked_changed_moved_and_cancelled(bookme: AsyncBookMe, worker: None) -> None:
    offer = await first_offer(bookme)
    hold = await bookme.hold(offer.slot, customer_id="customer-4711", customer_type_id=offer.customer_type_id)
    assert timedelta(minutes=4, seconds=45) < hold.time_left <= timedelta(minutes=5)
    assert (await hold.confirm()).is_confirmed
    assert timedelta(minutes=14, seconds=45) < hold.time_left <= timedelta(minutes=15)
    meeting = await hold.create_meeting(title="Advice")
    assert (meeting.start, meeting.end) == (offer.slot.start_date, offer.slot.end_date)
    assert meeting.details.customer_id == "customer-4711"

    same = await bookme.meeting(meeting.id)
    await meeting.change(title="Second talk", description=None)
    assert (await same.refresh()).title == "Second talk"
    await meeting.move(meeting.start + LATER)
    assert meeting.start == offer.slot.start_date + LATER
    with pytest.raises(MeetingChanged) as refused:
        await same.change(title="Third talk", only_if_unchanged=True)
    assert refused.value.problem.etag == '"2"'
    assert re.search(r"\r\nSUMMARY:Second talk\r\n", await meeting.ics())
    assert "SUMMARY:Only here" in await meeting.ics(title="Only here")
    assert (await meeting.cancel("The customer is ill")).reason == "The customer is ill"
    assert "METHOD:CANCEL" in await meeting.ics()


async def test_a_hold_is_released_at_the_end_of_its_block(
    bookme: AsyncBookMe, database: Database, worker: None
) -> None:
    slot = (await first_offer(bookme)).slot
    with pytest.raises(ZeroDivisionError):
        await fail_while_holding(bookme, slot, database)
    assert await count_of(database, "time_slot") == 0
    async with await bookme.hold(slot) as hold:
        await hold.confirm()
    assert await count_of(database, "time_slot") == 1, "it was confirmed"
    await hold.release()
    await hold.release()
    assert await count_of(database, "time_slot") == 0


async def fail_while_holding(bookme: AsyncBookMe, slot: AvailableTimeslot, database: Database) -> None:
    async with await bookme.hold(slot):
        assert await count_of(database, "time_slot") == 1
        raise ZeroDivisionError


async def test_the_same_token_finds_the_same_hold(bookme: AsyncBookMe, database: Database, worker: None) -> None:
    offer, token = await first_offer(bookme), f"order-{uuid4()}"
    one = await bookme.hold(offer.slot, token=token)
    assert (await bookme.hold(offer.slot, token=token)).id == one.id
    assert await count_of(database, "time_slot") == 1


async def test_a_hold_is_continued_in_another_process(bookme: AsyncBookMe, url: str, worker: None) -> None:
    offer = await first_offer(bookme)
    hold = await bookme.hold(offer.slot, customer_id="customer-4711", customer_type_id=offer.customer_type_id)
    saved = json.loads(json.dumps(hold.as_json()))
    async with AsyncBookMe(url, client_id="demo", client_secret=SECRET) as another:
        resumed = await another.resume_hold(saved)
        assert timedelta(minutes=4, seconds=45) < resumed.time_left < timedelta(minutes=5, seconds=2)
        meeting = await resumed.create_meeting()
        assert (meeting.details.time_slot_id, meeting.details.customer_id) == (hold.id, "customer-4711")
    assert (await hold.refresh()).is_confirmed


async def test_a_hold_is_extended_once(bookme: AsyncBookMe, proxy: LossyProxy, worker: None) -> None:
    proxy.lose("/extend$", Loss.ANSWER)
    hold = await bookme.hold((await first_offer(bookme)).slot)
    await hold.extend()
    assert proxy.has_lost_everything
    assert timedelta(minutes=9, seconds=45) < hold.time_left <= timedelta(minutes=10)
    with pytest.raises(HoldAlreadyExtended):
        await hold.extend()


async def test_a_meeting_without_what_it_needs_is_refused_before_it_is_sent(bookme: AsyncBookMe, worker: None) -> None:
    hold = await bookme.hold((await first_offer(bookme)).slot)
    with pytest.raises(TypeError, match="create_meeting needs customer_id and customer_type_id"):
        await hold.create_meeting()
    assert not hold.is_confirmed


async def test_refusals_are_errors_by_reason(bookme: AsyncBookMe, worker: None) -> None:
    offer = await first_offer(bookme)
    at_night = offer.slot.start_date.replace(hour=2, minute=0)
    night = offer.slot.model_copy(update={"start_date": at_night, "end_date": at_night + timedelta(hours=1)})
    with pytest.raises(NotOffered) as refused:
        await bookme.hold(night)
    assert refused.value.problem.rule == "OUTSIDE_WORKING_HOURS"
    await bookme.hold(offer.slot)
    with pytest.raises(TimeSlotTaken) as taken:
        await bookme.hold(offer.slot)
    assert taken.value.next_time_slots
    assert taken.value.request_id in str(taken.value)
    with pytest.raises(NotFound) as missing:
        await bookme.meeting(uuid4())
    assert (missing.value.status, missing.value.problem.kind) == (404, "meeting")


@pytest.mark.ci
class TestShortHolds:
    @pytest.fixture
    def terms(self, terms: BookingLimits) -> BookingLimits:
        return replace(terms, reservation_ttl=timedelta(seconds=2))

    @pytest.mark.usefixtures("worker")
    async def test_a_hold_counts_down_to_its_end(self, bookme: AsyncBookMe) -> None:
        hold = await bookme.hold((await first_offer(bookme)).slot)
        assert timedelta() < hold.time_left <= timedelta(seconds=2)

        async def has_expired() -> bool:
            left = hold.time_left
            with suppress(NotFound):
                await bookme.request(operations.time_slots_get(hold.id))
                return False
            assert left < timedelta(seconds=1), "it promised too much"
            return True

        await until(has_expired, 10)
        assert not hold.time_left
        with pytest.raises(HoldExpired) as refused:
            await hold.confirm()
        assert refused.value.problem.expired_at


@pytest.mark.ci
@pytest.mark.parametrize("wrong_by", [3600, -3600])
async def test_a_wrong_local_clock_changes_nothing(
    url: str, wrong_by: int, tmp_path: Path, database: Database, worker: None
) -> None:
    """The program's clock is wrong by an hour: it still knows how long its hold lasts, and books."""
    library = await asyncio.to_thread(libfaketime, tmp_path / "clock")
    if library is None:
        pytest.skip("libfaketime does not work on this machine")
    clock = Clock(library, tmp_path / "clock")
    clock.move(wrong_by)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BOOK, url, SECRET, next_monday().isoformat()),
        env=os.environ | clock.environment,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    (now, left), (again,), (first_line,) = (line.split() for line in output.decode().splitlines())
    assert abs(float(now) - time.time() - wrong_by) < 60
    assert 290 < float(left) < 299.1
    assert 290 < float(again) < 301.5
    assert first_line == "BEGIN:VCALENDAR"
    assert await count_of(database, "meeting") == 1
