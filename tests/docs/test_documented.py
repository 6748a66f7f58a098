"""Documentation that would otherwise rot: fails when something is undocumented, or documented and gone."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.auth.principals import Scope
from cli.admin import admin
from cli.main import app
from config.settings import Settings
from storage.bookings.events import EventKind
from tests.docs import problems_page, settings_table
from workflows.booking.messages import BookingStatus
from workflows.common import search_attributes
from workflows.common.saved_queries import SavedQuery, saved_queries

ROOT = Path(__file__).parents[2]
OPERATIONS = "\n".join(page.read_text() for page in sorted(ROOT.glob("docs/operations/*.md")))
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
API = (ROOT / "docs/api.md").read_text()
DECISIONS = ROOT / "docs/decisions"
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
ADMIN_COMMANDS = [each.name or each.callback.__name__ for each in admin.registered_commands if each.callback]
GROUPS = {group.name for group in app.registered_groups}


@pytest.mark.parametrize("row", settings_table.rows(), ids=lambda row: row.split("`")[1])
def test_every_setting_is_documented_with_its_default(row: str) -> None:
    assert row in OPERATIONS


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"BOOKME_([A-Z_]+)", OPERATIONS))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_every_command_is_documented() -> None:
    assert set(re.findall(r"^\| `bookme (\w+)`", OPERATIONS, re.MULTILINE)) == COMMANDS | GROUPS


def test_every_admin_command_is_documented() -> None:
    documented = re.findall(r"^\| `bookme admin ([\w-]+)`", OPERATIONS, re.MULTILINE)
    assert set(documented) == {name.replace("_", "-") for name in ADMIN_COMMANDS}


@pytest.mark.parametrize("key", search_attributes.ALL, ids=lambda key: key.name)
def test_every_search_attribute_is_documented(key: object) -> None:
    assert f"| `{getattr(key, 'name', key)}` |" in OPERATIONS


@pytest.mark.parametrize("saved", saved_queries(datetime(2026, 11, 23, 12, tzinfo=UTC)), ids=lambda saved: saved.title)
def test_every_saved_query_is_documented(saved: SavedQuery) -> None:
    assert f"| {saved.title} | `{saved.query}` | {saved.explanation} |" in OPERATIONS


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_is_documented(scope: Scope) -> None:
    assert f"| `{scope}` |" in OPERATIONS


def test_every_problem_is_documented() -> None:
    assert problems_page.PAGE.read_text(encoding="utf-8") == problems_page.page()


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_is_documented(kind: EventKind) -> None:
    assert f"`{kind}`" in API


@pytest.mark.parametrize("status", sorted(set(BookingStatus) - {BookingStatus.FAILED}))
def test_every_state_is_in_the_diagram(status: BookingStatus) -> None:
    assert re.search(rf"\b{status}\b", ARCHITECTURE.split("stateDiagram-v2")[1].split("```")[0])


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (DECISIONS / "README.md").read_text()))
    assert listed == {path.name for path in DECISIONS.glob("0*.md")}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text())
    assert [link for link in links if not leads_somewhere(page, link)] == []
