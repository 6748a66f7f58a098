"""Executes a program in place of this process. The program gets a signal when its parent process ends.

Run by path as `python -I -S child.py <parent's pid> <signal> <user or -> <command...>`: standard library only.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main(parent: str, death_signal: str, user: str, *command: str) -> None:
    if user != "-":
        become(user)
    # After `become`: the kernel forgets the parent-death signal when a process changes its user.
    die_with_parent(int(parent), signal.Signals(int(death_signal)))
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


def become(user: str) -> None:
    import pwd  # noqa: PLC0415 - does not exist on every system, and only root needs it

    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = str(Path("/"))


def die_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Let the kernel send `death_signal` to this process when its parent ends. Only on Linux; else do nothing."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal.value, 0, 0, 0)
    if os.getppid() != parent:
        # The parent ended before the call of `prctl`, so no signal would come.
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
