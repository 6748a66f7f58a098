"""What a process loads at its start is not looked through for garbage later."""

import gc
from collections.abc import Iterator

import pytest

from config.memory import YOUNG, freeze_gc


@pytest.fixture
def usual() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("usual")
def test_what_has_been_loaded_is_left_alone() -> None:
    loaded = len(gc.get_objects())
    freeze_gc()
    assert gc.get_freeze_count() > loaded / 2
    assert gc.get_threshold()[0] == YOUNG
    gc.collect()
    assert gc.get_freeze_count() > loaded / 2
