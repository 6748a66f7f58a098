"""What a booking request can be told instead of an answer. Each error is a fact with data.

    BookMeError
    ├── NotFound                  404  the thing named does not exist
    ├── NotYours                  403  the time slot or meeting is another client's
    ├── TooManyHolds              429  the client holds more time slots than it may
    ├── Gone                      410  the request was carried out before, and what it made is not there any more
    ├── CursorLost                410  the event log does not have any more what the reader has seen
    ├── TooManyEndUserHolds       429  the end user holds more time slots than one may
    ├── TooManyRenewals           429  the end user has held the same time too often
    ├── TooManyChanges            429  one reservation was changed too often; a new token helps
    └── Conflict                  409  the state of the world forbids it; `reason` says why
        ├── TimeSlotTaken              somebody else has the employee or the room
        ├── NotOffered                 search would not offer this time slot
        ├── HoldExpired                the hold's deadline has passed
        ├── HoldReleased               the hold was given back, replaced or ended by an operator
        ├── TimeSlotNotBooked          a meeting needs a time slot that is Booked
        ├── TimeSlotAlreadyBooked      a Booked time slot cannot be replaced by another one
        ├── MeetingExists              the time slot has its meeting already, with other content
        ├── MeetingMismatch            the meeting does not fit its time slot
        ├── MeetingChanged        412  the meeting is not any more as the client saw it
        ├── VersionMismatch       412  the resource is in a version that the request does not allow
        ├── MeetingOver                the meeting has begun or ended, and its time cannot be changed
        ├── NotChangeable              what is to be changed of a meeting stays as it is for good
        ├── TokenMismatch              the reservation token is not the one of this time slot
        ├── IdempotencyKeyReused       the same Idempotency-Key came with another request
        ├── InUse                      what is to be changed or deleted belongs to something else
        ├── AlreadyExists              something has that name or id already
        ├── TooManyWebhooks            the client has as many webhooks as it may
        └── TooManySecrets             as many former secrets of a webhook as may sign still do

They carry their facts in JSON types, because they travel: from an activity through the workflow engine to HTTP.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

Fact = str | int | float | bool | None | list[dict[str, str]]
"""A value in an error's facts: JSON, with times as RFC 3339 in UTC."""


class Reason(StrEnum):
    """Why a request was refused. Published: clients branch on it."""

    NOT_FOUND = "NOT_FOUND"
    NOT_YOURS = "NOT_YOURS"
    GONE = "GONE"
    CURSOR_LOST = "CURSOR_LOST"
    TOO_MANY_HOLDS = "TOO_MANY_HOLDS"
    TOO_MANY_END_USER_HOLDS = "TOO_MANY_END_USER_HOLDS"
    TOO_MANY_RENEWALS = "TOO_MANY_RENEWALS"
    TOO_MANY_CHANGES = "TOO_MANY_CHANGES"
    TIME_SLOT_TAKEN = "TIME_SLOT_TAKEN"
    NOT_OFFERED = "NOT_OFFERED"
    HOLD_EXPIRED = "HOLD_EXPIRED"
    HOLD_RELEASED = "HOLD_RELEASED"
    TIME_SLOT_NOT_BOOKED = "TIME_SLOT_NOT_BOOKED"
    TIME_SLOT_ALREADY_BOOKED = "TIME_SLOT_ALREADY_BOOKED"
    MEETING_EXISTS = "MEETING_EXISTS"
    MEETING_MISMATCH = "MEETING_MISMATCH"
    MEETING_CHANGED = "MEETING_CHANGED"
    VERSION_MISMATCH = "VERSION_MISMATCH"
    MEETING_OVER = "MEETING_OVER"
    NOT_CHANGEABLE = "NOT_CHANGEABLE"
    TOKEN_MISMATCH = "TOKEN_MISMATCH"  # noqa: S105 - a reason, not a secret
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    IN_USE = "IN_USE"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    TOO_MANY_SECRETS = "TOO_MANY_SECRETS"
    TOO_MANY_WEBHOOKS = "TOO_MANY_WEBHOOKS"


