"""Program that writes one calendar feed in a process of its own: `python -m api.feed_process`.

It takes pickled objects from its standard input: the keyword arguments of `calendar_of`, then lists of
`CalendarMeeting`. It writes the SHA-256 of the calendar file to its standard output, 32 bytes, and then the file. The
system limits its processor time and its memory. It loads nothing but the writing, so that it starts quickly.
"""

import hashlib
import pickle
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO, Final

from activities.process_limits import limit_process
from domain.calendar_file import calendar_of

MOST_CPU_SECONDS: Final = 60
MOST_MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space."""

NICENESS: Final = 5
"""Writing gives way to requests and bookings on the same machine."""


def main() -> None:
    """Write the feed that comes, within the limits."""
    limit_process(cpu_seconds=MOST_CPU_SECONDS, memory=MOST_MEMORY, niceness=NICENESS)
    options, *lists = _objects(sys.stdin.buffer)
    file = calendar_of(list(chain.from_iterable(lists)), **options)
    sys.stdout.buffer.write(hashlib.sha256(file).digest())
    sys.stdout.buffer.write(file)


def _objects(stream: BinaryIO) -> Iterator[Any]:
    try:
        while True:
            yield pickle.load(stream)  # noqa: S301 - from the process that started this one, and nobody else
    except EOFError:
        return


if __name__ == "__main__":
    main()
