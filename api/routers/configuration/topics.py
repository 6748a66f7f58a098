"""Endpoints of meeting topics."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from api.auth.scopes import Configurer, Reader
from api.dependencies import IdempotencyKey, Transaction
from api.http.errors import UnusableRequest
from api.http.patching import Patch
from api.http.preconditions import IfVersion, tagged
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends, sends_version
from api.resources import records
from api.routers.paths import TopicId
from api.schemas.base.common import one_name
from api.schemas.base.ids import CustomerTypeId, OrNone, parse_id
from api.schemas.configuration.lookups import Topic
from api.schemas.configuration.people import CreateTopicRequest
from domain.configuration import is_in_a_cycle
from domain.errors import Reason
from storage.configuration.lookups import list_topics, read_parents, require
from storage.configuration.records import TOPIC, load, with_links
from storage.tables.organisation import CustomerTypeRow

CREATING = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS, Reason.IDEMPOTENCY_KEY_REUSED)
CHANGING = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS)
REMOVING = (Reason.NOT_FOUND, Reason.IN_USE)

router = APIRouter(tags=["BookMe"], route_class=JsonRoute)


class TopicsQuery(BaseModel):
    """Filter of the topics to list."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    is_customer: bool = Field(description="true: only topics that customers may book themselves.")
    customer_type_id: OrNone[CustomerTypeId] = Field(
        None, description="Only topics open to it. Also `customerCategoryId`."
    )
    customer_category_id: Annotated[
        OrNone[CustomerTypeId], Field(deprecated=True, description="The same as `customerTypeId`.")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _both_vocabularies(cls, data: Any) -> Any:  # noqa: ANN401 - whatever a client sends
        return one_name(data, {"customerCategoryId": "customerTypeId"})


@router.get("/bookme/meeting-topics", operation_id="Topics_list", responses=errors(Reason.NOT_FOUND))
async def list_meeting_topics(_: Reader, session: Transaction, query: Annotated[TopicsQuery, Query()]) -> list[Topic]:
    """The topics that a meeting can have, in the organisation's order."""
    customer_type: UUID | None = query.customer_type_id
    await require(session, [(CustomerTypeRow, customer_type)] if customer_type else [])
    topics = await list_topics(session, for_customers=query.is_customer, customer_type=customer_type)
    return [Topic.stored(record) for record in await with_links(session, TOPIC, topics)]


@router.post("/bookme/meeting-topics", operation_id="Topics_create", responses=errors(*CREATING))
async def create_topic(principal: Configurer, topic: CreateTopicRequest, key: IdempotencyKey) -> Topic:
    """Add a topic."""
    created = await records.create(key, principal, TOPIC, topic)
    return Topic.stored(created.record())


@router.get(
    "/bookme/meeting-topics/{id}", operation_id="Topics_get", responses=errors(Reason.NOT_FOUND) | sends_version()
)
async def get_topic(_: Reader, session: Transaction, id: TopicId, response: Response) -> Topic:
    """One topic."""
    return tagged(response, Topic.stored(await load(session, TOPIC, parse_id("topic", id))))


@router.patch(
    "/bookme/meeting-topics/{id}",
    operation_id="Topics_patch",
    responses=errors(*CHANGING, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_topic(
    _: Configurer, session: Transaction, id: TopicId, patch: Patch, response: Response, precondition: IfVersion
) -> Topic:
    """Change a topic by JSON Patch (RFC 6902): every operation, or none."""
    changed = await records.patch(session, TOPIC, CreateTopicRequest, parse_id("topic", id), patch, precondition)
    if is_in_a_cycle(changed.id, await read_parents(session)):
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "A topic cannot be above itself (parentId).")
    return tagged(response, Topic.stored(changed.record()))


@router.delete(
    "/bookme/meeting-topics/{id}",
    operation_id="Topics_delete",
    status_code=204,
    responses=errors(*REMOVING, Reason.VERSION_MISMATCH),
)
async def remove_topic(_: Configurer, session: Transaction, id: TopicId, precondition: IfVersion) -> None:
    """Delete a topic that nothing refers to."""
    await records.remove(session, TOPIC, CreateTopicRequest, parse_id("topic", id), precondition)
