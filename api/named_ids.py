"""Under which name a request has an id that does not exist: clients use several names for one thing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from fastapi import Request

from api.schemas.ids import parse_uuid, shortened
from domain.errors import NotFound

NAMES: Final = {
    "employee": ("employee", "members"),
    "room": ("room",),
    "topic": ("topic", "theme", "parentid"),
    "customer type": ("customertype", "customercategory"),
    "location": ("location",),
    "meeting": ("meeting",),
    "time slot": ("timeslot",),
    "competence group": ("parentid",),
    "service group": ("servicegroup",),
}
"""Parts of the names, in lower case, under which clients send the id of each kind."""

SYNONYMS: Final = {"theme": "theme", "customerCategory": "customer category"}
"""Beginnings of names in the other vocabulary, and their words."""


class Member(NamedTuple):
    """A string of the query or of the body, its name, and a JSON Pointer (RFC 6901) to it."""

    name: str
    pointer: str
    value: str


@dataclass(frozen=True, slots=True)
class SentId:
    """Where a request has an id: `place` is `query` or `body`."""

    place: str
    member: Member

    def in_clients_words(self, error: NotFound) -> str:
        """The error's message with the word that the client used, and the member's name."""
        name, kind = self.member.name, str(error.facts["kind"])
        word = next((word for start, word in SYNONYMS.items() if name.startswith(start)), kind)
        return f"{error.message.removesuffix('.').replace(kind, word, 1)} ({name})."


def find_sent(request: Request, error: NotFound) -> SentId | None:
    """The member that has the id; None where the path has it, or nothing."""
    identity = _comparable(str(error.facts["id"]))
    if identity in map(_comparable, request.path_params.values()):
        return None
    query = [Member(name, f"/{name}", value) for name, value in request.query_params.multi_items()]
    body = _strings(getattr(request.state, "body", None))
    found = [
        SentId(place, member)
        for place, members in (("query", query), ("body", body))
        for member in members
        if identity in map(_comparable, member.value.split(","))
    ]
    names = NAMES.get(str(error.facts["kind"]), ())
    fitting = (sent for sent in found if any(name in sent.member.name.lower() for name in names))
    return next(fitting, found[0] if found else None)


def _comparable(text: str) -> str:
    return str(parse_uuid(text) or shortened(text))


def _strings(body: Any) -> Iterator[Member]:  # noqa: ANN401 - any JSON
    """Every string of the body, in its order. The value of a patch operation is named as its path says."""
    rest = [("", "", body)]
    while rest:
        name, pointer, value = rest.pop()
        if isinstance(value, str):
            yield Member(name, pointer, value)
        elif isinstance(value, list):
            rest += [(name, f"{pointer}/{index}", each) for index, each in reversed([*enumerate(value)])]
        elif isinstance(value, dict):
            path = value.get("path")
            target = path.rpartition("/")[2] if isinstance(path, str) else "value"
            members = [(target if key == "value" else key, f"{pointer}/{key}", each) for key, each in value.items()]
            rest += reversed(members)
