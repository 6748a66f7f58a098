"""Base of the schemas of configuration records."""

from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

from pydantic import Field

from api.schemas.base.addresses import STORED
from api.schemas.base.common import Body


class RecordSettings(Body):
    """Base of the wire schemas of records. The fields are those of the record, unless a subclass differs."""

    FIXED: ClassVar[tuple[str, ...]] = ("id",)
    """Names of the fields that cannot be changed."""

    id: Any

    @classmethod
    def stored(cls, record: dict[str, Any]) -> Self:
        return cls.model_validate(record, context=STORED)

    def record(self) -> dict[str, Any]:
        return self.model_dump()


class RecordSettingsWithId(RecordSettings):
    """Base of the wire schemas of records whose id is a UUID. BookMe makes the id if a new record has none."""

    id: UUID = Field(
        default_factory=uuid4, description="Id of the record. BookMe creates the id if the request does not give one."
    )
