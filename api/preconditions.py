"""`If-Match` (RFC 9110 section 13.1.1): a change is made of the version that the client has seen, or not at all."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Header
from pydantic import AfterValidator

from domain.errors import MeetingChanged

ENTITY_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
ENTITY_TAGS: Final = re.compile(rf"\*|{ENTITY_TAG.pattern}(?:[ \t]*,[ \t]*{ENTITY_TAG.pattern})*")


def _entity_tags(value: str | None) -> str | None:
    if value is not None and not ENTITY_TAGS.fullmatch(value.strip()):
        message = 'write an ETag as it was answered, quotes included, as "3"; or *'
        raise ValueError(message)
    return value


IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=500,
        description="The `ETag` that the meeting had: if it was changed since, nothing is done, and the answer is 412.",
    ),
    AfterValidator(_entity_tags),
]


@dataclass(frozen=True, slots=True)
class Precondition:
    """Which versions may be changed; with no `If-Match`, any."""

    if_match: str | None

    @property
    def is_any(self) -> bool:
        return self.if_match is None or self.if_match.strip() == "*"

    def allows(self, sequence: int) -> bool:
        """Weak tags match nothing: the comparison is the strong one."""
        return self.is_any or f'"{sequence}"' in ENTITY_TAG.findall(self.if_match or "")

    def allows_repeat(self, sequence: int) -> bool:
        """Whether a request that would change nothing of this version may be the repeat of the one that made it."""
        return self.allows(sequence) or self.allows(sequence - 1)

    def check(self, sequence: int) -> None:
        """Raise `MeetingChanged` unless this version may be changed."""
        if not self.allows(sequence):
            raise MeetingChanged(sequence)
