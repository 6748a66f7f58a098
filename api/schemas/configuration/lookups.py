"""Schemas of the configuration that clients look up."""

from typing import Self
from uuid import UUID

from pydantic import Field
from sqlmodel import SQLModel

from api.schemas.base import examples
from api.schemas.base.common import Wire
from api.schemas.base.examples import example
from storage.configuration.records import Record


class LookedUp(Wire):
    """Base of the schemas. Members of a stored record or row that a schema does not have are left out."""

    @classmethod
    def stored(cls, stored: Record | SQLModel) -> Self:
        return cls.model_validate(stored, from_attributes=True)


class Topic(LookedUp):
    """The topic of a meeting. Without customer types it is open to every customer type."""

    model_config = example(
        id=examples.TOPIC,
        name="Buying a home",
        uniqueTopicId="home-loan",
        order=1,
        isCustomerBookable=True,
        customerTypes=[],
    )

    id: UUID = Field(description="`topicId` of a meeting that is about it.")
    name: str = Field(description="What customers read.")
    unique_topic_id: str = Field(description="The organisation's own name for the topic.")
    parent_id: UUID | None = Field(None, description="The topic of which this is a part.")
    order: int | None = Field(None, description="Its place in the list.")
    is_customer_bookable: bool = Field(description="Whether customers may book it themselves.")
    customer_types: list[UUID] = Field(description="The customer types it is open to.")


class CustomerType(LookedUp):
    """A kind of customer."""

    model_config = example(id=examples.CUSTOMER_TYPE, name="Private")

    id: UUID = Field(description="`customerTypeId` of a meeting with such a customer.")
    name: str = Field(description="What employees call it.")


class Employee(LookedUp):
    """An employee whom customers meet."""

    model_config = example(
        id=examples.EMPLOYEE,
        displayName="Freja Lindqvist",
        firstName="Freja",
        lastName="Lindqvist",
        email="freja.lindqvist@nordhavn.example.com",
        initials="FLI",
        location="copenhagen-city",
    )

    id: UUID = Field(description="`employeeId` of the employee's time slots and meetings.")
    display_name: str = Field(description="The name that customers read.")
    first_name: str = Field(description="The given name.")
    last_name: str = Field(description="The family name.")
    email: str = Field(description="The employee's mail address.")
    initials: str = Field(description="The employee's initials.")
    location: str | None = Field(None, description="The id of the employee's home location.")
    external_id: str | None = Field(None, description="The employee's id in another system.")


class Room(LookedUp):
    """A room for physical meetings."""

    model_config = example(
        id=examples.ROOM,
        name="Øresund",
        email="room.oeresund@nordhavn.example.com",
        location="copenhagen-city",
        canBeBooked=True,
    )

    id: UUID = Field(description="`roomId` of the time slots and meetings in it.")
    name: str = Field(description="The room's name.")
    email: str = Field(description="The room's mail address.")
    location: str = Field(description="The id of the room's location.")
    can_be_booked: bool = Field(description="Whether meetings can be held in it.")