class BookMeError(Exception):
    """A refusal: a `reason` for programs, a message for people, and the facts behind both."""

    reason: ClassVar[Reason]

    def __init__(self, message: str, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.facts: Mapping[str, Fact] = {name: value for name, value in facts.items() if value is not None}


class NotFound(BookMeError):
    """`kind` (in words, as "time slot") and the id that was asked for."""

    reason = Reason.NOT_FOUND

    def __init__(self, kind: str, identity: str | UUID, why: str = "does not exist") -> None:
        super().__init__(f"The {kind} {str(identity)!r} {why}.", kind=kind, id=str(identity))


class NotYours(BookMeError):
    reason = Reason.NOT_YOURS

    def __init__(self, kind: str) -> None:
        super().__init__(f"This {kind} belongs to another client; only that client or staff may use it.", kind=kind)


class Gone(BookMeError):
    """A repeat of a request that was carried out, whose resource does not exist any more. `why` says what ended it."""

    reason = Reason.GONE

    def __init__(self, kind: str, identity: str, why: str) -> None:
        super().__init__(
            f"This request was carried out before. Its {kind} {identity!r} is not there any more: {why}. "
            "Repeating the request does nothing; use a new Idempotency-Key only for a new request.",
            kind=kind,
            id=identity,
            why=why,
        )


class CursorLost(BookMeError):
    reason = Reason.CURSOR_LOST

    def __init__(self) -> None:
        super().__init__(
            "The log does not have the events up to this cursor any more: the database was restored to an earlier "
            "moment. Read the log from its beginning, without a cursor, and pass over the events whose ids you know. "
            "Events that you know and that the log does not have were undone by the restore."
        )


class TooManyHolds(BookMeError):
    reason = Reason.TOO_MANY_HOLDS

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This client holds {limit} time slots, as many as it may at once; book or give back some first.",
            limit=limit,
        )


class TooManyEndUserHolds(BookMeError):
    reason = Reason.TOO_MANY_END_USER_HOLDS

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This end user holds {limit} time slots, as many as one may at once; book or give back some first.",
            limit=limit,
        )


class TooManyRenewals(BookMeError):
    """`limit` is how often one end user may hold the same time within a day."""

    reason = Reason.TOO_MANY_RENEWALS

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This end user has held time of this employee or room that overlaps it {limit} times within a day, as "
            "often as one may. Reserve another time.",
            limit=limit,
        )


class TooManyChanges(BookMeError):
    reason = Reason.TOO_MANY_CHANGES

    def __init__(self) -> None:
        super().__init__("The time slot under this token was replaced too often. Use a new token.")


class Conflict(BookMeError):
    """The request is well-formed, and the state of the world forbids it."""


class TimeSlotTaken(Conflict):
    """`held_until` is known when a hold is in the way: then the slot may come free at that moment.

    `room_id` names the room that is taken.
    """

    reason = Reason.TIME_SLOT_TAKEN

    def __init__(
        self, what: str = "time slot", held_until: datetime | None = None, *, room_id: UUID | None = None
    ) -> None:
        until = f" It is held until {instant(held_until)}." if held_until else ""
        super().__init__(
            f"The {what} is taken at that time.{until} Search again for a free time slot.",
            blockedBy=what,
            heldUntil=instant(held_until),
            roomId=None if room_id is None else str(room_id),
        )


class NotOffered(Conflict):
    """`rule` names the availability rule that refuses the time slot, `advice` is a sentence that says what to do."""

    reason = Reason.NOT_OFFERED

    def __init__(self, rule: str, why: str, advice: str = "", **facts: Fact) -> None:
        super().__init__(" ".join(filter(None, (f"This time slot is not offered: {why}.", advice))), rule=rule, **facts)


class HoldExpired(Conflict):
    reason = Reason.HOLD_EXPIRED

    def __init__(self, expired_at: datetime | None = None) -> None:
        at = f" at {instant(expired_at)}" if expired_at else ""
        super().__init__(
            f"The hold on this time slot expired{at}. Reserve the time slot again.", expiredAt=instant(expired_at)
        )


class HoldReleased(Conflict):
    reason = Reason.HOLD_RELEASED

    def __init__(self, how: str = "given back", meeting_id: UUID | None = None) -> None:
        """`meeting_id`: the booking became this meeting, so that to reserve again would book twice."""
        advice = f"Look at the meeting, {meeting_id}" if meeting_id else "Reserve a time slot again"
        facts = {"meetingId": str(meeting_id)} if meeting_id else {}
        super().__init__(f"The hold on this time slot has ended: it was {how}. {advice}.", how=how, **facts)


class TimeSlotNotBooked(Conflict):
    reason = Reason.TIME_SLOT_NOT_BOOKED

    def __init__(self, status: str) -> None:
        super().__init__(
            f"The time slot is {status}. Mark it Booked before creating its meeting.", timeSlotStatus=status
        )


