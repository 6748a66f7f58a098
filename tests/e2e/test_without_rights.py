"""API and worker run as docker-compose.yml and deploy/kubernetes run them: nothing to write but /tmp, and no right."""

import shutil
import subprocess
from typing import Final

import httpx
import pytest

from tests.e2e.customer import Customer
from tests.e2e.topology import API_PROCESSES, Topology
from tests.integration.api.support import EVERY_SCOPE
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]

CALENDARS: Final = "/bookme/config/calendars"
SCRIPT: Final = """
mount --rbind / / && mount -o remount,bind,ro / && mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp && cd /tmp &&
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""
CONFINED: Final = (
    shutil.which("unshare") or "unshare",
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-c",
    SCRIPT,
    "sh",
)


@pytest.fixture(autouse=True)
def confinement(topology: Topology, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel lets this user make a file system read-only for one process, and it is read-only."""
    check = "grep -q 'CapBnd:.0*$' /proc/self/status && ! touch /no 2>/dev/null && touch /tmp/yes"
    tried = subprocess.run([*CONFINED, "sh", "-c", check], capture_output=True, text=True, check=False)
    if "Operation not permitted" in tried.stderr:
        pytest.skip("this user may not create a mount namespace")
    assert tried.returncode == 0, tried.stderr
    monkeypatch.setattr(topology, "under", CONFINED)


async def test_a_whole_booking_needs_none(topology: Topology) -> None:
    await topology.start_worker()
    # Its files are in /tmp, which this API does not share with the test.
    child, url = await topology.start_api(processes=API_PROCESSES, dev_issuer_key="/tmp/issuer.pem")
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        client = await ApiClient.authorised(http, "web", EVERY_SCOPE)
        customer = await Customer.arrived(client)
        await customer.book()
        await imports_a_calendar(client, customer)
    child.kill()
    await child.exited()


async def imports_a_calendar(client: ApiClient, customer: Customer) -> None:
    """This starts another process, which reads the file."""
    path = f"/bookme/meetings/{customer.meeting['id']}/ical"
    written = await client.http.post(path, headers=client.headers | {"Accept": "text/calendar"})
    made = await client.post(CALENDARS, {"employeeId": customer.slot["employeeId"], "name": "Outlook"})
    calendar = f"{CALENDARS}/{made.json()['id']}"
    headers = client.headers | {"Content-Type": "text/calendar"}
    answer = await client.http.put(f"{calendar}/file", content=written.content, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["importedAt"]
    await client.http.delete(calendar, headers=client.headers)
