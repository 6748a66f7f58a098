"""Every direct call of a Temporal service says `retry=True`.

Temporal's server closes each connection after some minutes, and a restart closes all. Without `retry`, a call that is
on its way then fails. The methods of `Client` retry by themselves.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.integration.stack.test_clocks import PRODUCT

ROOT: Final = Path(__file__).parents[3]
SERVICES: Final = ("workflow_service", "operator_service")


def service_calls(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield the place of each call of a service's method, and whether the call is retried."""
    for node in ast.walk(ast.parse(file.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Attribute)
            and node.func.value.attr in SERVICES
        ):
            is_retried = any(each.arg == "retry" and ast.unparse(each.value) == "True" for each in node.keywords)
            yield f"{file.relative_to(ROOT)}:{node.lineno}", is_retried


def test_a_call_survives_the_end_of_its_connection() -> None:
    files = (file for package in PRODUCT for file in (ROOT / package).rglob("*.py"))
    calls = dict(call for file in files for call in service_calls(file))
    assert len(calls) >= 8
    assert not [place for place, is_retried in calls.items() if not is_retried]
