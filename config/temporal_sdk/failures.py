"""Converts errors into failures that are short enough for Temporal to show.

The server keeps at most 4 KB of a pending activity's last failure, and puts "Failure exceeds size limit" in the place
of a longer one. The stack trace of a failed database step alone is longer.
"""

from collections.abc import Iterator
from typing import Final

from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter

MOST_BYTES: Final = 3_000
"""Maximum size of a whole failure. The rest of the server's 4 KB is left for the bytes that encryption adds."""

MOST_MESSAGE: Final = 300
MOST_TRACE: Final = 700
"""Bytes of a message's beginning and characters of a stack trace's end that are kept."""

MOST_CAUSES: Final = 2
"""Maximum number of causes that are kept: the direct cause and the root cause."""


class ReadableFailures(DefaultFailureConverter):
    """Shortens messages, stack traces and chains of causes. Details stay whole: callers read refusals from them."""

    is_encoded: bool = False

    def __init__(self) -> None:
        super().__init__()
        self._whole = DefaultFailureConverter()

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        self._whole.to_failure(exception, payload_converter, failure)
        shorten(failure)
        if self.is_encoded:
            for each in chain_of(failure):
                _encode(each, payload_converter)


class ReadableEncodedFailures(ReadableFailures):
    """Shortens failures, and moves their messages and stack traces into attributes that a codec encrypts."""

    is_encoded = True


def chain_of(failure: Failure) -> Iterator[Failure]:
    """Yield the failure, its cause, the cause's cause, and so on."""
    yield failure
    while failure.HasField("cause"):
        failure = failure.cause
        yield failure


def shorten(failure: Failure) -> None:
    """Shorten the failure to a size that Temporal stores. The least useful parts are removed first."""
    _drop_causes_between(failure)
    for number, each in enumerate(chain_of(failure)):
        each.message = _beginning(each.message, MOST_MESSAGE)
        each.stack_trace = "" if number else _end(each.stack_trace, MOST_TRACE)
    if failure.ByteSize() > MOST_BYTES:
        failure.stack_trace = ""


def _drop_causes_between(failure: Failure) -> None:
    causes = list(chain_of(failure))[1:]
    if len(causes) > MOST_CAUSES:
        root = Failure()
        root.CopyFrom(causes[-1])
        causes[0].cause.CopyFrom(root)


def _beginning(text: str, most: int) -> str:
    cut = text.encode()[:most].decode(errors="ignore")
    return text if cut == text else f"{cut}…"


def _end(text: str, most: int) -> str:
    return text if len(text) <= most else f"…{text[1 - most :]}"


def _encode(failure: Failure, payload_converter: PayloadConverter) -> None:
    """Move message and stack trace into a payload, as `DefaultFailureConverterWithEncodedAttributes` does."""
    hidden = {"message": failure.message, "stack_trace": failure.stack_trace}
    failure.encoded_attributes.CopyFrom(payload_converter.to_payloads([hidden])[0])
    failure.message, failure.stack_trace = "Encoded failure", ""
