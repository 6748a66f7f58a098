"""Checks of network addresses, and origins of web pages (RFC 6454), which browsers send to other servers."""

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from config.ports import HIGHEST, LOOPBACK

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def host_and_port(address: str) -> tuple[str, int]:
    """Split `host:port`. An IPv6 host is in brackets, which the result does not have.

    Raises:
        ValueError: the address has no host, or no port from 1 to 65535.

    """
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal()) or not 0 < int(port) <= HIGHEST:
        raise ValueError("must be host:port, such as 0.0.0.0:9464")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_authentic(address: str) -> bool:
    """Return whether no attacker on the network can change an answer from the address: https, or http on loopback.

    An attacker who can change the answers of a token issuer can forge any token.
    """
    parts = _web_address(address)
    return parts is not None and (parts.scheme == "https" or is_loopback(parts.hostname or ""))


def origin_of(address: str) -> str | None:
    """Return the origin of the address as browsers send it, or None if the address is not of the web."""
    parts = _web_address(address)
    if parts is None:
        return None
    host = parts.hostname or ""
    is_default = parts.port in {None, DEFAULT_PORTS[parts.scheme]}
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if is_default else f":{parts.port}")


def origins_of_ui(ui_url: str) -> list[str]:
    """Return the origins of the pages of a UI at this address. On loopback, both usual names of the host count."""
    origin = origin_of(ui_url)
    if origin is None:
        return []
    parts = urlsplit(origin)
    port = f":{parts.port}" if parts.port else ""
    names = ("localhost", LOOPBACK) if is_loopback(parts.hostname or "") else ()
    return list(dict.fromkeys([origin, *(f"{parts.scheme}://{name}{port}" for name in names)]))


def _web_address(address: str) -> SplitResult | None:
    """Return the parts of an http or https address with a host, or None for another address."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # raises for a port that is no number
    except ValueError:
        return None
    return parts if parts.scheme in DEFAULT_PORTS and host else None
