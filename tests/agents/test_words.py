import json
import re
from pathlib import Path

import pytest
from bookme_client import AsyncBookMe

from agents.plan import BookingPlan
from agents.server import TOOLS, create_server
from agents.words import LONGEST, as_data
from config.settings import Settings


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Advice", "Advice"),
        ("Two\nlines\r\n\tand\u2028more", "Two lines and more"),
        ("hidden\U000e0069\U000e0067 tags\u200b and \u202ebidi", "hidden tags and bidi"),
        ("x" * 500, "x" * LONGEST + "…"),
        (None, None),
    ],
)
def test_texts_of_people_are_one_visible_line(text: str | None, shown: str | None) -> None:
    assert as_data(text) == shown


@pytest.mark.parametrize(
    "token", ["", "order-1234", "agent.x.y.z.1", "agent..online.20261201T090000Z.60.f00d", "agent" * 20]
)
def test_tokens_of_other_programs_have_no_plan(token: str) -> None:
    assert BookingPlan.of_token(token) is None


async def test_each_tool_tells_what_it_changes() -> None:
    server = create_server(AsyncBookMe("http://127.0.0.1:1", token="none"))
    tools = await server.list_tools()
    assert [each.name for each in tools] == [tool.__name__ for _, tool, _ in TOOLS]
    for each in tools:
        assert each.description
        assert each.output_schema
        assert each.annotations is not None
        changes = "user_agreed" in each.input_schema["properties"]
        assert bool(each.annotations.destructive_hint) is changes
        assert (each.annotations.read_only_hint or each.annotations.idempotent_hint) is True
        assert "agreement" not in each.input_schema["properties"]


GUIDE = (Path(__file__).parents[2] / "docs/agents.md").read_text()


@pytest.mark.parametrize("name", ["stdio", "stdio-production", "http"])
def test_the_documented_configurations_name_what_exists(name: str) -> None:
    (text,) = re.findall(rf"<!-- {name} -->\n```json\n(.*?)```", GUIDE, re.DOTALL)
    server = json.loads(text)["mcpServers"]["bookme"]
    assert server.get("args", ["bookme", "mcp"])[-2:] == ["bookme", "mcp"]
    assert server.get("url", "/mcp").endswith("/mcp")
    assert {each.removeprefix("BOOKME_").lower() for each in server.get("env", {})} <= set(Settings.model_fields)


def test_every_tool_is_documented_with_its_scope() -> None:
    documented = re.findall(r"^\| `(\w+)` \|.*\| `bookme\.(?:read|book|staff)` \|$", GUIDE, re.MULTILINE)
    assert documented == [tool.__name__ for _, tool, _ in TOOLS]
