"""Errors that calls of the client raise.

    BookMeError
    ├── ApiError                        BookMe answered with an error status
    │   ├── BadRequest (400)  Unauthorized (401)  NotFound (404)  ServerError (5xx)  Unavailable (503)
    │   ├── Forbidden (403)             NotYours
    │   ├── Conflict (409)              TimeSlotTaken, NotOffered, HoldExpired, HoldReleased, …
    │   ├── Gone (410)                  CursorExpired, CursorLost
    │   ├── PreconditionFailed (412)    MeetingChanged, VersionMismatch
    │   └── TooManyRequests (429)       TooManyHolds, TooManyEndUserHolds, TooManyRenewals, TooManyChanges
    ├── NoAnswer                   no answer came in time
    ├── TokenRefused                      the token issuer gives no access token
    └── WebhookNotVerified        a webhook is not from BookMe, or too old

The class of an `ApiError` is the one of its `reason`. For a reason that this version does not know, it is the one of
its status.
"""

import re
from contextlib import suppress
from typing import ClassVar

import httpx
from pydantic import ValidationError

from bookme_client import models


class BookMeError(Exception):
    """Base of all errors of this package."""


class NoAnswer(BookMeError):
    """No answer came in time. `__cause__` is the failure of the last attempt.

    If `may_have_happened`, BookMe has perhaps carried out the request: repeat the call with the same token, or read
    the resource.
    """

    def __init__(self, message: str, *, may_have_happened: bool, request_id: str = "") -> None:
        super().__init__(message)
        self.may_have_happened = may_have_happened
        self.request_id = request_id


class TokenRefused(BookMeError):
    """The token issuer gives no access token. `status` is its HTTP status, or None without an answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class WebhookNotVerified(BookMeError):
    """The request is not signed by BookMe with this secret, or it is older than the tolerance. Answer 401."""


class ApiError(BookMeError):
    """BookMe answered with an error status. `problem` is the body (RFC 9457); its members depend on the reason."""

    statuses: ClassVar[tuple[int, ...]] = ()

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.problem = _problem(response)
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The problem and what to do, for people."""
        return self.problem.message

    @property
    def reason(self) -> str | None:
        """Why the request was refused, for programs: for example `TIME_SLOT_TAKEN`. Not every status has one."""
        return self.problem.reason and self.problem.reason.value

    @property
    def request_id(self) -> str:
        """The id to name when you report a problem. Empty if the answer has none."""
        return str(self.headers.get("X-Request-Id", ""))

    @property
    def next_time_slots(self) -> list[models.FreeTimeSlot]:
        """The next free time slots. Empty if the answer has none."""
        return self.problem.next_time_slots or []

    def __str__(self) -> str:
        facts = [str(self.status), self.reason or "", f"request {self.request_id}" if self.request_id else ""]
        return f"{self.message} ({', '.join(each for each in facts if each)})"


class BadRequest(ApiError):
    """The request is malformed or contradictory. `problem.errors` names each wrong field."""

    statuses = (400,)


class Unauthorized(ApiError):
    """BookMe does not accept the access token, not even a new one."""

    statuses = (401,)


class Forbidden(ApiError):
    """The token lacks a scope, or the resource belongs to another client."""

    statuses = (403,)


class NotYours(Forbidden):
    """The time slot, meeting or webhook belongs to another client."""


class NotFound(ApiError):
    """A named resource does not exist: `problem.kind` and `problem.id`."""

    statuses = (404,)


class Conflict(ApiError):
    """The present state forbids the request."""

    statuses = (409,)


class TimeSlotTaken(Conflict):
    """Somebody else has the time. Take one of `next_time_slots`, or try again at `problem.held_until`."""


class NotOffered(Conflict):
    """Search would not offer this time slot, or not for such a meeting. `problem.rule` says why."""


class HoldExpired(Conflict):
    """The deadline of the hold has passed. Reserve again."""


class HoldReleased(Conflict):
    """The hold was released, replaced, or ended by an operator. Reserve again."""


