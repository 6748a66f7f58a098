"""Errors that refuse a request. Each error has a reason, a message and facts.

`domain.meeting_errors` has the errors of meetings. `api.http.refusals` has the HTTP status and the published meaning of
each reason.

The facts are JSON types, because errors pass from an activity through the workflow engine to HTTP.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

Fact = str | int | float | bool | None | list[dict[str, str]]
"""Value in the facts of an error: JSON. Times are RFC 3339 in UTC."""


class Reason(StrEnum):
    """Reason of a refusal. The values are published, because clients branch on them."""

    NOT_FOUND = "NOT_FOUND"
    NOT_YOURS = "NOT_YOURS"
    GONE = "GONE"
    CURSOR_LOST = "CURSOR_LOST"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    TOO_MANY_HOLDS = "TOO_MANY_HOLDS"
    TOO_MANY_END_USER_HOLDS = "TOO_MANY_END_USER_HOLDS"
    TOO_MANY_RENEWALS = "TOO_MANY_RENEWALS"
    TOO_MANY_CHANGES = "TOO_MANY_CHANGES"
    TIME_SLOT_TAKEN = "TIME_SLOT_TAKEN"
    NOT_OFFERED = "NOT_OFFERED"
    HOLD_EXPIRED = "HOLD_EXPIRED"
    HOLD_RELEASED = "HOLD_RELEASED"
    HOLD_ALREADY_EXTENDED = "HOLD_ALREADY_EXTENDED"
    HOLD_NOT_EXTENDABLE = "HOLD_NOT_EXTENDABLE"
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
    """Base of all refusals: a `reason` for programs, a message for people, and facts. Facts of None are left out."""

    reason: ClassVar[Reason]

    def __init__(self, message: str, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.facts: Mapping[str, Fact] = {name: value for name, value in facts.items() if value is not None}


class NotFound(BookMeError):
    """The named resource does not exist. `kind` is in words, such as "time slot"; `identity` is the requested id."""

    reason = Reason.NOT_FOUND

    def __init__(self, kind: str, identity: str | UUID, why: str = "does not exist") -> None:
        super().__init__(f"The {kind} {str(identity)!r} {why}.", kind=kind, id=str(identity))


class NotYours(BookMeError):
    reason = Reason.NOT_YOURS

    def __init__(self, kind: str) -> None:
        super().__init__(f"This {kind} belongs to another client; only that client or staff may use it.", kind=kind)


class Gone(BookMeError):
    """The request repeats a completed one, whose resource does not exist any more.

    `why` says how the resource ended.
    """

    reason = Reason.GONE

    def __init__(self, kind: str, identity: str, why: str) -> None:
        super().__init__(
            f"This request was carried out before. Its {kind} {identity!r} does not exist any more: {why}. "
            "Repeating the request does nothing. Use a new Idempotency-Key only for a new request.",
            kind=kind,
            id=identity,
            why=why,
        )


class CursorLost(BookMeError):
    reason = Reason.CURSOR_LOST

    def __init__(self) -> None:
        super().__init__(
            "The log does not have the events up to this cursor any more: the database was restored to an earlier "
            "moment. Read the log from its beginning, without a cursor, and skip the events whose ids you know. "
            "The restore has undone the events that you know and that the log does not have."
        )


class CursorExpired(BookMeError):
    reason = Reason.CURSOR_EXPIRED

    def __init__(self) -> None:
        super().__init__(
            "The event at this cursor was deleted because it was older than the retention period, so you may have "
            "missed events. Read the log from its beginning, without a cursor, and skip the events whose ids you know."
        )


class TooManyHolds(BookMeError):
    reason = Reason.TOO_MANY_HOLDS

    def __init__(self, limit: int) -> None:
        super().__init__(f"This client holds {limit} time slots, the maximum. Book or release some first.", limit=limit)


class TooManyEndUserHolds(BookMeError):
    reason = Reason.TOO_MANY_END_USER_HOLDS

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This end user holds {limit} time slots, the maximum. Book or release some first.", limit=limit
        )


class TooManyRenewals(BookMeError):
    """The end user has held the same time too often. `limit` is the maximum number of such holds within a day."""

    reason = Reason.TOO_MANY_RENEWALS

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This end user has held overlapping time of this employee or room {limit} times within a day, the "
            "maximum. Reserve another time.",
            limit=limit,
        )


class TooManyChanges(BookMeError):
    reason = Reason.TOO_MANY_CHANGES

    def __init__(self) -> None:
        super().__init__("The time slot under this token was replaced too often. Use a new token.")


class Conflict(BookMeError):
    """The request is well-formed, but the current state forbids it."""


class TimeSlotTaken(Conflict):
    """The employee or the room is taken at that time.

    `held_until` is the deadline of the last hold in the way: the time slot may become free then. `held_until` is None
    if the deadline is unknown, or if the time slot is not only blocked by holds. `room_id` is the room that is taken.
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
    """The availability rules refuse the time slot.

    `rule` is the rule that refuses. `why` ends the sentence "This time slot is not offered: …". `advice` is a sentence
    about what the client can do.
    """

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
        """Build the error. `how` completes the sentence "it was …".

        With `meeting_id`, the booking has already become a meeting. The advice is then to see the meeting, because a
        new reservation would book the customer twice.
        """
        advice = f"See the meeting {meeting_id}" if meeting_id else "Reserve a time slot again"
        facts = {"meetingId": str(meeting_id)} if meeting_id else {}
        super().__init__(f"The hold on this time slot has ended: it was {how}. {advice}.", how=how, **facts)


