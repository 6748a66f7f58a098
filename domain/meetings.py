"""Enumerations of a meeting: its type, and the kind of person who booked the meeting."""

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
