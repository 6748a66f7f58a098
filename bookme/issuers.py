"""Addresses of token issuers and their keys: whoever can change the answer on its way can make any token."""

from urllib.parse import urlsplit

from bookme.stack.ports import is_loopback


def is_authentic(address: str) -> bool:
    """Whether nobody on the way can change what is read there: https, or http that does not leave this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
