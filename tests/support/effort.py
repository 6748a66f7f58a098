"""How often a test repeats what is drawn at random: in full where the tests of the marker `ci` run too."""

is_full = False
"""Set by `tests/conftest.py` before any test is collected."""


def repetitions(full: int) -> int:
    """Return `full`, or a quarter of it in a run without the tests of the marker `ci`."""
    return full if is_full else max(full // 4, 1)
