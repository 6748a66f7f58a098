"""Access to the tools by HTTP: tokens, missing scopes, sessions of others, and hostile arguments."""

import re
from typing import Any, Final
from uuid import uuid4

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.agents.conftest import CUSTOMER, HttpServer, Model
from tests.support.clients import SECRET

pytestmark = pytest.mark.ci

LIST: Final = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.mark.parametrize(
    ("headers", "error"),
    [({}, None), ({"Authorization": "Bearer nonsense"}, "invalid_token"), ({"Authorization": "Basic eDp5"}, None)],
)
async def test_without_a_token_the_challenge_leads_to_the_issuer(
    mcp_http: HttpServer, headers: dict[str, str], error: str | None
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(mcp_http.url, json=LIST, headers=headers)
        assert answer.status_code == 401
        challenge = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["WWW-Authenticate"]))
        assert (challenge.get("error"), challenge["scope"]) == (error, "bookme.read bookme.book")
        metadata = (await http.get(challenge["resource_metadata"])).json()
    assert metadata["resource"] == mcp_http.url
    assert metadata["authorization_servers"] == [mcp_http.issuer]
    assert metadata["scopes_supported"] == ["bookme.read", "bookme.book"]


async def test_a_client_finds_the_issuer_and_its_token_by_itself(mcp_http: HttpServer) -> None:
    """401, metadata of the resource, metadata of the issuer, token. The development issuer has no page to sign in, so
    this is not left to the SDK, which wants one.
    """
    async with httpx.AsyncClient(trust_env=False) as http:
        challenge = (await http.post(mcp_http.url, json=LIST)).headers["WWW-Authenticate"]
        resource = (await http.get(re.findall('resource_metadata="(.*?)"', challenge)[0])).json()
        (issuer,) = resource["authorization_servers"]
        metadata = (await http.get(f"{issuer}/.well-known/oauth-authorization-server")).json()
        assert metadata["issuer"] == issuer
        form = {"grant_type": "client_credentials", "scope": " ".join(resource["scopes_supported"])}
        answer = await http.post(metadata["token_endpoint"], data=form, auth=("demo", SECRET))
    authorised = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    async with (
        httpx2.AsyncClient(headers=authorised, trust_env=False, timeout=30) as found,
        Client(streamable_http_client(resource["resource"], http_client=found)) as client,
    ):
        assert (await Model(client).result("find_topics"))["time_zone"] == "Europe/Copenhagen"
        assert "confirm" in (client.instructions or "")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://evil.example"}, 403), ({"Host": "evil.example"}, 421), ({"Content-Type": "text/plain"}, 400)],
)
async def test_pages_of_other_origins_are_refused(mcp_http: HttpServer, headers: dict[str, str], status: int) -> None:
    usual = {"Authorization": f"Bearer {await mcp_http.token()}", "Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(mcp_http.url, json=LIST, headers=usual | headers)
    assert answer.status_code == status


async def test_a_session_of_another_client_is_refused(mcp_http: HttpServer) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    usual = {"Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(trust_env=False) as http:
        body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        mine = usual | {"Authorization": f"Bearer {await mcp_http.token('one')}"}
        opened = await http.post(mcp_http.url, json=body, headers=mine)
        session = {"Mcp-Session-Id": opened.headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-06-18"}
        other = usual | session | {"Authorization": f"Bearer {await mcp_http.token('two')}"}
        assert (await http.post(mcp_http.url, json=LIST, headers=other)).status_code in {403, 404}


async def test_a_tool_names_the_scope_that_its_token_lacks(mcp_http: HttpServer) -> None:
    async with mcp_http.model(scope="bookme.read") as model:
        offer = (await model.offers())[0]
        assert "bookme.book" in await model.refusal("hold_time_slot", **offer, customer_id=CUSTOMER)
        when = {name: offer[name] for name in ("start", "employee_id")}
        assert "bookme.staff" in await model.refusal("explain_unavailable", **when)
    async with mcp_http.model(scope="bookme.read bookme.book") as model:
        await model.result("hold_time_slot", **offer, customer_id=CUSTOMER)
    async with mcp_http.model(scope="bookme.read bookme.staff") as staff:
        explained = await staff.result("explain_unavailable", **when)
    assert not explained["offered"]
    assert any(each.startswith("EMPLOYEE_TAKEN") for each in explained["reasons"])


HOSTILE: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("confirm", {"hold_id": "../../meetings", "customer_id": CUSTOMER}),
    ("confirm", {"hold_id": str(uuid4()), "customer_id": CUSTOMER, "user_agreed": True}),
    ("confirm", {"hold_id": str(uuid4()), "customer_id": "x\x00\u202ey", "user_agreed": True}),
    ("confirm", {"hold_id": str(uuid4()), "customer_id": "x" * 100_000}),
    ("confirm", {"hold_id": {"$ne": None}, "customer_id": ["a"]}),
    ("cancel_meeting", {"meeting_id": "' OR 1=1 --", "user_agreed": True}),
    ("cancel_meeting", {"meeting_id": str(uuid4()), "user_agreed": True}),
    ("move_meeting", {"meeting_id": str(uuid4()), "new_start": "0001-01-01T00:00:00", "user_agreed": True}),
    ("find_time_slots", {"topic_id": str(uuid4()), "customer_type_id": str(uuid4()), "meeting_type": "online"}),
    ("find_time_slots", {"topic_id": str(uuid4()), "customer_type_id": str(uuid4()), "meeting_type": "séance"}),
    ("find_time_slots", {"days": -1}),
    ("look_up_outcome", {}),
    ("no_such_tool", {}),
)


async def test_hostile_arguments_are_refused_in_words(mcp_http: HttpServer) -> None:
    async with mcp_http.model() as model:
        offer = (await model.offers())[0]
        hold = ("hold_time_slot", offer | {"customer_id": CUSTOMER, "start": "9999-12-31T23:59:00Z"})
        long_ago = ("hold_time_slot", offer | {"customer_id": CUSTOMER, "start": "0001-01-01T00:00:00+14:00"})
        for tool, arguments in (*HOSTILE, hold, long_ago):
            refused = await model.refusal(tool, **arguments)
            assert refused != f"Error executing tool {tool}", (tool, arguments)
            assert len(refused) < 2000
        assert (await model.result("find_topics"))["topics"]
