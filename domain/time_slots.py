"""Time slots: their statuses, sets of statuses for the rules, and intervals."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class TimeSlotStatus(StrEnum):
    """The contract's `TimeSlotStatus`."""

    RESERVED = "Reserved"
    BOOKED = "Booked"
    BUSY = "Busy"
    EXTRA_OPEN = "ExtraOpen"
    WORKING_FROM_ELSEWHERE = "WorkingFromElsewhere"
    AVAILABLE_FOR_WORK = "AvailableForWork"
    BUSY_APPOINTMENT_INSTANCE = "BusyAppointmentInstance"
    BUSY_APPOINTMENT_OCCURENCE = "BusyAppointmentOccurence"
    BUSY_EVENT_INSTANCE = "BusyEventInstance"
    BUSY_EVENT_OCCURENCE = "BusyEventOccurence"
    PRE_PROCESSING = "PreProcessing"
    POST_PROCESSING = "PostProcessing"
    TRAVEL_TIME = "TravelTime"


HELD: Final = frozenset(
    {
        TimeSlotStatus.RESERVED,
        TimeSlotStatus.BOOKED,
        TimeSlotStatus.PRE_PROCESSING,
        TimeSlotStatus.POST_PROCESSING,
        TimeSlotStatus.TRAVEL_TIME,
    }
)
"""Statuses of time that BookMe gave to a booking. The database forbids overlaps of two bookings' held slots."""

OPENING: Final = frozenset({TimeSlotStatus.EXTRA_OPEN, TimeSlotStatus.AVAILABLE_FOR_WORK})
"""Statuses of time slots that add working time."""

BLOCKING: Final = frozenset(TimeSlotStatus) - OPENING - {TimeSlotStatus.WORKING_FROM_ELSEWHERE}
"""Statuses in which the employee and the room are not free: held, or busy in an external calendar."""

MEETINGS: Final = frozenset({TimeSlotStatus.RESERVED, TimeSlotStatus.BOOKED})
"""Statuses of time slots of present or future meetings. Buffers apply around them, and the daily cap counts them."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Half-open `[start, end)` between two aware instants. Touching intervals do not overlap."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end
