"""Customer types, and look-ups of employees and rooms."""

from fastapi import APIRouter

from api.auth.scopes import Reader
from api.dependencies import Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.resources.records import Resource
from api.routers.configuration.crud import Crud
from api.routers.paths import EmployeeId, RoomId
from api.schemas.base.ids import parse_id
from api.schemas.configuration.lookups import CustomerType, Employee, Room
from api.schemas.configuration.people import CreateCustomerTypeRequest
from domain.errors import Reason
from storage.configuration.lookups import get, list_all
from storage.configuration.records import CUSTOMER_TYPE
from storage.tables.organisation import CustomerTypeRow, EmployeeRow, RoomRow

router = APIRouter(prefix="/config", tags=["Organization Configuration"], route_class=JsonRoute)


@router.get("/customer-types", operation_id="CustomerTypes_list", responses=errors())
async def list_customer_types(_: Reader, session: Transaction) -> list[CustomerType]:
    """List the customer types, by name."""
    return [CustomerType.stored(row.model_dump()) for row in await list_all(session, CustomerTypeRow, "name", "id")]


crud = Crud(
    router,
    Resource(CUSTOMER_TYPE, CreateCustomerTypeRequest),
    "/customer-types",
    "CustomerTypes_{}",
    shown=CustomerType,
    reader=Reader,
)
crud.add_create((Reason.ALREADY_EXISTS, Reason.IDEMPOTENCY_KEY_REUSED))
crud.add_get()
crud.add_change()
crud.add_remove()


@router.get("/employees", operation_id="Employees_all", responses=errors())
async def list_employees(_: Reader, session: Transaction) -> list[Employee]:
    """List all employees, by name."""
    return [Employee.stored(row) for row in await list_all(session, EmployeeRow, "display_name", "id")]


@router.get("/employees/{id}", operation_id="Employees_get", responses=errors(Reason.NOT_FOUND))
async def get_employee(_: Reader, session: Transaction, id: EmployeeId) -> Employee:
    """Get one employee."""
    return Employee.stored(await get(session, EmployeeRow, parse_id("employee", id)))


@router.get("/rooms", operation_id="Rooms_all", responses=errors())
async def list_rooms(_: Reader, session: Transaction) -> list[Room]:
    """List all rooms, by location and name."""
    return [Room.stored(row) for row in await list_all(session, RoomRow, "location", "name", "id")]


@router.get("/rooms/{id}", operation_id="Rooms_get", responses=errors(Reason.NOT_FOUND))
async def get_room(_: Reader, session: Transaction, id: RoomId) -> Room:
    """Get one room."""
    return Room.stored(await get(session, RoomRow, parse_id("room", id)))
