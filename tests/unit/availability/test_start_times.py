"""The start times of a day, also on days when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.local_time import grid_of_day, hours_of_day
from domain.time_slots import Interval
from tests.unit.availability.branch import (
    ALL_MORNING,
    COPENHAGEN,
    HALF,
    HOUR,
    NEW_YORK,
    ONLINE,
    Branch,
    at,
    busy,
    employee,
    span,
    workday,
)


class TestGrid:
    def test_starts_every_half_hour_and_the_whole_meeting_fits(self) -> None:
        assert Branch().starts() == ALL_MORNING
        assert Branch().starts(duration=timedelta(hours=3)) == ["09:00"]
        assert Branch().starts(duration=timedelta(minutes=181)) == []

    def test_counts_from_midnight_and_not_from_when_work_starts(self) -> None:
        branch = Branch(
            [employee(day=workday("09:10", "12:00"))], organisation={"slot_interval": timedelta(minutes=45)}
        )
        assert branch.starts() == ["09:45", "10:30"]

    def test_is_local_where_the_offset_is_no_whole_hour(self) -> None:
        branch = Branch(zone=ZoneInfo("Asia/Kathmandu"), now=at("00:00") - HOUR * 12)
        assert branch.starts() == ALL_MORNING
        assert branch.offers()[0].interval.start.minute == 15

    def test_window_holds_starts_only(self) -> None:
        assert Branch().starts(window=span("09:30", "10:30")) == ["09:30", "10:00"]
        assert Branch().starts(window=span("10:30", "10:30")) == []
        assert Branch().starts(window=span("10:30", "09:30")) == []

    @pytest.mark.parametrize("minutes", [0, -60, 60 * 24 * 32])
    def test_offers_nothing_of_an_impossible_duration(self, minutes: int) -> None:
        assert Branch().starts(duration=timedelta(minutes=minutes)) == []


class TestChangesOfClocks:
    def test_a_gap_hour_offers_nothing(self) -> None:
        spring = date(2025, 3, 30)
        branch = Branch([employee(day=workday("00:00", "05:00"))], now=at("00:00", spring))
        assert branch.starts(spring, duration=HALF) == [
            "00:00",
            "00:30",
            "01:00",
            "01:30",
            "03:00",
            "03:30",
            "04:00",
            "04:30",
        ]
        assert branch.offers(spring)[-1].interval.end == datetime(2025, 3, 30, 3, tzinfo=UTC)

    def test_work_within_the_gap_is_no_work(self) -> None:
        spring = date(2025, 3, 30)
        branch = Branch([employee(day=workday("02:00", "03:00"))], now=at("00:00", spring))
        assert branch.starts(spring, duration=HALF) == []

    def test_a_fold_hour_is_offered_once_per_instant(self) -> None:
        autumn = date(2025, 11, 2)
        branch = Branch([employee(day=workday("01:00", "02:00"))], zone=NEW_YORK, now=at("00:00", autumn))
        assert branch.starts(autumn, duration=HALF) == ["01:00", "01:30", "01:00", "01:30"]
        starts = [slot.interval.start for slot in branch.offers(autumn, meeting_types=frozenset({ONLINE}))]
        assert starts == [datetime(2025, 11, 2, 5, tzinfo=UTC) + HALF * number for number in range(3)]

    def test_work_that_ends_in_the_fold_is_worked_in_both_hours(self) -> None:
        autumn = date(2025, 11, 2)
        branch = Branch([employee(day=workday("00:00", "01:30"))], zone=NEW_YORK, now=at("00:00", autumn))
        assert branch.starts(autumn) == ["00:00", "00:30"]
        assert branch.starts(autumn, duration=HALF) == ["00:00", "00:30", "01:00", "01:00"]

    def test_a_change_of_half_an_hour(self) -> None:
        zone, spring = ZoneInfo("Australia/Lord_Howe"), date(2025, 10, 5)
        branch = Branch([employee(day=workday("01:00", "04:00"))], zone=zone, now=at("00:00", spring, zone))
        assert branch.starts(spring, duration=HALF) == ["01:00", "01:30", "02:30", "03:00", "03:30"]

    def test_a_day_of_25_hours_has_each_of_them_once(self) -> None:
        assert len(grid_of_day(COPENHAGEN, date(2025, 10, 26), HOUR)) == 25
        assert len(grid_of_day(COPENHAGEN, date(2025, 3, 30), HOUR)) == 23

    def test_a_clock_set_back_over_midnight_visits_a_day_twice(self) -> None:
        zone, day = ZoneInfo("America/St_Johns"), date(2010, 11, 6)
        parts = hours_of_day(zone, day, time.min, time.min)
        assert [(part.end - part.start) for part in parts] == [timedelta(hours=24), timedelta(minutes=59)]
        branch = Branch([employee(day=workday("22:00", "00:00"))], zone=zone, now=at("00:00", day, zone))
        window = Interval(at("12:00", day, zone), at("12:00", day, zone) + HOUR * 18)
        assert branch.starts(window=window, duration=HALF) == ["22:00", "22:30", "23:00", "23:30", "23:30"]

        midnight = at("00:00", day + timedelta(days=1), zone)
        branch.employees = [employee(day=workday("00:00", "00:00"))]
        assert branch.starts(window=Interval(midnight, midnight + HOUR), duration=HALF) == ["00:00", "23:30"]

    def test_instants_may_be_written_in_the_zone_of_the_fold(self) -> None:
        first = datetime(2025, 11, 2, 1, 30, tzinfo=NEW_YORK)
        hour = Interval(first, first.replace(fold=1))
        branch = Branch([employee(day=workday("00:00", "04:00"))], zone=NEW_YORK, now=first - timedelta(days=1))
        assert branch.starts(window=hour) == ["01:30", "01:00"]
        assert branch.refuses(hour) is None
        branch.busy = [busy(hour)]
        assert branch.starts(window=hour) == []
        assert branch.refuses(hour) == "employee"

    def test_a_day_that_the_zone_skipped_has_no_hours(self) -> None:
        assert hours_of_day(ZoneInfo("Pacific/Apia"), date(2011, 12, 30), time.min, time.min) == ()


class TestWhen:
    def test_not_in_the_past_and_now_is_not_the_past(self) -> None:
        assert Branch(now=at("10:00")).starts() == ["10:00", "10:30", "11:00"]
        assert Branch(now=at("10:00") + timedelta(microseconds=1)).starts() == ["10:30", "11:00"]

    def test_within_the_look_forward_time(self) -> None:
        branch = Branch(organisation={"max_time_from_booking_to_meeting": HOUR * 4})
        assert branch.starts() == ["09:00", "09:30", "10:00"]

    def test_a_window_of_a_thousand_years_is_cut_to_the_look_forward_time(self) -> None:
        ages = Interval(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        assert (
            len(Branch(organisation={"max_time_from_booking_to_meeting": timedelta(days=7)}).starts(window=ages))
            == 7 * 5
        )
