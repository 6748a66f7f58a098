"""Finds the member of a request that has an unknown id. Clients use several names for one kind of resource."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from fastapi import Request

from api.schemas.base.ids import parse_uuid, shortened
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
"""Words for kinds in the contract's second vocabulary, by the beginning of the member's name."""


class Member(NamedTuple):
    """A string of the query or of the body, its name, and a JSON Pointer (RFC 6901) to it."""

    name: str
    pointer: str
    value: str


@dataclass(frozen=True, slots=True)
class SentId:
    """A member of a request whose value is an id. `place` is where the client sent the member: `query` or `body`."""

    place: str
    member: Member

    def in_clients_words(self, error: NotFound) -> str:
        """Return the error's message with the client's word for the kind, and with the name of the member."""
        name, kind = self.member.name, str(error.facts["kind"])
        word = next((word for start, word in SYNONYMS.items() if name.startswith(start)), kind)
        return f"{error.message.removesuffix('.').replace(kind, word, 1)} ({name})."


def find_sent(request: Request, error: NotFound) -> SentId | None:
    """Return the member that has the unknown id. None if the path has the id, or if no member has it."""
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
    """Yield every string of the body, in order. The path of a patch operation gives the name of its value."""
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
