"""Endpoint of the working hours of one day, for staff."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.scopes import Staff
from api.dependencies import Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.schemas.availability.working_hours import WorkingDay, WorkingHoursQuery
from domain.errors import Reason
from storage.availability.organisation_data import read_employees, read_organisation_data
from storage.configuration.lookups import list_all, require
from storage.tables.organisation import EmployeeRow, LocationRow

router = APIRouter(prefix="/bookme/working-hours", tags=["BookMe"], route_class=JsonRoute)


@router.get("", operation_id="WorkingHours_get", responses=errors(Reason.NOT_FOUND))
async def get_working_hours(_: Staff, session: Transaction, query: Annotated[WorkingHoursQuery, Query()]) -> WorkingDay:
    """Get who works when on one local day, and where: the hours of each employee's week within opening hours.

    Nobody works on a closing day. Entered times, such as `ExtraOpen` and `Busy`, are in `GET /bookme/time-slots`.
    """
    await require(session, [(EmployeeRow, each) for each in query.employee_ids])
    data = await read_organisation_data(session)
    day = query.on or data.now.astimezone(data.organisation.time_zone).date()
    found = await read_employees(session, query.employee_ids or None)
    locations = await list_all(session, LocationRow, "display_name", "id")
    return WorkingDay.of(day, replace(data, employees=found), locations)
