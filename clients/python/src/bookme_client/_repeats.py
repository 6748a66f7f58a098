"""Rules for repeats: which failures allow one, and how long to wait before."""

import random
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from bookme_client.errors import ApiError, NoAnswer, TokenRefused

TOO_MANY_REQUESTS: Final = 429
UNKNOWN_OUTCOME: Final = {408, 502, 503, 504}
"""Answers after which the request may have been carried out or not."""

FIRST_WAIT: Final = 0.25
LONGEST_WAIT: Final = 8.0
NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Repeats:
    """Decides after each failure of one call. All attempts of the call end `seconds` after its start."""

    def __init__(self, seconds: float, *, is_repeatable: bool) -> None:
        self._until = time.monotonic() + seconds
        self._is_repeatable = is_repeatable
        self._failures = 0

    @property
    def seconds_left(self) -> float:
        return max(0.001, self._until - time.monotonic())

    def wait_after(self, error: Exception) -> bool | float:
        """Return the seconds to wait before the next attempt, or False if the error is final. A hook of `stamina`."""
        self._failures += 1
        if not self._is_temporary(error):
            return False
        wait = self._wait(error)
        return wait if time.monotonic() + wait < self._until else False

    def _is_temporary(self, error: Exception) -> bool:
        if isinstance(error, NoAnswer):
            return not _is_refused_certificate(error) and (self._is_repeatable or not error.may_have_happened)
        if isinstance(error, TokenRefused):
            return error.status in {TOO_MANY_REQUESTS, *UNKNOWN_OUTCOME}
        if not isinstance(error, ApiError):
            return False
        if error.status == TOO_MANY_REQUESTS:
            # With a reason, such as TOO_MANY_HOLDS, waiting does not help.
            return error.reason is None
        return self._is_repeatable and error.status in UNKNOWN_OUTCOME

    def _wait(self, error: Exception) -> float:
        """Return `Retry-After` or an exponential pause, with jitter: clients that failed together come back apart."""
        wanted = retry_after(error.headers) if isinstance(error, ApiError) else None
        if wanted is not None:
            return wanted + random.uniform(0, 0.25 + wanted / 4)  # noqa: S311 - not a secret
        return random.uniform(0.5, 1) * min(LONGEST_WAIT, FIRST_WAIT * 2.0**self._failures)  # noqa: S311 - not a secret


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of a `Retry-After`, which has seconds or a date (RFC 9110 section 10.2.3).

    A date is compared with the `Date` of the answer, because the local clock may be wrong.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(headers["Date"])).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None


def no_answer(
    error: httpx.RequestError, method: str, url: str, *, request_id: str = "", may_have_happened: bool = True
) -> NoAnswer:
    """Return the error of an attempt without an answer. A request that was never sent has not happened."""
    why = str(error) or type(error).__name__
    message = f"{method} {url} got no answer: {why}."
    if isinstance(error, NEVER_SENT):
        message = f"{message} Check the address, and whether BookMe runs there."
        may_have_happened = False
    return NoAnswer(message, may_have_happened=may_have_happened, request_id=request_id)


def _is_refused_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
