"""Limits that a short-lived process sets for itself. The module imports little, so that the process starts quickly."""

import gc
import os
import resource


def limit_process(*, cpu_seconds: int, memory: int, niceness: int) -> None:
    """Limit processor time and address space (`memory`, in bytes) of this process, and lower its priority.

    Past `cpu_seconds` the system ends the process with SIGXCPU. An allocation past `memory` raises MemoryError. Garbage
    collection is off: the process ends before there is much garbage.
    """
    os.nice(niceness)
    gc.disable()
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
