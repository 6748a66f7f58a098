"""The data directory of a stack: its files, its lock, and the description of the running stack."""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from config.errors import StackError

LOCK: Final = "stack.lock"
STATE: Final = "stack.json"
ISSUER_KEY: Final = "dev-issuer.pem"
CODEC_PORT: Final = "codec-port"
OURS: Final = frozenset({LOCK, STATE, ISSUER_KEY, CODEC_PORT, ".gitignore", "logs", "postgres", "temporal"})


@dataclass(frozen=True, kw_only=True)
class Running:
    """Description of a running stack for other commands. The file has mode 0600: it contains the database password."""

    pid: int
    api_url: str
    docs_url: str
    ui_url: str
    temporal_address: str
    database_url: str
    client_secret: str
    pids: Mapping[str, int]
    codec_url: str | None = None
    is_sandbox: bool = False


class DataDirectory:
    """Files of one stack. `postgres/` and `temporal/` are the data; all other files can be created again."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.postgres = self.path / "postgres"
        self.sandbox = self.postgres / "sandbox"
        """Exists if the database was made as a sandbox."""
        self.temporal = self.path / "temporal"
        self.issuer_key = self.path / ISSUER_KEY
        self.codec_port = self.path / CODEC_PORT
        self._state = self.path / STATE

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the directory for this stack as long as the block lasts.

        Raises:
            StackError: another stack uses the directory, or it contains files that are not those of a stack.

        """
        self._require_ours()
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("a") as lock:
            if not _locks(lock):
                raise StackError(self._in_use())
            (self.path / ".gitignore").write_text("*\n")
            try:
                yield
            finally:
                self._state.unlink(missing_ok=True)

    def _require_ours(self) -> None:
        names = {entry.name for entry in self.path.iterdir()} if self.path.exists() else set()
        if LOCK not in names and not names <= OURS:
            foreign = min(names - OURS)
            raise StackError(f"{self.path} holds other things ({foreign}): choose an empty directory with --data-dir.")

    def _in_use(self) -> str:
        running = self.running()
        who = f" (process {running.pid}, {running.api_url})" if running else ""
        return f"Another `bookme dev`{who} uses {self.path}: stop it, or choose another --data-dir."

    def clear(self) -> None:
        """Delete the files of the stack except its lock file, and nothing else. The caller must hold the lock."""
        for name in sorted(OURS - {LOCK}):
            entry = self.path / name
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)

    def write_running(self, running: Running) -> None:
        text = json.dumps(asdict(running), indent=2)
        write_private(self._state, text)

    def running(self) -> Running | None:
        """Return the stack that runs in this directory, or None. The file of a killed stack is ignored."""
        try:
            with (self.path / LOCK).open() as lock:
                return None if _locks(lock) else Running(**json.loads(self._state.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read. The write is atomic: a reader gets the old text or the new text."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    new.replace(file)


def _locks(file: IO[str]) -> bool:
    """Lock the file and return whether this succeeded. The lock ends when the file is closed or the process ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
