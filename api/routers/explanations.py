"""Why a time slot is offered, or is not."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import SQLModel

from api.auth import Staff
from api.refusals import errors
from api.route import JsonRoute
from api.schemas.explanations import ExplainQuery, SlotExplained
from api.search import AROUND
from api.state import Transaction
from domain.availability import explain
from domain.errors import Reason
from domain.time_slots import Interval
from storage.availability_tables import ServiceGroupRow
from storage.booking_tables import MeetingRow
from storage.configuration import require
from storage.organisation_tables import CustomerTypeRow, EmployeeRow, LocationRow, RoomRow, TopicRow
from storage.situations import read_situation, slots_of_meetings

router = APIRouter(prefix="/bookme/time-slots", tags=["BookMe"], route_class=JsonRoute)


@router.get("/explain", operation_id="TimeSlots_explain", responses=errors(Reason.NOT_FOUND))
async def explain_time_slot(_: Staff, session: Transaction, query: Annotated[ExplainQuery, Query()]) -> SlotExplained:
    """What every rule says of one time slot: the same rules by which search offers it and a reservation gets it."""
    await require(session, list(_named(query)))
    wanted = query.wanted(await slots_of_meetings(session, query.ignore_meeting_ids))
    around = Interval(wanted.interval.start - AROUND, wanted.interval.end + AROUND)
    rooms = [query.room_id] if query.room_id else []
    situation = await read_situation(session, around, [query.employee_id], rooms=rooms)
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
