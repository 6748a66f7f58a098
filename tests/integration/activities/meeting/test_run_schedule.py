"""When a meeting gets its run: with its booking, or later."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest

from activities.booking import BookingActivities
from domain.messages.booking import BookingKey, ReadBooking
from domain.messages.meeting import OpenMeeting
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import EARLY, HORIZON, NotificationSettings, must_start_run_now, time_until_work
from storage.database import Database
from tests.integration.activities.booking_fixture import CLIENT, FREJA, BookingFixture
from workers.meeting_runs import delay
from workers.meeting_sweep import horizon
from workers.schedules import SWEEP_EVERY

NOW: Final = datetime(2030, 1, 7, 9, tzinfo=UTC)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
REMINDING: Final = NotificationSettings((HOUR, DAY))
LAST: Final = NOW + DAY + EARLY + HORIZON
"""The last start for which a run is opened at once: by the longest reminder, whatever their order."""


def test_with_the_booking_when_the_first_reminder_is_near() -> None:
    assert must_start_run_now(LAST, REMINDING, NOW)
    assert not must_start_run_now(LAST + SECOND, REMINDING, NOW)
    assert must_start_run_now(NOW - HOUR, REMINDING, NOW)


def test_with_the_booking_when_it_is_to_be_mailed() -> None:
    assert must_start_run_now(NOW + 300 * DAY, NotificationSettings(REMINDING.reminders, invites=True), NOW)


def test_near_its_start_when_there_are_no_reminders() -> None:
    assert must_start_run_now(NOW + EARLY + HORIZON, NotificationSettings(), NOW)
    assert not must_start_run_now(NOW + EARLY + HORIZON + SECOND, NotificationSettings(), NOW)


def test_the_sweep_looks_as_far_as_the_booking_does() -> None:
    assert NOW + horizon(REMINDING) == LAST


def test_the_sweep_comes_several_times_within_the_horizon() -> None:
    assert HORIZON > 2 * SWEEP_EVERY


@pytest.mark.parametrize(("before", "waits"), [(EARLY + SECOND, SECOND), (EARLY, None), (EARLY - SECOND, None)])
def test_a_run_begins_early(before: timedelta, waits: timedelta | None) -> None:
    assert delay(opening(NOW + DAY + before), REMINDING, NOW) == waits
    assert (time_until_work(NOW + DAY + before, REMINDING, NOW) > timedelta(0)) == (waits is not None)


def opening(start: datetime) -> OpenMeeting:
    return OpenMeeting(meeting_id=UUID(int=1), client_id=CLIENT, employee_id=FREJA, start=start, end=start + HOUR)


@pytest.mark.parametrize(("before", "wants_run"), [(timedelta(0), False), (40 * DAY, True)])
async def test_the_steps_of_a_booking_say_so(
    database: Database, terms: BookingLimits, before: timedelta, wants_run: bool
) -> None:
    """The demo bank's free time that is asked for here begins tomorrow, and ends within forty days."""
    bookings = BookingFixture(database, BookingActivities(database, terms, NotificationSettings((before,))))
    meeting = await bookings.met(token="token")
    read = ReadBooking(booking=BookingKey(client_id=CLIENT, token="token"), time_slot_id=meeting.time_slot_id)
    found = (await bookings.steps.read_booking(read)).meeting
    assert found is not None
    assert (meeting.wants_run, found.wants_run) == (wants_run, wants_run)
