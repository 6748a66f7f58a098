"""The README's curl sessions, pasted as they stand, one after the other."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.e2e.topology import ROOT, Topology

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]

SESSIONS = re.compile(r"<!-- \w+ -->\n```bash\n(.*?)```", re.DOTALL)


async def test_the_curl_sessions_work_when_they_are_pasted(topology: Topology, tmp_path: Path) -> None:
    await topology.standing_worker()
    sessions = SESSIONS.findall((ROOT / "README.md").read_text())
    assert len(sessions) == 3
    pasted = "\n".join(sessions).replace("http://127.0.0.1:8000", topology.url).replace("uv run bookme", "bookme")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-c", pasted, cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await shell.communicate()
    assert shell.returncode == 0
    said = output.decode()
    assert [status for status in ("Reserved", "Booked") if f'"status":"{status}"' not in said] == []
    assert "SUMMARY:Mortgage advice" in said
    assert '"rule":"EMPLOYEE_TAKEN"' in said
    assert '"busyTimes":1' in said
    assert '"title":"Mortgage advice, second talk"' in said
    assert '"reason":"The customer is ill","sequence":3' in said
