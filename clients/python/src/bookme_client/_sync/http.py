"""Sends operations: with an access token, with repeats where they are safe, and with errors as exceptions."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx
import stamina
from pydantic import ValidationError

from bookme_client._clock import Answered
from bookme_client._repeats import Repeats, no_answer
from bookme_client._sync.tokens import Tokens
from bookme_client.errors import BookMeError, error_of
from bookme_client.operation import Operation

T = TypeVar("T")
UNAUTHORIZED = 401


@dataclass(frozen=True)
class Answer(Generic[T]):
    """The value of a successful answer, when it came, and the query of its next page, if there is one."""

    value: T
    at: Answered
    next_query: Mapping[str, str | list[str]] | None


class Http:
    """Sends operations to one BookMe. `seconds` is the time of one call with all its repeats."""

    def __init__(self, http: httpx.Client, base_url: str, tokens: Tokens, *, seconds: float, user_agent: str) -> None:
        self.http = http
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._seconds = seconds
        self._user_agent = user_agent

    def call(self, operation: Operation[T], *, seconds: float | None = None) -> Answer[T]:
        """Send the operation until its outcome is known, and return the value of its answer.

        Raises:
            ApiError: BookMe refused the request, or could not carry it out within the time.
            NoAnswer: no answer came within the time.
            TokenRefused: there is no access token.

        """
        repeats = Repeats(seconds or operation.seconds(self._seconds), is_repeatable=operation.is_repeatable)
        request = self._request(operation)
        sent = time.monotonic()
        for attempt in stamina.retry_context(on=repeats.wait_after, attempts=None, timeout=None):
            with attempt:
                response = self._attempt(request, min(operation.attempt_seconds, repeats.seconds_left))
                if not response.is_success:
                    raise error_of(response)
        return Answer(_value(operation, response), Answered.now(sent, response), _next_query(response))

    def _request(self, operation: Operation[T]) -> dict[str, Any]:
        """Return httpx's arguments. They are the same for each attempt, so that BookMe recognises a repeat."""
        headers = {name: str(value) for name, value in operation.headers.items() if value is not None}
        headers |= {"User-Agent": self._user_agent, "X-Request-Id": uuid4().hex}
        if operation.takes_key:
            headers.setdefault("Idempotency-Key", str(uuid4()))
        if content := operation.content():
            headers["Content-Type"] = content[1]
        url = self._base_url + operation.path
        body = content[0] if content else None
        return {
            "method": operation.method,
            "url": url,
            "params": operation.params(),
            "content": body,
            "headers": headers,
        }

    def _attempt(self, request: dict[str, Any], seconds: float) -> httpx.Response:
        """Send the request once, and once more with a new token if BookMe refuses the token."""
        token = self._tokens.get()
        response = self._sent(request, seconds, token)
        if response.status_code != UNAUTHORIZED:
            return response
        renewed = self._tokens.get(refused=token)
        return response if renewed == token else self._sent(request, seconds, renewed)

    def _sent(self, request: dict[str, Any], seconds: float, token: str) -> httpx.Response:
        headers = request["headers"] | {"Authorization": f"Bearer {token}"}
        try:
            return self.http.request(**request | {"headers": headers}, timeout=seconds)
        except httpx.RequestError as error:
            id_of_request = headers["X-Request-Id"]
            raise no_answer(error, request["method"], request["url"], request_id=id_of_request) from error


def _value(operation: Operation[T], response: httpx.Response) -> T:
    try:
        return operation.read(response.content)
    except (ValidationError, UnicodeDecodeError) as error:
        message = f"{operation.method} {operation.path} was answered in a form that this client cannot read: {error}"
        raise BookMeError(message) from error


def _next_query(response: httpx.Response) -> Mapping[str, str | list[str]] | None:
    """Return the query of the next page (RFC 8288). The rest of its address is not used: the token stays here."""
    found = response.links.get("next")
    if found is None:
        return None
    query = httpx.URL(found["url"]).params
    return {name: query.get_list(name) for name in query}
