"""Origins of web pages (RFC 6454), which browsers send with requests to other servers."""

from typing import Final
from urllib.parse import urlsplit

from config.ports import LOOPBACK, is_loopback

SCHEMES: Final = ("http", "https")


def origin_of(address: str) -> str | None:
    """Return the origin of the address as browsers send it, or None if the address is not of the web."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in SCHEMES or not host:
        return None
    is_default = port in {None, {"http": 80, "https": 443}[parts.scheme]}
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if is_default else f":{port}")


def origins_of_ui(ui_url: str) -> list[str]:
    """Return the origins of the pages of a UI at this address. On loopback, both usual names of the host count."""
    origin = origin_of(ui_url)
    if origin is None:
        return []
    parts = urlsplit(origin)
    port = f":{parts.port}" if parts.port else ""
    names = ("localhost", LOOPBACK) if is_loopback(parts.hostname or "") else ()
    return list(dict.fromkeys([origin, *(f"{parts.scheme}://{name}{port}" for name in names)]))
