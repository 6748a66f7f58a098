"""Renders the kustomizations in deploy/kubernetes with the real `kustomize`."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "deploy/kubernetes"
MODULE: Final = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1"

Manifest = dict[str, Any]


def installed(directory: Path) -> Path:
    """Return the path of `kustomize`. If the machine has none, build it with Go in this directory, once."""
    found = shutil.which("kustomize")
    if found:
        return Path(found)
    program = directory / "kustomize"
    if not program.exists():
        if shutil.which("go") is None and "CI" not in os.environ:
            pytest.skip("neither kustomize nor Go is installed")
        build = subprocess.run(
            ["go", "install", MODULE],
            env=os.environ | {"GOBIN": str(directory), "GOFLAGS": "-trimpath", "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert build.returncode == 0, build.stderr
    return program


def rendered(program: Path, folder: str) -> list[Manifest]:
    """Return the resources that `kubectl apply -k` would send."""
    build = subprocess.run([program, "build", FOLDER / folder], capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr
    assert "Warning" not in build.stderr, build.stderr
    return list(yaml.safe_load_all(build.stdout))
