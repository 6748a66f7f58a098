"""The database's clock decides, or the engine's: the clock of an API or a worker may be an hour wrong."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
PRODUCT: Final = (
    *("activities", "admin", "api", "cli", "config", "devstack", "domain", "integrations", "services", "storage"),
    *("workers", "workflows"),
)
CLOCKS: Final = {
    ("date", "today"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("time", "gmtime"),
    ("time", "localtime"),
    ("time", "time"),
    ("time", "time_ns"),
    ("utils", "formatdate"),
    ("utils", "localtime"),
}
ALLOWED: Final = {
    "admin/story/case.py": "whether a hold is overdue, to tell an operator while the database is down",
    "api/auth/dev_issuer.py": "its tokens are for this stack alone, and are judged by the same clock",
    "api/auth/tokens.py": "whether a remembered token has expired, as PyJWT decides it for a new one",
    "api/middleware/limits.py": "compared with what the same process has counted",
    "api/routers/configuration/organisation.py": "today's offsets of time zones, without the database",
    "api/routers/start_page.py": "the day in links for operators, without the database",
    "api/schemas/base/examples.py": "examples in the documentation",
    "config/temporal.py": "whether a worker has polled within minutes, to show it to an operator",
    "workflows/common/runs.py": "the minute in a fairness key only spreads work",
}


def readings(file: Path) -> Iterator[int]:
    """The lines at which a file reads the clock of its process."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if (owner, node.attr) in CLOCKS:
                yield node.lineno


def test_no_process_decides_by_its_own_clock() -> None:
    files = [file for package in PRODUCT for file in (ROOT / package).rglob("*.py")]
    found = {f"{file.relative_to(ROOT)}": list(readings(file)) for file in files}
    reading = {name for name, lines in found.items() if lines}
    assert reading == set(ALLOWED), {name: found.get(name) for name in reading ^ set(ALLOWED)}
