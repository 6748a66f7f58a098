"""Inputs and results of the steps that delete old rows. The rules of `domain.messages.booking` apply."""

from datetime import timedelta
from enum import StrEnum

from domain.messages.booking import Message


class OldRows(StrEnum):
    """Kinds of rows that are deleted, or cleared of their texts, when they are old. In this order."""

    DELIVERIES = "deliveries"
    EVENTS = "events"
    REFUSED_STEPS = "refused steps"
    MAILS = "mails"
    MEETING_TEXTS = "meeting texts"
    TIME_SLOTS = "time slots"


class DeleteOldRows(Message):
    """Input of the step that deletes old rows of one kind, for at most `longest`."""

    of: OldRows
    longest: timedelta = timedelta(minutes=1)


class OldRowsDeleted(Message):
    """Number of rows that a step has deleted or cleared, and whether no old row of the kind is left."""

    rows: int
    is_done: bool


class Deleted(Message):
    """Number of rows that a run has deleted or cleared, by kind."""

    rows: dict[OldRows, int]
