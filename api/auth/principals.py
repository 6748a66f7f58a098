"""Principals: the client behind a request, its scopes, and the errors for a missing token or scope (RFC 6750)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, TypeGuard

from api.auth.token_clients import USER
from domain.messages.booking import CancelledBy

MAX_CLIENT = 200
"""Limit in bytes. The percent-encoded client id is part of a workflow id of at most 1000 characters."""


class Scope(StrEnum):
    READ = "bookme.read"
    BOOK = "bookme.book"
    STAFF = "bookme.staff"
    CONFIG = "bookme.config"
    CODEC = "bookme.codec"


SCOPES: Final[Mapping[Scope, str]] = {
    Scope.READ: "Look up topics, customer types, employees, rooms, time slots and meetings; search free time slots.",
    Scope.BOOK: "Reserve and book time slots; create, change and cancel meetings.",
    Scope.STAFF: "Act as staff: see every client's bookings, go past the rules that bind customers alone, "
    "enter when employees are busy.",
    Scope.CONFIG: "Change the configuration: topics, customer types, employees and rooms.",
    Scope.CODEC: "Decrypt the data in Temporal with the codec server. No operation of this API needs it.",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The client on whose behalf a request is made. `client_id` owns holds and meetings."""

    client_id: str
    subject: str
    scopes: frozenset[str]

    @property
    def is_staff(self) -> bool:
        return Scope.STAFF in self.scopes

    @property
    def name_in_logs(self) -> str:
        """The client id, for a user without the subject, which may be personal data."""
        return self.client_id.removesuffix(f":{self.subject}") if self.client_id.startswith(USER) else self.client_id

    def may_use(self, client_id: str | None) -> bool:
        """Return whether this principal may use resources of that client: its own, or as staff those of all clients."""
        return self.is_staff or client_id == self.client_id

    def role_towards(self, client_id: str | None) -> CancelledBy:
        """Return how an event names this principal when it ends a booking or a meeting of that client."""
        return CancelledBy.CLIENT if client_id == self.client_id else CancelledBy.STAFF


def is_client_id(value: object) -> TypeGuard[str]:
    """Return whether the value is a usable client id: printable, not blank, and at most `MAX_CLIENT` bytes.

    Characters that are not printable would break logs, and PostgreSQL refuses some of them.
    """
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value.encode()) <= MAX_CLIENT


class Unauthorized(Exception):
    """The request has no valid token.

    `code` is an error code of RFC 6750 §3.1, or None if no credentials came. Then the challenge has no details (§3).
    """

    def __init__(self, message: str, code: Literal["invalid_request", "invalid_token"] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = 400 if code == "invalid_request" else 401
        self.challenge = challenge(code, message if code else None)


class InsufficientScope(Exception):
    """The token lacks a scope. `required` has all scopes that the request needs (RFC 6750 §3.1)."""

    status = 403
    code = "insufficient_scope"

    def __init__(self, required: Iterable[Scope]) -> None:
        self.required = tuple(required)
        names = " ".join(self.required)
        self.message = f"The access token lacks a scope; this request needs: {names}."
        self.challenge = challenge(self.code, self.message, scope=names)
        super().__init__(self.message)


def challenge(error: str | None = None, description: str | None = None, *, scope: str | None = None) -> str:
    """Build the value of `WWW-Authenticate` (RFC 6750 §3).

    In its quoted strings, a double quote becomes `'`, and any other forbidden character becomes `?`.
    """
    given = {"realm": "bookme", "error": error, "error_description": description, "scope": scope}
    return "Bearer " + ", ".join(f'{name}="{_quotable(text)}"' for name, text in given.items() if text)


def _quotable(text: str) -> str:
    return re.sub(r"[^\x20-\x5B\x5D-\x7E]", "?", text.replace('"', "'"))
