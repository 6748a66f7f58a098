"""Who takes part in a meeting besides its employee."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from api.schemas.ids import EmployeeId


def named_once(value: list[UUID]) -> list[UUID]:
    """Raise ValueError if somebody is named twice."""
    if len(set(value)) < len(value):
        message = "must not name anybody twice"
        raise ValueError(message)
    return value


Team = Annotated[
    list[EmployeeId], Field(max_length=50, json_schema_extra={"uniqueItems": True}), AfterValidator(named_once)
]
"""The additional employees, each once."""


def check_team(employee_id: UUID | None, team: Sequence[UUID] | None) -> None:
    """Raise ValueError if the employee is also an additional one."""
    if employee_id is not None and employee_id in (team or ()):
        message = "employeeId must not be among additionalEmployees"
        raise ValueError(message)
