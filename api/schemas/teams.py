"""The additional employees of a meeting."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from api.schemas.base.common import must
from api.schemas.base.ids import EmployeeId

NAMED_ONCE: Final = must(lambda value: len(set(value)) == len(value), "must not name an employee twice")

Team = Annotated[list[EmployeeId], Field(max_length=50, json_schema_extra={"uniqueItems": True}), NAMED_ONCE]
"""The additional employees, each once."""


def check_team(employee_id: UUID | None, team: Sequence[UUID] | None) -> None:
    """Raise ValueError if the meeting's employee is among its additional employees."""
    if employee_id is not None and employee_id in (team or ()):
        message = "employeeId must not be among additionalEmployees"
        raise ValueError(message)
