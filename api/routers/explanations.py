"""Endpoint that explains why a time slot is offered or not."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import SQLModel

from api.auth.scopes import Staff
from api.dependencies import Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.schemas.explanations import ExplainQuery, SlotExplained
from domain.availability import explain
from domain.errors import Reason
from domain.local_time import LOCAL_DAY
from domain.time_slots import Interval
from storage.availability.situations import read_availability_data, slots_of_meetings
from storage.configuration.lookups import require
from storage.tables.availability import ServiceGroupRow
from storage.tables.booking import MeetingRow
from storage.tables.organisation import CustomerTypeRow, EmployeeRow, LocationRow, RoomRow, TopicRow

router = APIRouter(prefix="/bookme/time-slots", tags=["BookMe"], route_class=JsonRoute)


@router.get("/explain", operation_id="TimeSlots_explain", responses=errors(Reason.NOT_FOUND))
async def explain_time_slot(_: Staff, session: Transaction, query: Annotated[ExplainQuery, Query()]) -> SlotExplained:
    """Get the result of every rule for one time slot. Search and reservations apply the same rules."""
    await require(session, list(_named(query)))
    wanted = query.wanted(await slots_of_meetings(session, query.ignore_meeting_ids))
    around = Interval(wanted.interval.start - LOCAL_DAY, wanted.interval.end + LOCAL_DAY)
    rooms = [query.room_id] if query.room_id else []
    situation = await read_availability_data(session, around, [query.employee_id], rooms=rooms)
    return SlotExplained.of(explain(wanted, situation))


def _named(query: ExplainQuery) -> Iterator[tuple[type[SQLModel], UUID | str]]:
    yield EmployeeRow, query.employee_id
    yield from ((MeetingRow, each) for each in query.ignore_meeting_ids)
    named = (
        (RoomRow, query.room_id),
        (TopicRow, query.topic),
        (CustomerTypeRow, query.customer_type_id),
        (ServiceGroupRow, query.service_group),
        (LocationRow, query.meeting_location),
        (LocationRow, query.customer_location),
    )
    yield from ((table, identity) for table, identity in named if identity)