class HoldAlreadyExtended(Conflict):
    """The hold was extended before, and can be extended once."""


class HoldNotExtendable(Conflict):
    """The hold cannot be extended: the operator has switched extensions off, or it has no deadline to extend."""


class TimeSlotNotBooked(Conflict):
    """The meeting was requested before the hold was confirmed."""


class TimeSlotAlreadyBooked(Conflict):
    """A confirmed hold cannot be replaced. Create its meeting, release it, or use a new token."""


class MeetingExists(Conflict):
    """The time slot has its meeting (`problem.meeting_id`), with other content (`problem.differs`)."""


class MeetingMismatch(Conflict):
    """The meeting does not fit its time slot (`problem.field`)."""


class MeetingOver(Conflict):
    """The meeting has begun."""


class NotChangeable(Conflict):
    """The member of a meeting cannot be changed (`problem.field`)."""


class TokenMismatch(Conflict):
    """The reservation token is not that of the hold."""


class IdempotencyKeyReused(Conflict):
    """The `Idempotency-Key` was used for another request."""


class InUse(Conflict):
    """Another record names the record (`problem.used_by`), so it cannot be deleted."""


class AlreadyExists(Conflict):
    """Another record has that name or id."""


class Gone(ApiError):
    """The resource that the request names existed, and does not exist any more."""

    statuses = (410,)


class CursorExpired(Gone):
    """The event at the cursor was older than the retention period, and was deleted. Read the log from its beginning."""


class CursorLost(Gone):
    """The database was restored, and does not have the events up to the cursor. Read the log from its beginning."""


class PreconditionFailed(ApiError):
    """The resource is in another version than the request allows. `problem.etag` is its present version."""

    statuses = (412,)


class MeetingChanged(PreconditionFailed):
    """The meeting has changed since you read it."""


class VersionMismatch(PreconditionFailed):
    """The record has changed since you read it."""


class TooManyRequests(ApiError):
    """The client sends too many requests, or has too many holds."""

    statuses = (429,)


class TooManyHolds(TooManyRequests):
    """The client has its maximum of holds. Confirm or release some."""


class TooManyEndUserHolds(TooManyRequests):
    """The end user has the maximum of holds (`problem.limit`)."""


class TooManyRenewals(TooManyRequests):
    """The end user has held the same time as often as allowed within a day (`problem.limit`)."""


class TooManyChanges(TooManyRequests):
    """One reservation was replaced too often. Use a new token."""


class ServerError(ApiError):
    """BookMe has a bug, or a gateway in front of it has a problem. Report `request_id`."""

    statuses: ClassVar[tuple[int, ...]] = (500, 502, 504)


class Unavailable(ServerError):
    """BookMe cannot serve now, and repeats did not help within the time of the call."""

    statuses = (503,)


def error_of(response: httpx.Response) -> ApiError:
    """Return the error of an answer with an error status."""
    reason, known = _problem(response).reason, _subclasses(ApiError)
    by_reason = {re.sub(r"(?<!^)(?=[A-Z])", "_", each.__name__).upper(): each for each in known}
    by_status = {status: each for each in known for status in vars(each).get("statuses", ())}
    found = by_reason.get(reason.value) if reason else None
    return (found or by_status.get(response.status_code, ApiError))(response)


def _subclasses(base: type[ApiError]) -> list[type[ApiError]]:
    return [found for each in base.__subclasses__() for found in (each, *_subclasses(each))]


def _problem(response: httpx.Response) -> models.Problem:
    """Return the body of an error. An answer that is not BookMe's, but a gateway's, has only a status and a text."""
    with suppress(ValidationError):
        return models.Problem.model_validate_json(response.content)
    message = f"HTTP status {response.status_code} {response.reason_phrase}".rstrip()
    return models.Problem.model_construct(
        type="about:blank",
        title=response.reason_phrase,
        status=response.status_code,
        detail=message,
        instance="",
        code="",
        message=message,
    )
