"""With BOOKME_PAYLOAD_KEY set, what customers say of themselves is not readable in Temporal."""

import base64
import os

import httpx
import pytest

from tests.e2e.customer import Customer
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient
from workflows.booking.messages import BookingStatus

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]

PERSONAL = {
    "description": "Wants to talk about Kirsten's divorce",
    "customerId": "CPR-010203-4711",
    "title": "Separation",
}


def appearances(text: str) -> list[str]:
    """The text, and what of it would be in base64, wherever it stands in the encoded bytes."""
    return [text] + [base64.b64encode(b" " * shift + text.encode())[4:-4].decode() for shift in range(3)]


async def test_no_personal_data_is_readable_in_the_history(topology: Topology) -> None:
    key = base64.b64encode(os.urandom(32)).decode()
    await topology.start_worker(payload_key=key, task_queue="encrypted")
    _, url = await topology.start_api(payload_key=key, task_queue="encrypted")
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        client = await ApiClient.authorised(http, "demo")
        customer = await Customer.arrived(client, steps=2)
        await customer.book()
        meeting = (await client.create_meeting(customer.slot, **PERSONAL)).json()
    assert (meeting["description"], meeting["customerId"]) == (PERSONAL["description"], PERSONAL["customerId"])
    run = await topology.booking(customer.slot["id"], payload_key=key)
    assert (await run.result()).status is BookingStatus.MEETING_CREATED
    history = (await (await topology.booking(customer.slot["id"])).fetch_history()).to_json()
    assert "create_meeting" in history
    for text in PERSONAL.values():
        assert not [found for found in appearances(text) if found in history]
