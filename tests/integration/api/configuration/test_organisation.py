"""The organisation over REST: opening hours, settings and closing days."""

import pytest
from icalendar import Calendar

from devstack.demo_data import CITY, identity
from tests.integration.api.configuration.records import CONFIG, FREJAS, delete, hours, listed, patch
from tests.integration.api.support import ok, problem
from tests.support.clients import ApiClient, Json, next_monday


class TestTheOrganisation:
    path = f"{CONFIG}/organization"

    async def test_opens_and_closes(self, operator: ApiClient) -> None:
        before = await hours(operator)
        changed = await patch(operator, self.path, openingTime="10:30:00", closingTime="14:00:00")
        assert (changed["openingTime"], changed["closingTime"]) == ("10:30:00", "14:00:00")
        assert await hours(operator) < before

    async def test_settings_are_answered_as_they_were_given(self, operator: ApiClient) -> None:
        values: Json = {
            "maxTimeFromBookingToMeeting": "30.00:00:00",
            "maxMeetingTimePerDay": "04:00:00",
            "bufferBetweenMeetings": "00:15:00",
            "workingTimeBuffer": "02:00:00",
            "slotInterval": "00:15:00",
            "timeZone": "America/Nuuk",
            "calendarTitle": "Advice",
        }
        assert (await patch(operator, self.path, **values)).items() >= values.items()
        assert ok(await operator.get(self.path)).items() >= values.items()
        assert await operator.search(**FREJAS)

    @pytest.mark.parametrize(
        "values",
        [
            {"timeZone": "Mars/Olympus"},
            {"slotInterval": "00:07:00"},
            {"slotInterval": "00:00:00"},
            {"openingTime": "12:00:00", "closingTime": "11:00:00"},
            {"openingTime": "08:00:00+01:00"},
            {"maxLookForwardTime": "999.00:00:00"},
        ],
    )
    async def test_refuses_nonsense(self, operator: ApiClient, values: Json) -> None:
        await patch(operator, self.path, 400, **values)

    async def test_titles_the_calendar_files_of_meetings_that_say_nothing(self, operator: ApiClient) -> None:
        booked = await operator.booked()
        content = await operator.meeting(booked)
        del content["title"]
        meeting = ok(await operator.post("/bookme/meetings", content))
        path = f"/bookme/meetings/{meeting['id']}/ical"
        before = Calendar.from_ical((await operator.post(path, {})).content).events[0]
        await patch(operator, self.path, calendarTitle="Your meeting", calendarDescription="Bring your papers.")
        after = Calendar.from_ical((await operator.post(path, {})).content).events[0]
        assert before["SUMMARY"] not in ("", "Your meeting")
        assert (after["SUMMARY"], after["DESCRIPTION"]) == ("Your meeting", "Bring your papers.")
        said = Calendar.from_ical((await operator.post(path, {"title": "Mine"})).content).events[0]
        assert said["SUMMARY"] == "Mine"


class TestClosingDays:
    path = f"{CONFIG}/closing-days"

    async def test_hide_what_was_offered(self, operator: ApiClient) -> None:
        day = next_monday().date().isoformat()
        assert await hours(operator)
        ok(await operator.post(self.path, {"date": day, "name": "Moving house"}))
        assert await hours(operator) == set()
        problem(await operator.post(self.path, {"date": day}), 409, "ALREADY_EXISTS")
        await delete(operator, f"{self.path}/{day}")
        assert await hours(operator)
        await delete(operator, f"{self.path}/{day}", 404)

    async def test_are_a_country_s_holidays(self, operator: ApiClient) -> None:
        ok(await operator.post(self.path, {"date": "2027-12-25", "name": "Ours"}))
        new = listed(await operator.post(f"{self.path}/holidays", {"country": "DK", "years": [2026, 2027]}))
        dates = {day["date"] for day in new}
        assert {"2026-12-25", "2027-01-01", "2027-05-06"} <= dates
        assert "2027-12-25" not in dates
        days = listed(await operator.get(self.path, **{"from": "2027-01-01", "to": "2027-12-31"}))
        assert {"date": "2027-12-25", "name": "Ours"} in days
        assert listed(await operator.post(f"{self.path}/holidays", {"country": "DK", "years": [2026]})) == []

    @pytest.mark.parametrize("wanted", [{"country": "QQ", "years": [2026]}, {"country": "DK", "years": []}])
    async def test_of_nowhere_are_refused(self, operator: ApiClient, wanted: Json) -> None:
        problem(await operator.post(f"{self.path}/holidays", wanted), 400)


async def test_locations_say_whether_rooms_are_named(operator: ApiClient) -> None:
    query = {"meetingLocation": "odense-centre", "meetingTypes": "physical"}
    assert all(slot["roomId"] for slot in await operator.search(**query))
    await patch(operator, f"{CONFIG}/locations/odense-centre", addRoomsToBookedMeetings=False)
    assert not any(slot["roomId"] for slot in await operator.search(**query))


async def test_allowed_options(operator: ApiClient) -> None:
    options = {each["topicId"]: each for each in listed(await operator.get(f"{CONFIG}/allowed-options"))}
    company = options[str(identity("company-loan"))]
    assert company["customerTypes"] == [str(identity("Business"))]
    assert set(company["meetingTypes"]) == {"physical", "online", "telephone", "offsite"}
    assert CITY in company["locations"]


async def test_time_zones(operator: ApiClient) -> None:
    zones = {zone["id"]: zone["utcOffset"] for zone in listed(await operator.get(f"{CONFIG}/time-zones"))}
    assert zones["Asia/Kathmandu"] == "+05:45"
    assert "Europe/Copenhagen" in zones
