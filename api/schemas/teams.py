"""The additional employees of a meeting."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from api.schemas.base.ids import EmployeeId


def named_once(value: list[UUID]) -> list[UUID]:
    """Return the employees. Raise ValueError if one of them is named twice."""
    if len(set(value)) < len(value):
        message = "must not name an employee twice"
        raise ValueError(message)
    return value


Team = Annotated[
    list[EmployeeId], Field(max_length=50, json_schema_extra={"uniqueItems": True}), AfterValidator(named_once)
]
"""The additional employees, each once."""


def check_team(employee_id: UUID | None, team: Sequence[UUID] | None) -> None:
    """Raise ValueError if the meeting's employee is among its additional employees."""
    if employee_id is not None and employee_id in (team or ()):
        message = "employeeId must not be among additionalEmployees"
        raise ValueError(message)
