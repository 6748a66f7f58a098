"""Free ports on loopback, and the errors for ports that are taken."""

import fcntl
import functools
import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from config.errors import StackError

LOOPBACK: Final = "127.0.0.1"
HIGHEST: Final = 65535
CHOICE: Final = range(10_240, 32_768)
"""Ports to choose from, below the ports that systems give to outgoing connections."""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port on which connections were just closed counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


class Claims:
    """The ports that processes of this user have chosen, so that no two of them choose the same one.

    Each port is one locked byte of a file that all processes share. The kernel releases the locks when a process ends.
    """

    def __init__(self) -> None:
        path = Path(tempfile.gettempdir()) / f"bookme-ports-{os.getuid()}"
        # A number, which no collection closes: closing the file would release all locks.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._ours: set[int] = set()

    def claim(self, port: int) -> bool:
        """Claim the port, and return whether nobody had claimed it before, this process included."""
        if port in self._ours:
            return False
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        self._ours.add(port)
        return True


@functools.cache
def _claims() -> Claims:
    return Claims()


def free_port() -> int:
    """Return a free port that no other process has got from this function, as long as this process lives.

    No outgoing connection can take the port before a server listens, or while the server restarts.
    """
    while not (is_free(port := secrets.choice(CHOICE)) and _claims().claim(port)):
        pass
    return port


def remembered_port(file: Path) -> int:
    """Return the port in the file if it is still free. Otherwise choose a free port and write it to the file."""
    remembered = int(file.read_text()) if file.exists() else 0
    if remembered and is_free(remembered):
        _claims().claim(remembered)
        return remembered
    port = free_port()
    file.write_text(f"{port}\n")
    return port


def require_free(ports: Mapping[str, int]) -> None:
    """Check the ports, by the flags that set them.

    Raises:
        StackError: two flags have the same port, or a port is taken.

    """
    for flag, port in ports.items():
        if list(ports.values()).count(port) > 1:
            raise StackError(f"Port {port} is asked for twice: choose another one with {flag}.")
        if not is_free(port):
            choice = min(port + 100, HIGHEST)
            raise StackError(
                f"Port {port} is taken: stop what listens on it, or choose another one, for example {flag} {choice}."
            )
