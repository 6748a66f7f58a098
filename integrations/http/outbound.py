"""HTTP requests to URLs that others have named: only to public addresses, so that nobody reaches the internal network.

The name is resolved, the address is checked, and the connection is made to this address. So a name cannot point to
another address in between. Redirects are checked in the same way.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from functools import cache
from typing import Final

import httpx

TIMEOUT: Final = 10.0
"""Seconds for each of connecting, writing and reading."""

GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All IPv6 addresses that are assigned (RFC 4291). Outside are loopback, private, site-local (`fec0::/10`) and
link-local addresses, multicast, and IPv4 inside IPv6 (`::/96`, `::ffff:0:0/96`, `64:ff9b::/96`, `64:ff9b:1::/48`)."""

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
"""Special-purpose addresses of IANA's registries. The list is fixed here, because Python's own list changes with its
patch level. Teredo (in `2001::/23`) and 6to4 (`2002::/16`) contain IPv4 addresses, and are refused whatever these
are."""

IPV4: Final = 4

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Traced = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]


class ForbiddenAddress(httpx.ConnectError):
    """The host has no address, or an address that is not public."""


def outbound_client(*, private_too: bool, traced: Traced = lambda inner: inner) -> httpx.AsyncClient:
    """Return a client for URLs that others name. With `private_too`, the client also connects to private addresses.

    `traced` returns a transport that creates a span for each request.
    """
    transport = httpx.AsyncHTTPTransport(verify=trusted(), limits=httpx.Limits(max_keepalive_connections=0))
    return httpx.AsyncClient(
        transport=traced(transport if private_too else PublicAddresses(transport)),
        timeout=TIMEOUT,
        follow_redirects=True,
        max_redirects=5,
        headers={"User-Agent": "BookMe"},
        trust_env=False,
    )


@cache
def trusted() -> ssl.SSLContext:
    """Return the TLS context with the trusted certificates. The context is cached, because loading takes long."""
    return httpx.create_ssl_context()


class PublicAddresses(httpx.AsyncBaseTransport):
    """Sends requests only to public addresses.

    `inner` must not keep connections: it knows hosts only by address, so it could reuse a connection for another host.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the checked address, with the requested name for TLS.

        Raises:
            ForbiddenAddress: the host has no address, or an address that is not public.

        """
        host = request.url.host
        address = await public_address(host, request.url.port)
        # A new request: httpx resolves redirects against the URL of the original one, which must stay unchanged.
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
    """Return an address of the host. Every address of the host must be public.

    Raises:
        ForbiddenAddress: the host has no address, or an address that is not public.

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
    """Return whether the address is in the public Internet."""
    is_given_out = address.version == IPV4 or address in GLOBAL_UNICAST
    return is_given_out and not any(address in each for each in NOT_PUBLIC)
