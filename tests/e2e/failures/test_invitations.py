"""kill -9 of a worker that sends invitations: before a mail goes out, and after the mail server has taken it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devstack.processes import Child
from tests.e2e.customer import Customer, accepted
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient
from tests.support.mail_server import LOOPBACK, MailServer, mail_server

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]

MOMENTS = {"claimed": ("after", 2), "taken by the server": ("before", 3)}
"""The step's transactions: it notes what there is to send; then, for each mail, it claims it and notes its outcome."""


@pytest.fixture
async def post() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


async def mailing_worker(topology: Topology, post: MailServer, module: tuple[str, ...] = ("cli", "worker")) -> Child:
    return await topology.start_worker(
        module=module, smtp_host=LOOPBACK, smtp_port=str(post.port), smtp_security="none"
    )


async def happens(event: str, customer: Customer, client: ApiClient) -> None:
    if event == "create":
        await customer.create_meeting()
    else:
        accepted(await client.http.delete(f"/bookme/meetings/{customer.meeting['id']}", headers=client.headers))


async def all_is_told(topology: Topology, mails: int) -> None:
    async def is_told() -> bool:
        rows = await topology.query("SELECT status FROM invitation")
        return [row["status"] for row in rows] == ["Sent"] * mails

    await topology.until(is_told)


@pytest.mark.parametrize(("event", "moment"), [("create", "claimed"), ("cancel", "taken by the server")])
async def test_each_event_is_told_under_one_message_id(
    topology: Topology, client: ApiClient, post: MailServer, tmp_path: Path, event: str, moment: str
) -> None:
    """Each takes the time of a heartbeat and a lease. Each event and request is in `model_based/test_faults.py`."""
    await mailing_worker(topology, post)
    customer = await Customer.arrived(client, steps=2)
    await customer.book()
    before = 0 if event == "create" else 1
    if before:
        await customer.create_meeting()
        await all_is_told(topology, before)
    where, nth = MOMENTS[moment]
    struck = str(tmp_path / "struck")
    module = ("tests.e2e.programs.dying_worker", "send_invitations", where, "SIGKILL", struck, str(nth))
    death = asyncio.create_task(topology.ended(await mailing_worker(topology, post, module)))
    await happens(event, customer, client)
    assert await death == -9
    await mailing_worker(topology, post)
    await all_is_told(topology, before + 1)
    sent = post.taken[before:]
    # A mail server that takes its time has the claim renewed in between, and the worker then dies before it is taken.
    assert len(sent) in {1, 1 if moment == "claimed" else 2}
    assert len({mail.content for mail in sent}) == 1
    assert len({mail.id for mail in post.taken}) == before + 1
    assert sent[0].told[1:] == ("CANCEL" if event == "cancel" else "REQUEST", before)
