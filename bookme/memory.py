"""How the long-lived processes let Python look for garbage."""

import gc
from typing import Final

YOUNG: Final = 10_000
"""How many new objects there may be before the youngest are looked at: one answer can have as many."""


def settle() -> None:
    """Never look for garbage again in what exists by now. For a process that has loaded all that it is made of.

    That is some two hundred thousand objects, and a look at all of them holds up the requests under way each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
