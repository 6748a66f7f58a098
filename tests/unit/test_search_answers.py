"""A page of time slots is encoded as its schema encodes it."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from api.resources.search import encoded
from api.schemas.availability.search import AvailableTimeslot
from domain.availability import OfferedSlot
from domain.meetings import MeetingType
from domain.time_slots import Interval

NINE = datetime(2031, 3, 3, 9, 0, 0, 7_000, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEMA = TypeAdapter(list[AvailableTimeslot])


@pytest.mark.parametrize("topic", [None, UUID(int=21)], ids=["any topic", "one topic"])
def test_a_page_has_the_bytes_of_its_schema(topic: UUID | None) -> None:
    starts = (NINE, NINE + HOUR)
    some = product(starts, MeetingType, (UUID(int=1), UUID(int=2)), (None, UUID(int=31)), (None, UUID(int=41)))
    page = [
        OfferedSlot(Interval(start, start + HOUR), meeting_type, employee, room, service_group_id=group)
        for start, meeting_type, employee, room, group in some
    ]
    body = encoded(page, topic)

    as_schema = SCHEMA.validate_json(body)
    assert body == SCHEMA.dump_json(as_schema, by_alias=True, exclude_none=True)
    assert [(each.start_date, each.meeting_type, each.employee_id) for each in as_schema] == [
        (each.interval.start, each.meeting_type, each.employee_id) for each in page
    ]
    assert [(each.room_id, each.service_group, each.meeting_topic_id) for each in as_schema] == [
        (str(each.room_id or ""), str(each.service_group_id) if each.service_group_id else None, str(topic or ""))
        for each in page
    ]


def test_an_empty_page() -> None:
    assert encoded([], None) == b"[]"