class TimeSlotAlreadyBooked(Conflict):
    reason = Reason.TIME_SLOT_ALREADY_BOOKED

    def __init__(self, time_slot_id: UUID) -> None:
        super().__init__(
            "The time slot under this token is already Booked. Create its meeting, give it back, or use a new token.",
            timeSlotId=str(time_slot_id),
        )


class MeetingExists(Conflict):
    reason = Reason.MEETING_EXISTS

    def __init__(self, meeting_id: UUID, differs: str | None = None) -> None:
        other = f" with another {differs}" if differs else ""
        super().__init__(f"The time slot already has its meeting{other}.", meetingId=str(meeting_id), differs=differs)


class MeetingMismatch(Conflict):
    """`field` is the contract's name of what does not fit."""

    reason = Reason.MEETING_MISMATCH

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"The meeting does not fit its time slot: {why}.", field=field)


class MeetingChanged(Conflict):
    """`etag` is the one that the meeting has now."""

    reason = Reason.MEETING_CHANGED

    def __init__(self, sequence: int) -> None:
        super().__init__(
            "The meeting was changed meanwhile. Read it again, and send its ETag as If-Match.", etag=f'"{sequence}"'
        )


class VersionMismatch(Conflict):
    """`etag` is the one that the resource has now."""

    reason = Reason.VERSION_MISMATCH

    def __init__(self, kind: str, etag: str) -> None:
        super().__init__(
            f"The {kind} is in another version than If-Match or If-None-Match allow. Read it again.",
            kind=kind,
            etag=etag,
        )


class MeetingOver(Conflict):
    reason = Reason.MEETING_OVER

    def __init__(self, meeting_id: UUID) -> None:
        super().__init__(
            "The meeting has begun: it can neither be moved nor cancelled, nor get other people or another room.",
            meetingId=str(meeting_id),
        )


class NotChangeable(Conflict):
    """`field` is the contract's name of what cannot be changed, `instead` what can be done."""

    reason = Reason.NOT_CHANGEABLE

    def __init__(self, field: str, instead: str = "Cancel it and book another one.") -> None:
        super().__init__(f"{field} of a meeting cannot be changed. {instead}", field=field)


class TokenMismatch(Conflict):
    reason = Reason.TOKEN_MISMATCH

    def __init__(self) -> None:
        super().__init__("The reservationToken is not the one that this time slot was reserved with.")


class IdempotencyKeyReused(Conflict):
    reason = Reason.IDEMPOTENCY_KEY_REUSED

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request. Use a new key for a new request, "
            "and the same key only to repeat the same request."
        )


class InUse(Conflict):
    """`used_by` is the kind of thing that names it; `cannot` is what that forbids, in words."""

    reason = Reason.IN_USE

    def __init__(self, kind: str, identity: str | UUID, used_by: str, cannot: str = "be deleted") -> None:
        super().__init__(
            f"The {kind} {str(identity)!r} is in use ({used_by}) and cannot {cannot}.",
            kind=kind,
            id=str(identity),
            usedBy=used_by,
        )


class AlreadyExists(Conflict):
    reason = Reason.ALREADY_EXISTS

    def __init__(self, kind: str) -> None:
        super().__init__(f"Another {kind} has that name or id already.", kind=kind)


class TooManyWebhooks(Conflict):
    reason = Reason.TOO_MANY_WEBHOOKS

    def __init__(self, limit: int) -> None:
        super().__init__(f"This client has {limit} webhooks, as many as it may have; delete one first.", limit=limit)


class TooManySecrets(Conflict):
    reason = Reason.TOO_MANY_SECRETS

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This webhook has {limit} former secrets that still sign, as many as it may have; "
            "rotate with gracePeriod=PT0S to end them, or wait.",
            limit=limit,
        )


def instant(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with `Z`, to the millisecond; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def retold(reason: str, message: str, facts: Mapping[str, Fact]) -> BookMeError:
    """The error that travelled as these three; raises KeyError for a reason that nobody has."""
    error = BookMeError.__new__(_BY_REASON[Reason(reason)])
    BookMeError.__init__(error, message, **facts)
    return error


_BY_REASON: Mapping[Reason, type[BookMeError]] = {
    kind.reason: kind for kind in [*BookMeError.__subclasses__(), *Conflict.__subclasses__()] if hasattr(kind, "reason")
}
