"""Failures as Temporal stores them: short enough to be shown.

The server keeps at most 4 KB of a pending activity's last failure, and puts "Failure exceeds size limit" in the place
of a longer one. The trace of a failed database step alone is longer.
"""

from collections.abc import Iterator
from typing import Final

from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter

MOST_BYTES: Final = 3_000
"""Of a whole failure, so that it fits with what encryption adds."""

MOST_MESSAGE: Final = 300
MOST_TRACE: Final = 700
"""Bytes of a message's beginning and characters of a stack trace's end that are kept."""

MOST_CAUSES: Final = 2
"""Causes that are kept: the direct one and the root."""


class ReadableFailures(DefaultFailureConverter):
    """Cuts messages, stack traces and chains of causes. Details are kept whole: callers read refusals from them."""

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
    """The same, with messages and stack traces where a codec encrypts them."""

    is_encoded = True


def chain_of(failure: Failure) -> Iterator[Failure]:
    """The failure, its cause, the cause's cause, and so on."""
    yield failure
    while failure.HasField("cause"):
        failure = failure.cause
        yield failure


def shorten(failure: Failure) -> None:
    """Cut the failure to a size that Temporal stores, the least telling parts first."""
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
    """As `DefaultFailureConverterWithEncodedAttributes` does."""
    hidden = {"message": failure.message, "stack_trace": failure.stack_trace}
    failure.encoded_attributes.CopyFrom(payload_converter.to_payloads([hidden])[0])
    failure.message, failure.stack_trace = "Encoded failure", ""
