"""A supervisor with children that only sleep, run as a process of its own: `python supervised.py <directory>`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from config.foreground import until_interrupted
from devstack.processes import Program, Supervisor

SLEEPER = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"


def sleeper(name: str, directory: Path, code: str = SLEEPER) -> Program:
    """It is ready when it has written its process id to `<directory>/<name>.pid`."""

    async def ready(pid: int) -> bool:
        return pid_in(directory / f"{name}.pid") == pid

    file = str(directory / f"{name}.pid")
    return Program(name=name, command=(sys.executable, "-c", code, file), log=directory / f"{name}.log", ready=ready)


def pid_in(file: Path) -> int | None:
    text = file.read_text() if file.exists() else ""
    return int(text) if text else None


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Ended, but nobody has collected its exit status yet, or only now: init comes round to an orphan's."""
    try:
        stat = Path("/proc", str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return Path("/proc/self").exists()
    return stat.rpartition(")")[2].split()[0] == "Z"


async def main(directory: Path) -> None:
    supervisor = Supervisor(print)
    try:
        for name in ("first", "second"):
            await supervisor.run(sleeper(name, directory))
        (directory / "ready").touch()
        await asyncio.Event().wait()
    finally:
        await supervisor.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(until_interrupted(main(Path(sys.argv[1]))))
