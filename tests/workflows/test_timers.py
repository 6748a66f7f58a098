"""Every timer tells operators what it is for: the Temporal UI shows the summary of a timer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import workflows

FOLDER = Path(workflows.__file__).parent

WITHOUT_SUMMARY = {"asyncio.sleep", "asyncio.wait_for", "asyncio.timeout"}
"""Functions that start a timer and take no summary."""


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of this function in the workflows, with its place."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                yield f"{path.name}:{node.lineno}", node


def given(call: ast.Call) -> set[str | None]:
    return {each.arg for each in call.keywords}


def test_a_wait_with_a_time_limit_has_a_summary() -> None:
    limited = [(place, call) for place, call in calls("workflow.wait_condition") if "timeout" in given(call)]
    assert len(limited) >= 3
    assert not [place for place, call in limited if "timeout_summary" not in given(call)]


def test_a_sleep_has_a_summary() -> None:
    assert not [place for place, call in calls("workflow.sleep") if "summary" not in given(call)]


def test_no_timer_is_started_by_other_means() -> None:
    assert not [place for name in WITHOUT_SUMMARY for place, _ in calls(name)]
