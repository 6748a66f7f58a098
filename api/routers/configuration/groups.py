"""Configuration of competence groups and service groups."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.scopes import Configurer
from api.dependencies import IdempotencyKey, Transaction
from api.http.errors import UnusableRequest
from api.http.pagination import PageQuery
from api.http.patching import Patch
from api.http.preconditions import IfVersion, tagged
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends, sends_version
from api.resources import records
from api.routers.paths import CompetenceGroupId, ServiceGroupId
from api.schemas.base.ids import parse_id
from api.schemas.configuration.groups import CompetenceGroupSettings, ServiceGroupSettings
from domain.configuration import DEEPEST_COMPETENCE_GROUP, in_a_cycle, too_deep
from domain.errors import Reason
from storage.availability.organisation_data import read_organisation_data
from storage.configuration.records import COMPETENCE_GROUP, SERVICE_GROUP

router = APIRouter(prefix="/bookme/config", tags=["Organization Configuration"], route_class=JsonRoute)

CREATING = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS, Reason.IDEMPOTENCY_KEY_REUSED)
CHANGING = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS)
REMOVING = (Reason.NOT_FOUND, Reason.IN_USE)


@router.get("/competence-groups", operation_id="CompetenceGroups_listSettings", responses=errors() | sends("Link"))
async def list_competence_groups(
    _: Configurer, session: Transaction, response: Response, query: Annotated[PageQuery, Query()]
) -> list[CompetenceGroupSettings]:
    """The competence groups by id, in pages; the header `Link: <…>; rel="next"` (RFC 8288) names the next page."""
    return await records.page(
        session, COMPETENCE_GROUP, CompetenceGroupSettings, query, response, "/bookme/config/competence-groups"
    )


@router.post("/competence-groups", operation_id="CompetenceGroups_createSettings", responses=errors(*CREATING))
async def create_competence_group(
    principal: Configurer, competence_group: CompetenceGroupSettings, key: IdempotencyKey
) -> CompetenceGroupSettings:
    """Add a competence group."""
    return await records.create(key, principal, COMPETENCE_GROUP, competence_group, _check_nesting)


@router.get(
    "/competence-groups/{id}",
    operation_id="CompetenceGroups_getSettings",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_competence_group(
    _: Configurer, session: Transaction, id: CompetenceGroupId, response: Response
) -> CompetenceGroupSettings:
    """One competence group."""
    return tagged(
        response,
        await records.show(session, COMPETENCE_GROUP, CompetenceGroupSettings, parse_id("competence group", id)),
    )


@router.patch(
    "/competence-groups/{id}",
    operation_id="CompetenceGroups_patchSettings",
    responses=errors(*CHANGING, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_competence_group(
    _: Configurer,
    session: Transaction,
    id: CompetenceGroupId,
    patch: Patch,
    response: Response,
    precondition: IfVersion,
) -> CompetenceGroupSettings:
    """Change a competence group by JSON Patch (RFC 6902): every operation, or none."""
    identity = parse_id("competence group", id)
    changed = await records.patch(session, COMPETENCE_GROUP, CompetenceGroupSettings, identity, patch, precondition)
    await _check_nesting(session)
    return tagged(response, changed)


@router.delete(
    "/competence-groups/{id}",
    operation_id="CompetenceGroups_deleteSettings",
    status_code=204,
    responses=errors(*REMOVING, Reason.VERSION_MISMATCH),
)
async def remove_competence_group(
    _: Configurer, session: Transaction, id: CompetenceGroupId, precondition: IfVersion
) -> None:
    """Delete a competence group that nothing refers to."""
    await records.remove(
        session, COMPETENCE_GROUP, CompetenceGroupSettings, parse_id("competence group", id), precondition
    )


@router.get("/service-groups", operation_id="ServiceGroups_listSettings", responses=errors() | sends("Link"))
async def list_service_groups(
    _: Configurer, session: Transaction, response: Response, query: Annotated[PageQuery, Query()]
) -> list[ServiceGroupSettings]:
    """The service groups by id, in pages; the header `Link: <…>; rel="next"` (RFC 8288) names the next page."""
    return await records.page(
        session, SERVICE_GROUP, ServiceGroupSettings, query, response, "/bookme/config/service-groups"
    )


@router.post("/service-groups", operation_id="ServiceGroups_createSettings", responses=errors(*CREATING))
async def create_service_group(
    principal: Configurer, service_group: ServiceGroupSettings, key: IdempotencyKey
) -> ServiceGroupSettings:
    """Add a service group."""
    return await records.create(key, principal, SERVICE_GROUP, service_group)


@router.get(
    "/service-groups/{id}",
    operation_id="ServiceGroups_getSettings",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_service_group(
    _: Configurer, session: Transaction, id: ServiceGroupId, response: Response
) -> ServiceGroupSettings:
    """One service group."""
    return tagged(
        response, await records.show(session, SERVICE_GROUP, ServiceGroupSettings, parse_id("service group", id))
    )


@router.patch(
    "/service-groups/{id}",
    operation_id="ServiceGroups_patchSettings",
    responses=errors(*CHANGING, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_service_group(
    _: Configurer, session: Transaction, id: ServiceGroupId, patch: Patch, response: Response, precondition: IfVersion
) -> ServiceGroupSettings:
    """Change a service group by JSON Patch (RFC 6902): every operation, or none."""
    return tagged(
        response,
        await records.patch(
            session, SERVICE_GROUP, ServiceGroupSettings, parse_id("service group", id), patch, precondition
        ),
    )


@router.delete(
    "/service-groups/{id}",
    operation_id="ServiceGroups_deleteSettings",
    status_code=204,
    responses=errors(*REMOVING, Reason.VERSION_MISMATCH),
)
async def remove_service_group(
    _: Configurer, session: Transaction, id: ServiceGroupId, precondition: IfVersion
) -> None:
    """Delete a service group that nothing refers to."""
    await records.remove(session, SERVICE_GROUP, ServiceGroupSettings, parse_id("service group", id), precondition)


async def _check_nesting(session: AsyncSession) -> None:
    groups = (await read_organisation_data(session)).competence_groups
    if in_a_cycle(groups):
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "A competence group cannot be above itself (parentId).")
    if too_deep(groups):
        message = f"There may be {DEEPEST_COMPETENCE_GROUP} levels of competence groups (parentId)."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message)
