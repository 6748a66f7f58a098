"""Customer types, and look-ups of employees and rooms."""

from fastapi import APIRouter, Response

from api.auth.scopes import Configurer, Reader
from api.dependencies import IdempotencyKey, Transaction
from api.http.patching import Patch
from api.http.preconditions import IfVersion, tagged
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends, sends_version
from api.resources import records
from api.routers.paths import CustomerTypeId, EmployeeId, RoomId
from api.schemas.base.ids import parse_id
from api.schemas.configuration.lookups import CustomerType, Employee, Room
from api.schemas.configuration.people import CreateCustomerTypeRequest
from domain.errors import Reason
from storage.configuration.lookups import get, list_all
from storage.configuration.records import CUSTOMER_TYPE, load
from storage.tables.organisation import CustomerTypeRow, EmployeeRow, RoomRow

router = APIRouter(prefix="/config", tags=["Organization Configuration"], route_class=JsonRoute)


@router.get("/customer-types", operation_id="CustomerTypes_list", responses=errors())
async def list_customer_types(_: Reader, session: Transaction) -> list[CustomerType]:
    """The customer types, by name."""
    return [CustomerType.stored(row.model_dump()) for row in await list_all(session, CustomerTypeRow, "name", "id")]


@router.post(
    "/customer-types",
    operation_id="CustomerTypes_create",
    responses=errors(Reason.ALREADY_EXISTS, Reason.IDEMPOTENCY_KEY_REUSED),
)
async def create_customer_type(
    principal: Configurer, customer_type: CreateCustomerTypeRequest, key: IdempotencyKey
) -> CustomerType:
    """Add a customer type."""
    created = await records.create(key, principal, CUSTOMER_TYPE, customer_type)
    return CustomerType.stored(created.record())


@router.get(
    "/customer-types/{id}", operation_id="CustomerTypes_get", responses=errors(Reason.NOT_FOUND) | sends_version()
)
async def get_customer_type(_: Reader, session: Transaction, id: CustomerTypeId, response: Response) -> CustomerType:
    """One customer type."""
    return tagged(response, CustomerType.stored(await load(session, CUSTOMER_TYPE, parse_id("customer type", id))))


@router.patch(
    "/customer-types/{id}",
    operation_id="CustomerTypes_patch",
    responses=errors(Reason.NOT_FOUND, Reason.ALREADY_EXISTS, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_customer_type(
    _: Configurer, session: Transaction, id: CustomerTypeId, patch: Patch, response: Response, precondition: IfVersion
) -> CustomerType:
    """Change a customer type by JSON Patch (RFC 6902): every operation, or none."""
    changed = await records.patch(
        session, CUSTOMER_TYPE, CreateCustomerTypeRequest, parse_id("customer type", id), patch, precondition
    )
    return tagged(response, CustomerType.stored(changed.record()))


@router.delete(
    "/customer-types/{id}",
    operation_id="CustomerTypes_delete",
    status_code=204,
    responses=errors(Reason.NOT_FOUND, Reason.IN_USE, Reason.VERSION_MISMATCH),
)
async def remove_customer_type(
    _: Configurer, session: Transaction, id: CustomerTypeId, precondition: IfVersion
) -> None:
    """Delete a customer type that nothing refers to."""
    await records.remove(session, CUSTOMER_TYPE, CreateCustomerTypeRequest, parse_id("customer type", id), precondition)


@router.get("/employees", operation_id="Employees_all", responses=errors())
async def list_employees(_: Reader, session: Transaction) -> list[Employee]:
    """All employees, by name."""
    return [Employee.stored(row) for row in await list_all(session, EmployeeRow, "display_name", "id")]


@router.get("/employees/{id}", operation_id="Employees_get", responses=errors(Reason.NOT_FOUND))
async def get_employee(_: Reader, session: Transaction, id: EmployeeId) -> Employee:
    """One employee."""
    return Employee.stored(await get(session, EmployeeRow, parse_id("employee", id)))


@router.get("/rooms", operation_id="Rooms_all", responses=errors())
async def list_rooms(_: Reader, session: Transaction) -> list[Room]:
    """All rooms, by location and name."""
    return [Room.stored(row) for row in await list_all(session, RoomRow, "location", "name", "id")]


@router.get("/rooms/{id}", operation_id="Rooms_get", responses=errors(Reason.NOT_FOUND))
async def get_room(_: Reader, session: Transaction, id: RoomId) -> Room:
    """One room."""
    return Room.stored(await get(session, RoomRow, parse_id("room", id)))
