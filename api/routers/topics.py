"""Meeting topics."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from api.auth import Reader
from api.refusals import errors
from api.route import JsonRoute
from api.schemas.common import OptionalId, one_name
from api.schemas.configuration import Topic
from api.state import Transaction
from domain.errors import Reason
from storage.configuration import list_topics, require_all
from storage.tables import CustomerTypeRow

router = APIRouter(tags=["BookMe"], route_class=JsonRoute)


class TopicsQuery(BaseModel):
    """Which topics to list."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    is_customer: bool = Field(description="true: only topics that customers may book themselves.")
    customer_type_id: OptionalId = Field(None, description="Only topics open to it. Also `customerCategoryId`.")
    customer_category_id: Annotated[OptionalId, Field(deprecated=True, description="The same as `customerTypeId`.")] = (
        None
    )

    @model_validator(mode="before")
    @classmethod
    def _both_vocabularies(cls, data: Any) -> Any:  # noqa: ANN401 - whatever a client sends
        return one_name(data, {"customerCategoryId": "customerTypeId"})


@router.get("/bookme/meeting-topics", operation_id="Topics_list", responses=errors(Reason.NOT_FOUND))
async def list_meeting_topics(_: Reader, session: Transaction, query: Annotated[TopicsQuery, Query()]) -> list[Topic]:
    """What meetings can be about, in the organisation's order."""
    customer_type: UUID | None = query.customer_type_id
    await require_all(session, CustomerTypeRow, [customer_type] if customer_type else [])
    topics = await list_topics(session, for_customers=query.is_customer, customer_type=customer_type)
    return [Topic.stored(topic) for topic in topics]
