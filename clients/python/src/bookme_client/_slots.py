"""Bodies of the requests for a hold and its meeting."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from uuid import UUID

from bookme_client import models
from bookme_client._model import wire_name

Slot = models.AvailableTimeslot | models.FreeTimeSlot | models.TimeSlot


@dataclass(frozen=True)
class Plan:
    """Facts about the meeting that are known when its time is held."""

    customer_id: str | None
    customer_type_id: UUID | str | None
    topic_id: UUID | str | None
    type: models.MeetingType | str | None

    def or_else(self, other: "Plan") -> "Plan":
        """Return these facts, and those of the other where they are missing."""
        mine = asdict(self)
        return Plan(**{name: mine[name] or value for name, value in asdict(other).items()})

    def required(self) -> dict[str, object]:
        """Return the members of a request for the meeting. Raises TypeError if one of the facts is missing."""
        found = asdict(self)
        if missing := [name for name, value in found.items() if not value]:
            raise TypeError(f"create_meeting needs {' and '.join(missing)}, here or in BookMe.hold")
        return found

    def as_json(self) -> dict[str, str]:
        return {wire_name(name): str(value) for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of_json(cls, saved: Mapping[str, str]) -> "Plan":
        return cls(**{each.name: saved.get(wire_name(each.name)) for each in fields(cls)})


def reservation(
    slot: Slot,
    token: str,
    room_id: UUID | str | None,
    additional_employees: Sequence[UUID | str] | None,
    meeting: Mapping[str, object],
) -> models.Reservation:
    """Return the reservation of this time slot. `meeting` has the members that describe its meeting, or None."""
    wanted = {
        "start_date": slot.start_date,
        "end_date": slot.end_date,
        "status": "Reserved",
        "employee_id": slot.employee_id,
        "room_id": room_id or getattr(slot, "room_id", None) or None,
        "service_group": getattr(slot, "service_group", None),
        "additional_employees": additional_employees,
    }
    time_slot = {name: value for name, value in wanted.items() if value is not None}
    given = {name: value for name, value in meeting.items() if value is not None}
    return models.Reservation.model_validate({"time_slot": time_slot, "token": token, **given})
