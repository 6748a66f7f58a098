"""Check of the addresses of token issuers and their keys. An attacker who can change an answer can forge any token."""

from urllib.parse import urlsplit

from config.ports import is_loopback


def is_authentic(address: str) -> bool:
    """Return whether no attacker on the network can change an answer from the address: https, or http on loopback."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
