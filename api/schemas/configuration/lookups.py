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
    """The topic of a meeting. A topic without customer types is open to every customer type."""

    model_config = example(
        id=examples.TOPIC,
        name="Buying a home",
        uniqueTopicId="home-loan",
        order=1,
        isCustomerBookable=True,
        customerTypes=[],
    )

    id: UUID = Field(description="Id of the topic: the `topicId` of meetings.")
    name: str = Field(description="The name that customers see.")
    unique_topic_id: str = Field(description="The organisation's own name for the topic.")
    parent_id: UUID | None = Field(None, description="The topic above this topic.")
    order: int | None = Field(None, description="Position of the topic in the list.")
    is_customer_bookable: bool = Field(description="Whether customers can book meetings on the topic themselves.")
    customer_types: list[UUID] = Field(
        description="The customer types that the topic is open to. An empty list means all."
    )


class CustomerType(LookedUp):
    """A kind of customer."""

    model_config = example(id=examples.CUSTOMER_TYPE, name="Private")

    id: UUID = Field(description="Id of the customer type: the `customerTypeId` of meetings.")
    name: str = Field(description="The name that employees use.")


class Employee(LookedUp):
    """An employee who meets customers."""

    model_config = example(
        id=examples.EMPLOYEE,
        displayName="Freja Lindqvist",
        firstName="Freja",
        lastName="Lindqvist",
        email="freja.lindqvist@nordhavn.example.com",
        initials="FLI",
        location="copenhagen-city",
    )

    id: UUID = Field(description="Id of the employee: the `employeeId` of time slots and meetings.")
    display_name: str = Field(description="The name that customers see.")
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

    id: UUID = Field(description="Id of the room: the `roomId` of time slots and meetings.")
    name: str = Field(description="The room's name.")
    email: str = Field(description="The room's mail address.")
    location: str = Field(description="The id of the room's location.")
    can_be_booked: bool = Field(description="Whether meetings can take place in the room.")
