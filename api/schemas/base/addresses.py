"""Mail addresses and web links in requests. Stored values are shown unchanged, valid or not."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, HttpUrl, TypeAdapter, ValidationError, ValidationInfo

from api.schemas.base.common import Line, Name, UrlText
from domain.mail_addresses import normalised_address

STORED: Final = {"is_stored": True}
"""Validation context of stored values. An address that an older version accepted must not make a row unreadable."""

_HTTP_URL: Final = TypeAdapter(HttpUrl)


def _is_stored(info: ValidationInfo) -> bool:
    return info.context is STORED


def _address(value: str, info: ValidationInfo) -> str:
    return value if _is_stored(info) else normalised_address(value)


def _address_if_any(value: str, info: ValidationInfo) -> str:
    return _address(value, info) if value else value


def _web_link(value: str, info: ValidationInfo) -> str:
    if _is_stored(info):
        return value
    try:
        _HTTP_URL.validate_python(value)
    except ValidationError:
        message = "must be a URL with http or https, such as https://video.example.com/1"
        raise ValueError(message) from None
    return value


MailAddress = Annotated[Name, AfterValidator(_address), Field(json_schema_extra={"format": "email"})]
"""A mail address (RFC 5321) in ASCII. An internationalised domain is stored in its ASCII form."""

OptionalMailAddress = Annotated[Line, AfterValidator(_address_if_any)]
"""A mail address, or an empty string for none."""

WebLink = Annotated[UrlText, AfterValidator(_web_link)]
"""A URL with `http` or `https`."""
