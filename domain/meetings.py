"""The words of a meeting: its type and who booked it."""

from enum import StrEnum


class MeetingType(StrEnum):
    """The contract's `MeetingType`."""

    PHYSICAL = "physical"
    ONLINE = "online"
    TELEPHONE = "telephone"
    OFFSITE = "offsite"


class BookedBy(StrEnum):
    """The contract's `BookedBy`."""

    EMPLOYEE = "employee"
    CUSTOMER = "customer"
