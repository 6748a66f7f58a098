"""Endpoints of meeting topics."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.scopes import Reader
from api.dependencies import Transaction
from api.http.errors import UnusableRequest
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.resources.records import Resource
from api.routers.configuration.crud import Crud
from api.schemas.base.common import one_name
from api.schemas.base.ids import CustomerTypeId, OrNone
from api.schemas.configuration.lookups import Topic
from api.schemas.configuration.people import CreateTopicRequest
from domain.configuration import is_in_a_cycle
from domain.errors import Reason
from storage.configuration.lookups import list_topics, read_parents, require
from storage.configuration.records import TOPIC, with_links
from storage.tables.organisation import CustomerTypeRow

router = APIRouter(tags=["BookMe"], route_class=JsonRoute)


class TopicsQuery(BaseModel):
    """Filter of the topics to list."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    is_customer: bool = Field(description="true: only topics that customers can book themselves.")
    customer_type_id: OrNone[CustomerTypeId] = Field(
        None, description="Only topics that are open to this customer type. Also accepted as `customerCategoryId`."
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
    """List the topics that a meeting can have, in the organisation's order."""
    customer_type: UUID | None = query.customer_type_id
    await require(session, [(CustomerTypeRow, customer_type)] if customer_type else [])
    topics = await list_topics(session, for_customers=query.is_customer, customer_type=customer_type)
    return [Topic.stored(record) for record in await with_links(session, TOPIC, topics)]


async def check_parents(session: AsyncSession, topic: UUID) -> None:
    """Raise `UnusableRequest` if the topic is above itself."""
    if is_in_a_cycle(topic, await read_parents(session)):
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "A topic cannot be above itself (parentId).")


crud = Crud(
    router,
    Resource(TOPIC, CreateTopicRequest, check_parents),
    "/bookme/meeting-topics",
    "Topics_{}",
    shown=Topic,
    reader=Reader,
)
crud.add_create()
crud.add_get()
crud.add_change()
crud.add_remove()
