"""What endpoints can refuse and why: the statuses and reasons, as they are answered and as they are documented."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from api.schemas.examples import DEADLINE, EMPLOYEE, INTERVAL, MEETING, TIME_SLOT
from api.schemas.problems import CODES, problem_type
from domain.errors import Reason

Documented = dict[str, Any]

WHEN: Final = {
    400: "The request is malformed or contradicts itself; `errors` says where.",
    401: "There is no access token, or it is not believed.",
    403: "The token lacks a scope, or what it asks for is another client's.",
    404: "What the request names does not exist.",
    408: "The body did not arrive in time.",
    409: "The state of the world forbids it.",
    412: "It was changed meanwhile.",
    413: "The body is too large.",
    415: "The body has another media type.",
    429: "This client has sent too many requests, or holds too much.",
    500: "A bug of ours; name the `requestId` when you report it.",
    503: "The outcome is not known, because something that it needs cannot be reached or is too busy. "
    "Repeating the same request is safe and finds the outcome.",
}

EVERY: Final = (400, 401, 403, 429, 500, 503)
"""What every endpoint can answer that needs a token."""

OF_BODIES: Final = (408, 413, 415)
"""What every endpoint can answer that takes a body."""

STATUSES: Final[Mapping[Reason, HTTPStatus]] = dict.fromkeys(Reason, HTTPStatus.CONFLICT) | {
    Reason.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Reason.NOT_YOURS: HTTPStatus.FORBIDDEN,
    Reason.TOO_MANY_HOLDS: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.TOO_MANY_CHANGES: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.MEETING_CHANGED: HTTPStatus.PRECONDITION_FAILED,
}

MEANINGS: Final[Mapping[Reason, str]] = {
    Reason.NOT_FOUND: "something that the request names does not exist; `kind` and `id` say what",
    Reason.NOT_YOURS: "the time slot, meeting or webhook is another client's",
    Reason.TOO_MANY_HOLDS: "the client holds as many time slots as it may; book or give back some first",
    Reason.TOO_MANY_CHANGES: "the time slot under this token was replaced too often; use a new token",
    Reason.TIME_SLOT_TAKEN: "somebody else has the employee or the room then; `heldUntil` says until when, if it is "
    "a hold, and `nextTimeSlots` what is free instead",
    Reason.NOT_OFFERED: "search would not offer this time slot; `rule` says why",
    Reason.HOLD_EXPIRED: "the hold's deadline has passed; reserve again",
    Reason.HOLD_RELEASED: "the hold was given back, replaced or ended by an operator; `how` says which",
    Reason.TIME_SLOT_NOT_BOOKED: "the time slot is only `Reserved`; mark it `Booked` first",
    Reason.TIME_SLOT_ALREADY_BOOKED: "the time slot under this token is `Booked` and cannot be replaced any more",
    Reason.MEETING_EXISTS: "the time slot has its meeting already, `meetingId`; `differs` is what it says otherwise",
    Reason.MEETING_MISMATCH: "the meeting does not fit its time slot; `field` says in what",
    Reason.MEETING_CHANGED: "the meeting is not the one any more that `If-Match` names; its `etag` now is told",
    Reason.MEETING_OVER: "the meeting has begun, and its time, people and room stay",
    Reason.NOT_CHANGEABLE: "that of a meeting never changes; `field` says what",
    Reason.TOKEN_MISMATCH: "the `reservationToken` is not the one that the time slot was reserved with",
    Reason.IDEMPOTENCY_KEY_REUSED: "the `Idempotency-Key` stands for another request",
    Reason.IN_USE: "something else names what is to be deleted, or a calendar has the time slot; `usedBy` says what",
    Reason.ALREADY_EXISTS: "something has that name or id already",
    Reason.TOO_MANY_WEBHOOKS: "the client has as many webhooks as it may; delete one first",
}
"""What a program is told by each reason; the published set."""

HEADERS: Final[Mapping[int, Sequence[tuple[str, str]]]] = {
    401: (("WWW-Authenticate", "What is wrong with the token (RFC 6750)."),),
    429: (("Retry-After", "Seconds after which to try again."),),
    503: (("Retry-After", "Seconds after which to repeat the request."),),
}
"""The headers that come with an error of this status, always."""

EXAMPLE_FACTS: Final[Mapping[Reason, Documented]] = {
    Reason.NOT_FOUND: {"kind": "time slot", "id": TIME_SLOT},
    Reason.NOT_YOURS: {"kind": "time slot"},
    Reason.TOO_MANY_HOLDS: {"limit": 500},
    Reason.TOO_MANY_WEBHOOKS: {"limit": 50},
    Reason.TIME_SLOT_TAKEN: {
        "blockedBy": "employee",
        "heldUntil": DEADLINE,
        "nextTimeSlots": [{**INTERVAL, "employeeId": EMPLOYEE}],
    },
    Reason.NOT_OFFERED: {"rule": "OUTSIDE_WORKING_HOURS"},
    Reason.HOLD_EXPIRED: {"expiredAt": DEADLINE},
    Reason.HOLD_RELEASED: {"how": "given back by the client"},
    Reason.TIME_SLOT_ALREADY_BOOKED: {"timeSlotId": TIME_SLOT},
    Reason.MEETING_EXISTS: {"meetingId": MEETING, "differs": "title"},
    Reason.MEETING_MISMATCH: {"field": "employeeId"},
    Reason.MEETING_CHANGED: {"etag": '"3"'},
    Reason.MEETING_OVER: {"meetingId": MEETING},
    Reason.NOT_CHANGEABLE: {"field": "customerId"},
}


def errors(*reasons: Reason) -> dict[int | str, Documented]:
    """The error answers of an endpoint: those that every endpoint can give, and these refusals."""
    statuses = sorted({*EVERY, *(STATUSES[reason] for reason in reasons)})
    return {status: answer(status, [one for one in reasons if STATUSES[one] == status]) for status in statuses}


def answer(status: int, reasons: Sequence[Reason] = ()) -> Documented:
    """How the OpenAPI document describes the error answer of this status with these reasons."""
    shown = {reason.value: shown_problem(status, reason) for reason in reasons} or {
        CODES[status]: shown_problem(status)
    }
    examples = {name: {"value": value} for name, value in shown.items()}
    content = {"application/problem+json": {"schema": schema(reasons), "examples": examples}}
    headers = {name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.get(status, ())}
    return {"description": described(status, reasons), "content": content, "headers": headers}


def described(status: int, reasons: Sequence[Reason]) -> str:
    meanings = [f"- `{reason}`: {MEANINGS[reason]}" for reason in reasons]
    return "\n".join([WHEN[status], *(("", "`reason` is one of", "", *meanings) if meanings else ())])


def schema(reasons: Sequence[Reason]) -> Documented:
    problem = {"$ref": "#/components/schemas/Problem"}
    if not reasons:
        return problem
    return {"allOf": [problem, {"type": "object", "properties": {"reason": {"enum": list(reasons)}}}]}


def shown_problem(status: int, reason: Reason | None = None) -> Documented:
    """An error answer as an example."""
    meaning = MEANINGS[reason] if reason else WHEN[status]
    text = f"{meaning[0].upper()}{meaning[1:]}"
    shown = {
        "type": problem_type(status),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": text,
        "instance": "/bookme/...",
        "code": CODES[status],
        "message": text,
        "requestId": "5f0c1b1f7f4b4b0f9a3c6d2e8b7a9c10",
    }
    return shown | ({"reason": reason} | EXAMPLE_FACTS.get(reason, {}) if reason else {})
