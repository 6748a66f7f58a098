"""Program that writes one calendar feed in a process of its own: `python -m api.feeds.process`.

The program reads pickled objects from its standard input: the keyword arguments of `calendar_of`, then lists of
`CalendarMeeting`. The program writes the SHA-256 of the calendar file (32 bytes) and then the file to its standard
output. The operating system limits its processor time and memory. The program imports only what writes the file, so
that it starts quickly.
"""

import hashlib
import pickle
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO, Final

from domain.calendar.file import calendar_of
from integrations.processes.limits import limit_process

MOST_CPU_SECONDS: Final = 60
MOST_MEMORY: Final = 512 * 1024 * 1024
"""Limit in bytes of the address space."""

NICENESS: Final = 5
"""Niceness of the process, so that requests and bookings on the same machine have priority."""


def main() -> None:
    """Read the task from standard input, and write the feed to standard output, within the limits."""
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
