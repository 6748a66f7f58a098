"""HTTP requests to addresses that somebody else has named: only to public ones, so that nobody reaches inside.

The address is checked after the name was resolved, and then connected to, so that a name cannot point elsewhere in
between; redirects come by here again.
"""

import asyncio
import ipaddress
import socket
import ssl
from functools import cache
from typing import Final

import httpx

TIMEOUT: Final = 10.0
"""Seconds: of each of connecting, writing and reading."""

GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given out (RFC 4291). Outside lie loopback, private, site-local (`fec0::/10`) and link-local
addresses, multicast, and IPv4 inside IPv6 (`::/96`, `::ffff:0:0/96`, `64:ff9b::/96`, `64:ff9b:1::/48`)."""

NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # The host of every virtual machine at Azure.
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
"""The special-purpose addresses of IANA's registries, written down: Python's own list changes with its patch level.
Teredo (in `2001::/23`) and 6to4 (`2002::/16`) stand for IPv4 addresses, and are refused whatever these are."""

IPV4: Final = 4

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
    """Whether the address is in the public Internet."""
    is_given_out = address.version == IPV4 or address in GLOBAL_UNICAST
    return is_given_out and not any(address in each for each in NOT_PUBLIC)
