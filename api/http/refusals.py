"""Statuses and reasons of refusals, as the API answers them and as the OpenAPI document describes them."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from api.schemas.base.examples import DEADLINE, EMPLOYEE, INTERVAL, MEETING, TIME_SLOT
from domain.errors import Reason

Documented = dict[str, Any]

WHEN: Final = {
    400: "The request is malformed or contradicts itself; `errors` says where.",
    401: "The access token is missing or not valid.",
    403: "The access token lacks a scope, or the resource belongs to another client.",
    404: "Something that the request names does not exist.",
    408: "The body did not arrive in time.",
    409: "The current state does not allow the request.",
    410: "The resource of the request existed, and does not exist any more.",
    412: "The resource was changed in the meantime.",
    413: "The body is too large.",
    415: "The body has another media type.",
    429: "The client has sent too many requests, or holds too many time slots.",
    500: "A bug in BookMe; name the `requestId` when you report it.",
    503: "A part that the request needs cannot be reached or is too busy, so the outcome is not known. "
    "Repeating the same request is safe and returns its outcome.",
}

EVERY: Final = (400, 401, 403, 429, 500, 503)
"""Statuses that every endpoint with a token can answer."""

OF_BODIES: Final = (408, 413, 415)
"""Statuses that every endpoint with a body can answer."""

STATUSES: Final[Mapping[Reason, HTTPStatus]] = dict.fromkeys(Reason, HTTPStatus.CONFLICT) | {
    Reason.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Reason.NOT_YOURS: HTTPStatus.FORBIDDEN,
    Reason.GONE: HTTPStatus.GONE,
    Reason.CURSOR_LOST: HTTPStatus.GONE,
    Reason.CURSOR_EXPIRED: HTTPStatus.GONE,
    Reason.TOO_MANY_HOLDS: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.TOO_MANY_END_USER_HOLDS: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.TOO_MANY_RENEWALS: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.TOO_MANY_CHANGES: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.MEETING_CHANGED: HTTPStatus.PRECONDITION_FAILED,
    Reason.VERSION_MISMATCH: HTTPStatus.PRECONDITION_FAILED,
}

MEANINGS: Final[Mapping[Reason, str]] = {
    Reason.NOT_FOUND: "something that the request names does not exist; `kind` and `id` say what",
    Reason.NOT_YOURS: "the time slot, meeting or webhook belongs to another client",
    Reason.GONE: "the request was carried out before under its `Idempotency-Key`, and its resource does not exist any "
    "more; `why` says how the resource ended",
    Reason.CURSOR_LOST: "the database was restored to an earlier moment, and has lost events before the cursor; "
    "read the log from its beginning",
    Reason.CURSOR_EXPIRED: "the events at the cursor are older than events are kept; read the log from its beginning",
    Reason.TOO_MANY_HOLDS: "the client holds the maximum number of time slots; book or release some first",
    Reason.TOO_MANY_END_USER_HOLDS: "the end user holds the maximum number of time slots; book or release some first",
    Reason.TOO_MANY_RENEWALS: "the end user has held the same time too often within a day; reserve another time",
    Reason.TOO_MANY_CHANGES: "the time slot under this token was replaced too often; use a new token",
    Reason.TIME_SLOT_TAKEN: "the employee or the room is taken at that time; `heldUntil` is the deadline, if a hold "
    "takes it, and `nextTimeSlots` are free instead",
    Reason.NOT_OFFERED: "search does not offer this time slot; `rule` says why",
    Reason.HOLD_EXPIRED: "the deadline of the hold has passed; reserve again",
    Reason.HOLD_RELEASED: "the hold was released, replaced or ended by an operator; `how` says which",
    Reason.HOLD_ALREADY_EXTENDED: "the hold was extended before; `holdExpiresAt` is its deadline",
    Reason.HOLD_NOT_EXTENDABLE: "the hold cannot be extended: the operator has switched extensions off, or the booking "
    "began on an earlier release of BookMe",
    Reason.TIME_SLOT_NOT_BOOKED: "the time slot is only `Reserved`; mark it `Booked` first",
    Reason.TIME_SLOT_ALREADY_BOOKED: "the time slot under this token is `Booked` and cannot be replaced any more",
    Reason.MEETING_EXISTS: "the time slot has the meeting `meetingId`; `differs` is the first field that differs",
    Reason.MEETING_MISMATCH: "the meeting does not fit its time slot; `field` says where",
    Reason.MEETING_CHANGED: "the meeting has another version than `If-Match` names; `etag` is the current version",
    Reason.VERSION_MISMATCH: "the resource has a version that `If-Match` or `If-None-Match` excludes; `etag` is the "
    "current version",
    Reason.MEETING_OVER: "the meeting has begun, so its time, people and room cannot be changed",
    Reason.NOT_CHANGEABLE: "this field of a meeting can never be changed; `field` says which",
    Reason.TOKEN_MISMATCH: "the `reservationToken` is not the one that the time slot was reserved with",
    Reason.IDEMPOTENCY_KEY_REUSED: "the `Idempotency-Key` was used for another request",
    Reason.IN_USE: "another resource uses the one to delete, or a calendar has the time slot; `usedBy` says which",
    Reason.ALREADY_EXISTS: "another resource has that name or id",
    Reason.TOO_MANY_SECRETS: "five former secrets of the webhook still sign; end them with `PT0S`, or wait",
    Reason.TOO_MANY_WEBHOOKS: "the client has the maximum number of webhooks; delete one first",
}
"""Meaning of each reason for client programs. These reasons are the published set."""

REASONS: Final = "x-reasons"
"""Key under which a described error answer lists its reasons, until `api.openapi` completes the document."""

EXAMPLE_FACTS: Final[Mapping[Reason, Documented]] = {
    Reason.NOT_FOUND: {"kind": "time slot", "id": TIME_SLOT},
    Reason.NOT_YOURS: {"kind": "time slot"},
    Reason.GONE: {"kind": "time slot", "id": TIME_SLOT, "why": "it was given back by the client"},
    Reason.TOO_MANY_HOLDS: {"limit": 500},
    Reason.TOO_MANY_END_USER_HOLDS: {"limit": 5},
    Reason.TOO_MANY_RENEWALS: {"limit": 10},
    Reason.TOO_MANY_SECRETS: {"limit": 5},
    Reason.TOO_MANY_WEBHOOKS: {"limit": 20},
    Reason.TIME_SLOT_TAKEN: {
        "blockedBy": "employee",
        "heldUntil": DEADLINE,
        "nextTimeSlots": [{**INTERVAL, "employeeId": EMPLOYEE}],
    },
    Reason.NOT_OFFERED: {"rule": "OUTSIDE_WORKING_HOURS"},
    Reason.HOLD_EXPIRED: {"expiredAt": DEADLINE},
    Reason.HOLD_RELEASED: {"how": "given back by the client"},
    Reason.HOLD_ALREADY_EXTENDED: {"holdExpiresAt": DEADLINE},
    Reason.TIME_SLOT_ALREADY_BOOKED: {"timeSlotId": TIME_SLOT},
    Reason.MEETING_EXISTS: {"meetingId": MEETING, "differs": "title"},
    Reason.MEETING_MISMATCH: {"field": "employeeId"},
    Reason.MEETING_CHANGED: {"etag": '"3"'},
    Reason.VERSION_MISMATCH: {"kind": "employee", "etag": '"c3a1b0e2f5d4968778695a4b"'},
    Reason.MEETING_OVER: {"meetingId": MEETING},
    Reason.NOT_CHANGEABLE: {"field": "customerId"},
}


def errors(*reasons: Reason) -> dict[int | str, Documented]:
    """Describe the error answers of an endpoint: those of every endpoint, and those for these reasons.

    An endpoint that takes an `Idempotency-Key` can also answer `GONE`, if the resource that it made does not exist now.
    """
    if Reason.IDEMPOTENCY_KEY_REUSED in reasons:
        reasons = (*reasons, Reason.GONE)
    return refusals({*EVERY, *(STATUSES[reason] for reason in reasons)}, reasons)


def refusals(statuses: Iterable[int], reasons: Sequence[Reason] = ()) -> dict[int | str, Documented]:
    """Describe the error answers with these statuses and reasons. `api.openapi` completes the descriptions."""
    return {
        int(status): {"description": WHEN[status], REASONS: [one for one in reasons if STATUSES[one] == status]}
        for status in sorted(statuses)
    }
