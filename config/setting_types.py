"""Types of the settings, with the checks of their values."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from config.addresses import host_and_port, is_authentic, origin_of
from domain.mail_addresses import normalised_address


def _postgresql(url: SecretStr) -> SecretStr:
    """Check that the URL is one of PostgreSQL. The error must not show the URL, which contains a password."""
    try:
        parsed = make_url(url.get_secret_value())
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() != "postgresql":
        message = "must be like postgresql://user:password@host:port/database"
        raise ValueError(message)
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_postgresql)]
"""`postgresql://user:password@host:port/database`."""


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        message = "must be longer than zero"
        raise ValueError(message)
    return duration


Duration = Annotated[timedelta, AfterValidator(_positive)]
"""ISO 8601 (`PT5M`) or `hh:mm:ss`, longer than zero."""


def _not_negative(duration: timedelta) -> timedelta:
    if duration < timedelta(0):
        message = "must not be negative"
        raise ValueError(message)
    return duration


DurationOrZero = Annotated[timedelta, AfterValidator(_not_negative)]
"""ISO 8601 (`PT5M`) or `hh:mm:ss`, zero or longer."""


def _authentic(address: str) -> str:
    if not is_authentic(address):
        message = (
            "must be https, or http on loopback: over plain http, an attacker on the network could issue any token"
        )
        raise ValueError(message)
    return address


IssuerAddress = Annotated[str, AfterValidator(_authentic)]


def _web_address(address: str) -> str:
    if origin_of(address) is None:
        message = "must be an http or https address, such as https://temporal.example"
        raise ValueError(message)
    return address


WebAddress = Annotated[str, AfterValidator(_web_address)]


ANY_ORIGIN: Final = "*"


def _web_origin(origin: str) -> str:
    is_exact = origin == origin_of(origin) and "*" not in origin
    if not is_exact and origin != ANY_ORIGIN:
        message = "must be an origin as browsers send it, such as https://shop.example: no path, no default port; or *"
        raise ValueError(message)
    return origin


WebOrigin = Annotated[str, AfterValidator(_web_origin)]
"""Scheme, host and port (RFC 6454), or `*`."""


def _with_host_and_port(address: str) -> str:
    host_and_port(address)
    return address


ListeningAddress = Annotated[str, AfterValidator(_with_host_and_port)]
"""`host:port`."""

MailAddress = Annotated[str, AfterValidator(normalised_address)]
