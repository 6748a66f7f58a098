"""Look-ups of customer types, employees and rooms."""

from fastapi import APIRouter

from api.auth import Reader
from api.refusals import errors
from api.route import JsonRoute
from api.routers.paths import EmployeeId, RoomId, parse_id
from api.schemas.configuration import CustomerType, Employee, Room
from api.state import Transaction
from domain.errors import Reason
from storage.configuration import get, list_all
from storage.tables import CustomerTypeRow, EmployeeRow, RoomRow

router = APIRouter(prefix="/config", tags=["Organization Configuration"], route_class=JsonRoute)


@router.get("/customer-types", operation_id="CustomerTypes_list", responses=errors())
async def list_customer_types(_: Reader, session: Transaction) -> list[CustomerType]:
    """The kinds of customers."""
    return [CustomerType.stored(row) for row in await list_all(session, CustomerTypeRow, "name", "id")]


@router.get("/employees", operation_id="Employees_all", responses=errors())
async def list_employees(_: Reader, session: Transaction) -> list[Employee]:
    """All employees, by name."""
    return [Employee.stored(row) for row in await list_all(session, EmployeeRow, "display_name", "id")]


@router.get("/employees/{id}", operation_id="Employees_get", responses=errors(Reason.NOT_FOUND))
async def get_employee(_: Reader, session: Transaction, id: EmployeeId) -> Employee:  # noqa: A002 - the contract's name
    """One employee."""
    return Employee.stored(await get(session, EmployeeRow, parse_id("employee", id)))


@router.get("/rooms", operation_id="Rooms_all", responses=errors())
async def list_rooms(_: Reader, session: Transaction) -> list[Room]:
    """All rooms, by location and name."""
    return [Room.stored(row) for row in await list_all(session, RoomRow, "location", "name", "id")]


@router.get("/rooms/{id}", operation_id="Rooms_get", responses=errors(Reason.NOT_FOUND))
async def get_room(_: Reader, session: Transaction, id: RoomId) -> Room:  # noqa: A002 - the contract's name
    """One room."""
    return Room.stored(await get(session, RoomRow, parse_id("room", id)))
