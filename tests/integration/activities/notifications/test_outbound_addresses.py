"""Addresses that others name lead to the public Internet, or nowhere."""

import ipaddress
from collections.abc import AsyncIterator

import httpx
import pytest

from integrations.http.outbound import ForbiddenAddress, PublicAddresses, is_public, outbound_client
from tests.support.feed_server import FeedServer, feed_server


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::1"),
        # IPv4 inside IPv6, whatever it is.
        *(
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::808:808",
            "::8.8.8.8",
            "2002:808:808::1",
            "::ffff:0:8.8.8.8",
        ),
        *("fec0::1", "feff::1", "fe80::1%lo", "100::1", "5f00::1", "4000::1", "2001::1", "2001:1ff::1", "3fff::1"),
        *("192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.0.192", "168.63.129.16", "192.0.2.1", "192.88.99.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "239.1.1.1", "240.0.0.1", "100.127.255.255", "0.1.2.3"),
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("93.184.216.34", "8.8.8.8", "168.63.129.15", "168.63.129.17", "100.128.0.1", "192.0.1.1", "172.32.0.1"),
        *("2606:2800:220:1::1", "2001:200::1", "2a00:1450::1", "2003::1"),
    ],
)
def test_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.fixture
async def inside() -> AsyncIterator[FeedServer]:
    async with feed_server() as server:
        yield server


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0", "2130706433", "0x7f.1"]
)
async def test_the_inside_cannot_be_reached(inside: FeedServer, host: str) -> None:
    async with outbound_client(private_too=False) as client:
        with pytest.raises(ForbiddenAddress):
            await client.get(inside.url.replace("127.0.0.1", host))
    assert inside.requests == []


async def test_unless_the_operator_wants_that(inside: FeedServer) -> None:
    async with outbound_client(private_too=True) as client:
        assert (await client.get(inside.url)).status_code == 200


async def test_a_redirect_does_not_lead_inside(inside: FeedServer) -> None:
    def outside(request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == "93.184.216.34"
        return httpx.Response(302, headers={"Location": inside.url})

    transport = PublicAddresses(httpx.MockTransport(outside))
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
        with pytest.raises(ForbiddenAddress):
            await client.get("http://93.184.216.34/")
    assert inside.requests == []


async def test_what_is_connected_to_is_what_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def outside(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(301, headers={"Location": "/there"}) if len(seen) == 1 else httpx.Response(200)

    async def resolve(host: str, _port: int | None) -> str:
        assert host == "calendar.example"
        return "93.184.216.34"

    monkeypatch.setattr("integrations.http.outbound.public_address", resolve)
    async with httpx.AsyncClient(
        transport=PublicAddresses(httpx.MockTransport(outside)), follow_redirects=True
    ) as client:
        answer = await client.get("https://calendar.example/here")
    assert str(answer.url) == "https://calendar.example/there"
    for request in seen:
        assert request.url.host == "93.184.216.34"
        assert request.headers["host"] == "calendar.example"
        assert request.extensions["sni_hostname"] == "calendar.example"
