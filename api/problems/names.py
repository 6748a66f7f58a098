"""Names of problems: the `reason` of an error answer, or its `code` if the answer has no `reason`."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from importlib import resources
from typing import Any, Final

from api.http.refusals import STATUSES
from api.problems.reasons import OF_REASONS
from api.problems.statuses import OF_CODES
from api.problems.text import ProblemText
from api.schemas.problems import code_of
from domain.errors import Reason

PATH: Final = "/problems"

TEXTS: Final[Mapping[str, ProblemText]] = {**{reason.value: text for reason, text in OF_REASONS.items()}, **OF_CODES}
"""Text about each problem by its name."""

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = json.loads(
    resources.files(__package__).joinpath("examples.json").read_text(encoding="utf-8")
)
"""An error answer of each problem, as the API gave it to a test: `tests/integration/api/http/test_problems.py`.

The `type` of an answer depends on the installation, so the examples have none.
"""

STATUS_OF_CODES: Final[Mapping[str, int]] = {code_of(status): int(status) for status in HTTPStatus}

UNNAMED: Final = "about:blank"
"""The `type` of a problem that has only its status (RFC 9457 section 4.2.1)."""


def type_of(public_url: str, status: int, reason: str | None = None) -> str:
    """Return the `type` of an error answer: the address of the page about its problem.

    `public_url` is the address at which clients reach the API (`BOOKME_PUBLIC_URL`). It may have a path.
    """
    name = reason or code_of(status)
    return f"{public_url.rstrip('/')}{PATH}/{name}" if name in TEXTS else UNNAMED


def example_of(public_url: str, name: str) -> dict[str, Any]:
    """Return an error answer with this problem, as the API at this address gives it."""
    return {"type": f"{public_url.rstrip('/')}{PATH}/{name}", **EXAMPLES.get(name, {})}


def status_of(name: str) -> int:
    """Return the HTTP status of the problem with this name."""
    return int(STATUSES[Reason(name)]) if name in Reason.__members__ else STATUS_OF_CODES[name]
