"""The commands of docs/sandbox.md, pasted as they stand."""

import asyncio
import os
import re
import sys
import time
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[4]
SESSION: Final = re.compile(r"<!-- sandbox -->\n```bash\n(.*?)```", re.DOTALL)
MOST_SECONDS: Final = 60.0
"""Four of its commands start a Python process or a `bookme` each, on a machine that others use too."""


@pytest.mark.ci
async def test_the_session_works_when_it_is_pasted(url: str, worker: None) -> None:
    (session,) = SESSION.findall((ROOT / "docs/sandbox.md").read_text(encoding="utf-8"))
    pasted = session.replace("http://127.0.0.1:8000", url).replace("uv run ", "")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    began = time.monotonic()
    bash = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-c", pasted, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await bash.communicate()
    said = output.decode().splitlines()
    assert bash.returncode == 0
    assert time.monotonic() - began < MOST_SECONDS
    assert [each for each in said if not each.startswith("{")] == [
        *("booking.expired", "meeting.reminder"),
        *("TIME_SLOT_TAKEN", "Reserved"),
    ]
    assert '"ahead":"00:00:00"' in said[-1]
