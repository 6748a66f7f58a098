"""Garbage collection skips the objects that a process loads at its start, during the start and later."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest

from config.memory import YOUNG, freeze_gc, pause_gc

SERVE: Final = "api.serving.served_api()"
WORK: Final = "cli.main.worker()"
COUNTED: Final = """
import asyncio, gc
import uvloop
import api.serving, cli.main

def collections():
    return sum(each["collections"] for each in gc.get_stats())

asyncio.run = uvloop.run = lambda running: running.close()
before = collections()
{program}
print(collections() - before)
"""


@pytest.fixture
def usual() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.enable()
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


@pytest.mark.usefixtures("usual")
def test_a_pause_ends_with_the_start() -> None:
    pause_gc()
    assert not gc.isenabled()
    freeze_gc()
    assert gc.isenabled()


@pytest.mark.ci
@pytest.mark.parametrize("program", [SERVE, WORK], ids=["api", "worker"])
def test_a_process_looks_for_garbage_once_while_it_loads(program: str) -> None:
    environment = {"BOOKME_DEV_ISSUER": "true", "PATH": "/usr/bin:/bin"}
    told = COUNTED.format(program=program)
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, env=environment)
    assert int(done.stdout) == 1
