"""The README's curl session, pasted as it stands."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.e2e.topology import ROOT, Topology

pytestmark = pytest.mark.xdist_group("e2e")

SESSION = re.compile(r"<!-- journey -->\n```bash\n(.*?)```", re.DOTALL)


async def test_the_curl_session_works_when_it_is_pasted(topology: Topology, tmp_path: Path) -> None:
    await topology.standing_worker()
    found = SESSION.search((ROOT / "README.md").read_text())
    assert found
    pasted = found[1].replace("http://127.0.0.1:8000", topology.url).replace("uv run bookme", "bookme")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-c", pasted, cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await shell.communicate()
    assert shell.returncode == 0
    said = output.decode()
    assert [status for status in ("Reserved", "Booked") if f'"status":"{status}"' not in said] == []
    assert said.rstrip().endswith("SUMMARY:Mortgage advice")
