"""Number of random examples of a test: all of them if the tests of the marker `ci` run too, else a quarter."""

is_full = False
"""Set by `tests/conftest.py` before any test is collected."""


def repetitions(full: int) -> int:
    """Return `full`, or a quarter of it in a run without the tests of the marker `ci`."""
    return full if is_full else max(full // 4, 1)
