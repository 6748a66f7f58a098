"""The README's curl and Python sessions, pasted as they stand."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.e2e.topology import ROOT, Topology

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]

README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = re.compile(r"<!-- \w+ -->\n```bash\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"<!-- journey-python -->\n```python\n(.*?)```", re.DOTALL)


async def shell(commands: str, topology: Topology, directory: Path) -> str:
    """Run the commands against the topology's API, and return their output."""
    pasted = commands.replace("http://127.0.0.1:8000", topology.url).replace("uv run ", "")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    bash = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-c", pasted, cwd=directory, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await bash.communicate()
    assert bash.returncode == 0
    return output.decode()


async def test_the_curl_sessions_work_when_they_are_pasted(topology: Topology, tmp_path: Path) -> None:
    await topology.standing_worker()
    sessions = SESSIONS.findall(README)
    assert len(sessions) == 3
    said = await shell("\n".join(sessions), topology, tmp_path)
    assert [status for status in ("Reserved", "Booked") if f'"status":"{status}"' not in said] == []
    assert "SUMMARY:Mortgage advice" in said
    assert '"rule":"EMPLOYEE_TAKEN"' in said
    assert '"busyTimes":1' in said
    assert '"title":"Mortgage advice, second talk"' in said
    assert '"reason":"The customer is ill","sequence":3' in said


async def test_the_python_session_works_when_it_is_saved_and_run(topology: Topology, tmp_path: Path) -> None:
    await topology.standing_worker()
    (program,) = PYTHON.findall(README)
    (tmp_path / "journey.py").write_text(program.replace("http://127.0.0.1:8000", topology.url), encoding="utf-8")
    (command,) = re.findall(r"`(TOKEN=[^`]*journey\.py)`", README)
    said = await shell(command.replace("bookme token", f"bookme token --url {topology.url}"), topology, tmp_path)
    assert re.fullmatch(r"[0-9a-f-]{36} \d{4}-\d\d-\d\dT\S+\n", said)
    assert "SUMMARY:Mortgage advice" in (tmp_path / "meeting.ics").read_text(encoding="utf-8")
