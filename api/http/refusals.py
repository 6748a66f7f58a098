"""Statuses and reasons of refusals, as the API answers them and as the OpenAPI document describes them."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from api.problems.reasons import OF_REASONS
from api.problems.statuses import OF_CODES
from api.schemas.problems import code_of
from domain.errors import Reason

Documented = dict[str, Any]

ONE_PROBLEM: Final = (400, 401, 408, 413, 415, 500, 503)
"""Statuses that stand for one problem each."""

WHEN: Final = {
    403: "The access token lacks a scope, or the resource belongs to another client.",
    404: "Something that the request names does not exist.",
    409: "The current state does not allow the request.",
    410: "The resource of the request existed, and does not exist any more.",
    412: "The resource was changed in the meantime.",
    429: "The client has sent too many requests, or holds too many time slots.",
} | {status: OF_CODES[code_of(status)].meaning for status in ONE_PROBLEM}

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

MEANINGS: Final[Mapping[Reason, str]] = {reason: OF_REASONS[reason].meaning for reason in Reason}
"""Meaning of each reason for client programs. These reasons are the published set."""

REASONS: Final = "x-reasons"
"""Key under which a described error answer lists its reasons, until `api.openapi` completes the document."""


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
