"""Move the wall clock of single running processes with libfaketime. Their monotonic clock is not changed."""

import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

HOUR: Final = 3600
IN_THE_WHEEL: Final = "vendor/libfaketime/src/libfaketime.so.1"
OF_DEBIAN: Final = "/usr/lib"


class Clock:
    """The wall clock of one process. The process reads `file` once a second."""

    def __init__(self, library: Path, file: Path) -> None:
        self._library = library
        self._file = file
        self.move(0)

    def move(self, seconds: int) -> None:
        """Set the clock that many seconds ahead of the true time, or behind it if negative."""
        self._file.write_text(f"{seconds:+d}\n")

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            # Else it guesses, and threads that compute at times keep the interpreter from others.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }


def libfaketime(scratch: Path) -> Path | None:
    """Find the library in the wheel `libfaketime`, else in Debian's package `faketime`, that works on this machine.

    The library must be tried: the wheel claims to fit every platform, but has the library of only one.
    """
    spec = find_spec("libfaketime")
    of_the_wheel = [Path(spec.origin).parent / IN_THE_WHEEL] if spec and spec.origin else []
    found = [*of_the_wheel, *Path(OF_DEBIAN).glob("*/faketime/libfaketime.so.1")]
    return next((file for file in found if file.exists() and _works(Clock(file, scratch))), None)


def _works(clock: Clock) -> bool:
    clock.move(HOUR)
    program = (sys.executable, "-I", "-S", "-c", "import time; print(time.time())")
    done = subprocess.run(program, env=clock.environment, capture_output=True, text=True, check=False)
    clock.move(0)
    return done.returncode == 0 and float(done.stdout) > time.time() + HOUR / 2


def remove_traces(pid: int) -> None:
    """Delete the shared memory that libfaketime leaves when its process is killed."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        (Path("/dev/shm") / name).unlink(missing_ok=True)
