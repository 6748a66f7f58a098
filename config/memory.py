"""Garbage collection in the long-lived processes."""

import gc
from typing import Final

YOUNG: Final = 10_000
"""Number of new objects that starts a collection of the youngest generation. One answer can have as many objects."""


def pause_gc() -> None:
    """Collect no garbage while the process loads its modules. `freeze_gc` ends the pause.

    Nearly all objects of modules stay. Looking through them again and again takes a tenth of the start.
    """
    gc.disable()


def freeze_gc() -> None:
    """Exclude all existing objects from garbage collection. Call this after the process has loaded its modules.

    There are about two hundred thousand such objects. Each collection of all of them would delay the running requests.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
