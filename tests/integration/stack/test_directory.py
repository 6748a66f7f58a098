import os
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from config.addresses import is_loopback
from config.errors import StackError
from config.ports import free_port, remembered_port, require_free
from devstack.directory import DataDirectory, Running

ROOT = Path(__file__).parents[3]


def a_stack(pid: int) -> Running:
    return Running(
        pid=pid,
        api_url="http://127.0.0.1:8000",
        docs_url="http://127.0.0.1:8000/docs",
        ui_url="http://127.0.0.1:8233",
        temporal_address="127.0.0.1:7233",
        database_url="postgresql://bookme:secret@127.0.0.1:5432/bookme",
        client_secret="secret",
        pids={"api": 1},
    )


def test_a_taken_port_is_named_together_with_its_flag() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} is taken.*--ui-port"):
            require_free({"--api-port": free_port(), "--ui-port": port})


def test_one_port_for_two_is_an_error() -> None:
    port = free_port()
    with pytest.raises(StackError, match=f"Port {port} is asked for twice"):
        require_free({"--api-port": port, "--ui-port": port})


def test_a_chosen_port_is_chosen_by_no_other_process() -> None:
    ours = [free_port() for _ in range(50)]
    program = f"import config.ports as ports; print([ports._claims().claim(port) for port in {ours}])"
    others = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert len(set(ours)) == 50
    assert others.stdout.strip() == str([False] * 50)


def test_a_port_is_remembered_until_somebody_takes_it(tmp_path: Path) -> None:
    file = tmp_path / "port"
    port = remembered_port(file)
    assert remembered_port(file) == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        other = remembered_port(file)
    assert other != port
    assert remembered_port(file) == other


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("localhost", True), ("[::1]", True), ("0.0.0.0", False), ("db", False)],
)
def test_loopback_is_recognised(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_two_stacks_in_one_directory_are_an_error_that_names_the_first(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    with directory.locked():
        directory.write_running(a_stack(os.getpid()))
        with pytest.raises(StackError, match=rf"Another `bookme dev` \(process {os.getpid()}, http.*--data-dir"):  # noqa: SIM117
            with DataDirectory(tmp_path / "data").locked():
                pass
    with directory.locked():
        pass


def test_a_directory_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StackError, match=r"thesis\.txt.*--data-dir"), DataDirectory(tmp_path).locked():
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_clearing_deletes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    with directory.locked():
        for name in ("postgres", "temporal", "logs"):
            (directory.path / name / "deep").mkdir(parents=True)
        directory.issuer_key.touch()
        (directory.path / "mine.txt").touch()
        (directory.path / "stranger").mkdir()
        directory.clear()
        assert {entry.name for entry in directory.path.iterdir()} == {"stack.lock", "mine.txt", "stranger"}


def test_others_find_the_running_stack_and_only_we_read_its_secrets(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    assert directory.running() is None
    with directory.locked():
        directory.write_running(a_stack(os.getpid()))
        assert directory.running() == a_stack(os.getpid())
        assert stat.S_IMODE((directory.path / "stack.json").stat().st_mode) == 0o600
    assert directory.running() is None


def test_what_a_killed_stack_has_left_behind_is_no_running_stack(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    with directory.locked():
        pass
    directory.write_running(a_stack(os.getpid()))
    assert directory.running() is None


def test_a_stack_that_ends_badly_is_not_running_either(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    with suppress(KeyboardInterrupt), directory.locked():
        directory.write_running(a_stack(os.getpid()))
        raise KeyboardInterrupt
    assert not (directory.path / "stack.json").exists()
