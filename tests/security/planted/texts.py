"""Texts that occur nowhere else, to be planted where something personal or secret enters, and the search for them."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from uuid import uuid4


@dataclass
class Markers:
    """By what they stand for. One that is asked for is made; one that the product made is told."""

    texts: dict[str, str] = field(default_factory=dict)

    def __call__(self, what: str) -> str:
        return self.texts.setdefault(what, f"planted{uuid4().hex}")

    def tell(self, what: str, text: str) -> str:
        return self.texts.setdefault(what, text)


@dataclass(frozen=True)
class Place:
    """Where somebody looks, and what is known to be there: whoever does not find that has looked nowhere."""

    name: str
    content: str
    known: tuple[str, ...]

    def without(self, *ids: str) -> "Place":
        """Without the ids in which a name may be. Only these: the name alone stays, and is found."""
        pattern = "|".join(map(re.escape, sorted(ids, key=len, reverse=True)))
        return Place(self.name, re.sub(pattern, "(an id)", self.content) if ids else self.content, self.known)


FORMS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    quote,
    lambda text: json.dumps(text)[1:-1],
    lambda text: text.encode().hex(),
    *(
        # In the middle of a longer text, wherever its groups of three bytes begin.
        lambda text, shift=shift: base64.b64encode(b" " * shift + text.encode())[4:-4].decode()
        for shift in range(3)
    ),
)
"""How a text looks where others write it down."""


def found_in(place: Place, markers: Mapping[str, str]) -> Iterator[str]:
    """Each marker that is there, in words."""
    for what, text in markers.items():
        at = next((at for form in FORMS if (at := place.content.find(form(text))) >= 0), None)
        if at is not None:
            yield f"{what} in {place.name}: {place.content[max(0, at - 160) : at + 80]!r}"


def not_looked_at(place: Place) -> Iterator[str]:
    """What is known to be there, and is not."""
    yield from (f"{known!r} is not in {place.name}" for known in place.known if known not in place.content)
