"""The time slot and the meeting that a hold is for, written into the booking token of the hold.

A repeated `hold_time_slot` has the same arguments, so it has the same token, and the API returns the same hold. And
`confirm` reads from the token what the meeting is about: the server keeps nothing between two calls of a model.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self, get_args
from uuid import UUID

PREFIX: Final = "agent"
START: Final = "%Y%m%dT%H%M%SZ"
MINUTE: Final = timedelta(minutes=1)
LENGTH: Final = 16
"""Bytes of a UUID."""

MeetingType = Literal["physical", "online", "telephone", "offsite"]


@dataclass(frozen=True, kw_only=True)
class BookingPlan:
    """One employee's time slot, and what its meeting is about. `duration` is in whole minutes.

    `mark` keeps the tokens of two customers of one client apart, who want the same time slot.
    """

    mark: str
    topic_id: UUID
    customer_type_id: UUID
    employee_id: UUID
    meeting_type: MeetingType
    start: datetime
    duration: timedelta

    @property
    def end(self) -> datetime:
        return self.start + self.duration

    @property
    def token(self) -> str:
        """The booking token: at most 107 characters, without personal data."""
        ids = self.topic_id.bytes + self.customer_type_id.bytes + self.employee_id.bytes
        encoded = base64.urlsafe_b64encode(ids).decode()
        start, minutes = self.start.astimezone(UTC), self.duration // MINUTE
        return f"{PREFIX}.{encoded}.{self.meeting_type}.{start:{START}}.{minutes}.{self.mark}"

    @classmethod
    def of_token(cls, token: str) -> Self | None:
        """Return the plan in the token, or None if another program has chosen the token."""
        try:
            prefix, encoded, meeting_type, start, minutes, mark = token.split(".")
            ids = base64.b64decode(encoded, altchars=b"-_", validate=True)
            topic, customer_type, employee = (UUID(bytes=ids[at : at + LENGTH]) for at in range(0, len(ids), LENGTH))
            plan = cls(
                mark=mark,
                topic_id=topic,
                customer_type_id=customer_type,
                employee_id=employee,
                meeting_type=next(each for each in get_args(MeetingType) if each == meeting_type),
                start=datetime.strptime(start, START).replace(tzinfo=UTC),
                duration=int(minutes) * MINUTE,
            )
        except (ValueError, binascii.Error, OverflowError, StopIteration):
            return None
        return plan if prefix == PREFIX else None


def mark_of(customer_id: str) -> str:
    """Return 16 bits of a digest of the customer. Too many customers have the same mark to find one by it."""
    return hashlib.sha256(customer_id.encode()).hexdigest()[:4]
