"""HTTP requests to addresses that somebody else has named: only to public ones, so that nobody reaches inside.

The address is checked after the name was resolved, and then connected to, so that a name cannot point elsewhere in
between; redirects come by here again.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from functools import cache
from typing import Final

import httpx

TIMEOUT: Final = 10.0
"""Seconds: of each of connecting, writing and reading."""

NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(httpx.ConnectError):
    """The host has no public address."""


def outbound_client(*, private_too: bool) -> httpx.AsyncClient:
    """A client for URLs that others name, at private addresses too if the operator wants that."""
    transport = httpx.AsyncHTTPTransport(verify=trusted(), limits=httpx.Limits(max_keepalive_connections=0))
    return httpx.AsyncClient(
        transport=transport if private_too else PublicAddresses(transport),
        timeout=TIMEOUT,
        follow_redirects=True,
        max_redirects=5,
        headers={"User-Agent": "BookMe"},
        trust_env=False,
    )


@cache
def trusted() -> ssl.SSLContext:
    """Whom TLS trusts. It takes long to read."""
    return httpx.create_ssl_context()


class PublicAddresses(httpx.AsyncBaseTransport):
    """Sends requests to public addresses alone. `inner` must not keep connections: to it, hosts are addresses."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it to the address that was checked, under the name that was asked for.

        Raises:
            ForbiddenAddress: the host has no public address, or one that is not.

        """
        host = request.url.host
        address = await public_address(host, request.url.port)
        # A request of its own: where a redirect leads is reckoned from the one that came in.
        checked = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(checked)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def public_address(host: str, port: int | None) -> str:
    """An address of the host; every one that it has must be public.

    Raises:
        ForbiddenAddress: one of them is not, or there is none.

    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ForbiddenAddress(f"{host} has no address") from error
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(is_public(ipaddress.ip_address(each)) for each in addresses):
        raise ForbiddenAddress(f"{host} has an address that is not public")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether it is in the public Internet, and so is every address that it stands for."""
    return all(each.is_global and not each.is_multicast for each in _meant_by(address))


def _meant_by(address: Address) -> Iterator[Address]:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        yield mapped
        return
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        yield from filter(None, (address.sixtofour, *(address.teredo or ())))
        if address in NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
