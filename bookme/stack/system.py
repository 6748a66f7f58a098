"""What only the operating system can tell or grant: the processes of others, users, the way to a directory."""

import contextlib
import pwd
import stat
import subprocess
import time
from pathlib import Path
from typing import Final

from bookme.stack.errors import StackError

PROC: Final = Path("/proc")
TRIES: Final = 10


def command_line(pid: int) -> str:
    """What a process was started as; empty when there is none."""
    if PROC.exists():
        with contextlib.suppress(OSError):
            return (PROC / str(pid) / "cmdline").read_text(errors="replace")
        return ""
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - numbers only


def working_in(directory: Path) -> list[int]:
    """The processes whose working directory it is. Linux; elsewhere none is found."""
    found = []
    for link in PROC.glob("[0-9]*/cwd"):
        # Processes end while we look, and those of other users are not shown.
        with contextlib.suppress(OSError):
            if link.readlink() == directory:
                found.append(int(link.parent.name))
    return found


def let_in(user: str, *directories: Path) -> None:
    """PostgreSQL refuses to run as root: give it a user of its own, who may pass through to these directories."""
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
        # Two of us at once: one of them finds the user file locked, or the user made.
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a fixed command
        time.sleep(0.1)
    raise StackError(f"PostgreSQL refuses to run as root, and `{' '.join(command)}` does not work here.")
