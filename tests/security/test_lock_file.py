"""Whatever is installed by `uv.lock` comes from a registry over TLS, and is what was locked, to the byte."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

LOCK: Final = Path(__file__).parents[2] / "uv.lock"
SHA256: Final = re.compile(r"sha256:[0-9a-f]{64}")

Package = dict[str, Any]


def packages() -> list[Package]:
    """All but those of this repository."""
    locked: list[Package] = tomllib.loads(LOCK.read_text())["package"]
    return [package for package in locked if package["source"].get("editable") not in {".", "clients/python"}]


def wrong_with(package: Package) -> Iterator[str]:
    name, files = package["name"], [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
    if not str(package["source"].get("registry", "")).startswith("https://"):
        yield f"{name} comes from {package['source']}"
    if not files:
        yield f"{name} has no file"
    for file in files:
        if not SHA256.fullmatch(file.get("hash", "")):
            yield f"{name}: {file.get('url')} has no SHA-256"
        if not file.get("url", "").startswith("https://"):
            yield f"{name} is fetched from {file.get('url')}"


def test_every_file_is_known_by_its_hash() -> None:
    assert {"fastapi", "temporalio", "asyncpg"} <= {package["name"] for package in packages()}
    assert [wrong for package in packages() for wrong in wrong_with(package)] == []


GOOD: Final[Package] = {
    "name": "good",
    "source": {"registry": "https://pypi.org/simple"},
    "sdist": {"url": "https://files.pythonhosted.org/good.tar.gz", "hash": f"sha256:{'0' * 64}"},
}


@pytest.mark.parametrize(
    "change",
    [
        {"source": {"registry": "http://pypi.org/simple"}},
        {"source": {"git": "https://example.com/good.git?rev=main#abc"}},
        {"source": {"url": "https://example.com/good.tar.gz"}},
        {"sdist": None},
        {"sdist": GOOD["sdist"] | {"hash": f"md5:{'0' * 32}"}},
        {"sdist": {"url": GOOD["sdist"]["url"]}},
        {"sdist": GOOD["sdist"] | {"url": "http://files.pythonhosted.org/good.tar.gz"}},
        {"wheels": [{"url": "https://files.pythonhosted.org/good.whl"}]},
    ],
)
def test_what_is_wrong_is_seen(change: Package) -> None:
    assert list(wrong_with(GOOD)) == []
    assert list(wrong_with(GOOD | change))
