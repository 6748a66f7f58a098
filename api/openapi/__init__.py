"""The OpenAPI document that clients are generated from."""

from api.openapi.document import LICENCE, TAGS, contact, description, documented
from api.openapi.headers import refer, sends, sends_version

__all__ = ["LICENCE", "TAGS", "contact", "description", "documented", "refer", "sends", "sends_version"]
