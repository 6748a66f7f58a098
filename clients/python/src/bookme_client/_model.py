"""Base classes of the generated models. They read answers of a newer BookMe than the one they were generated for."""

import enum
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def wire_name(name: str) -> str:
    """Return the name that a field has in JSON: `from_` is `from`, `room_id` is `roomId`."""
    return to_camel(name.rstrip("_"))


class Model(BaseModel):
    """A JSON object. Members that the class does not know are kept, and can be read as attributes."""

    model_config = ConfigDict(
        alias_generator=wire_name, populate_by_name=True, extra="allow", defer_build=True, hide_input_in_errors=True
    )


class Enum(enum.Enum):
    """Names for strings. A string without a name becomes a member too, so that new values do not break a client."""

    @classmethod
    def _missing_(cls, value: object) -> Any:  # noqa: ANN401 - as the base class has it
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)  # type: ignore[type-var]  # every generated class is a `str` too
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
