"""Queries and changes in the operating system: other processes, users, and permissions of directories."""

import contextlib
import pwd
import stat
import subprocess
import time
from pathlib import Path
from typing import Final

from config.errors import StackError

PROC: Final = Path("/proc")
TRIES: Final = 10


def command_line(pid: int) -> str:
    """Return the command line of a process, or an empty string if there is no such process."""
    if PROC.exists():
        with contextlib.suppress(OSError):
            return (PROC / str(pid) / "cmdline").read_text(errors="replace")
        return ""
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - numbers only


def working_in(directory: Path) -> list[int]:
    """Return the ids of the processes with this working directory. Only on Linux; elsewhere the list is empty."""
    found = []
    for link in PROC.glob("[0-9]*/cwd"):
        # Processes may end during the loop, and processes of other users cannot be read.
        with contextlib.suppress(OSError):
            if link.readlink() == directory:
                found.append(int(link.parent.name))
    return found


def let_in(user: str, *directories: Path) -> None:
    """Create the user if it is missing, and let this user pass through to the directories.

    PostgreSQL refuses to run as root, so it needs its own user.
    """
    _ensure_user(user)
    for directory in directories:
        for part in (directory, *directory.parents):
            mode = part.stat().st_mode
            if not mode & stat.S_IXOTH:
                part.chmod(mode | stat.S_IXOTH)


def _ensure_user(user: str) -> None:
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/", user]
    for _ in range(TRIES):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(user)
            return
        # If two processes do this at once, one of them finds the user file locked, or the user created.
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a fixed command
        time.sleep(0.1)
    raise StackError(f"PostgreSQL refuses to run as root, and `{' '.join(command)}` does not work here.")