class HoldAlreadyExtended(Conflict):
    """The hold was extended before. `expires_at` is its deadline."""

    reason = Reason.HOLD_ALREADY_EXTENDED

    def __init__(self, expires_at: datetime | None = None) -> None:
        at = f" It expires at {instant(expires_at)}." if expires_at else ""
        super().__init__(
            f"This hold was extended before, and can be extended only once.{at} Finish the booking before that.",
            holdExpiresAt=instant(expires_at),
        )


class HoldNotExtendable(Conflict):
    """The hold cannot be extended. `why` is a sentence without its full stop."""

    reason = Reason.HOLD_NOT_EXTENDABLE

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}. Finish the booking before the hold expires.")


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


class VersionMismatch(Conflict):
    """The resource has a version that the request does not allow. `etag` is the current ETag."""

    reason = Reason.VERSION_MISMATCH

    def __init__(self, kind: str, etag: str) -> None:
        super().__init__(
            f"The {kind} has a version that If-Match or If-None-Match excludes. Read it again.",
            kind=kind,
            etag=etag,
        )


class TokenMismatch(Conflict):
    reason = Reason.TOKEN_MISMATCH

    def __init__(self) -> None:
        super().__init__(
            "The reservationToken is not the one that this time slot was reserved with. Send that one, or none."
        )


class IdempotencyKeyReused(Conflict):
    reason = Reason.IDEMPOTENCY_KEY_REUSED

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request. Use a new key for a new request, "
            "and the same key only to repeat the same request."
        )


class InUse(Conflict):
    """Another resource uses this resource.

    `used_by` is the kind of the other resource. `cannot` says in words what is forbidden, such as "be deleted".
    """

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
        super().__init__(f"Another {kind} has that name or id already. Choose another one.", kind=kind)


class TooManyWebhooks(Conflict):
    reason = Reason.TOO_MANY_WEBHOOKS

    def __init__(self, limit: int) -> None:
        super().__init__(f"This client has {limit} webhooks, the maximum. Delete one first.", limit=limit)


class TooManySecrets(Conflict):
    reason = Reason.TOO_MANY_SECRETS

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} former secrets of this webhook still sign, the maximum. Rotate with gracePeriod=PT0S to end "
            "them, or wait.",
            limit=limit,
        )


def instant(moment: datetime | None) -> str | None:
    """Return the time as RFC 3339 in UTC with `Z`, to the millisecond, or None for None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
