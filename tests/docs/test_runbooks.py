"""Runbooks are complete, and their queries and statements are valid. `tests/e2e/test_runbooks.py` runs the commands."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from typer.main import get_group

from api.app import create_app
from cli.main import app
from config.settings import Settings
from storage.database import Database
from tests.docs.runbooks import PAGES, RUNBOOKS, Block, blocks
from tests.monitoring.names import NAMED, RECORDED, alerts, rules

PARTS = ["Symptom", "What it means for customers", "How to look", "How to mend", "How to know that it is over"]
REPAIRS = {"reset", "rollback", "restore", "engine-lost", "key-rotation"}

COMMAND = r"(?:^|^\$ |`)bookme (\w+)( ([a-z]+(?:-[a-z]+)*))?"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@pages
def test_every_page_has_the_same_parts(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    assert all(part.strip() for part in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:])


def test_every_page_belongs_to_an_alert_or_is_a_repair_and_is_listed() -> None:
    of_alerts = {Path(alert["annotations"]["runbook_url"]).stem for alert in alerts()}
    assert {page.stem for page in PAGES} == of_alerts | REPAIRS
    listed = re.findall(r"\]\(([\w-]+)\.md\)", (RUNBOOKS / "README.md").read_text())
    assert sorted(listed) == [page.stem for page in PAGES]


@pytest.mark.parametrize("alert", sorted({alert["alert"] for alert in alerts()}))
def test_the_list_names_every_alert_with_its_severity(alert: str) -> None:
    severities = ", ".join(each["labels"]["severity"] for each in alerts() if each["alert"] == alert)
    row = rf"^\| `{alert}` \| .* \| {severities} \|$"
    assert re.search(row, (RUNBOOKS / "README.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("block", blocks("sql"), ids=lambda block: block.name)
async def test_every_statement_can_be_made(database: Database, block: Block) -> None:
    async with database.transaction() as session:
        for statement in filter(str.strip, block.text.split(";")):
            await session.execute(sa.text(statement))


@pytest.mark.ci
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's package `prometheus`")
def test_every_query_is_one_of_prometheus(tmp_path: Path) -> None:
    queries = [{"record": f"query_{number}", "expr": block.text} for number, block in enumerate(blocks("promql"))]
    assert queries
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": queries}]}))
    run = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("block", blocks("promql"), ids=lambda block: block.name)
def test_every_query_names_what_rules_name_too(block: Block) -> None:
    """`tests/e2e/test_exported_metrics.py` looks whether the metrics of the rules and dashboards exist."""
    assert set(RECORDED.findall(block.text)) <= {rule["record"] for rule in rules() if "record" in rule}
    assert NAMED.findall(block.text) or RECORDED.findall(block.text)


def test_every_operation_of_the_api_exists() -> None:
    paths = create_app(Settings(dev_issuer=True)).openapi()["paths"]
    named = {each for page in PAGES for each in re.findall(r"`(GET|POST|PATCH|DELETE) (/[^ `]+)`", page.read_text())}
    assert named
    assert [each for each in named if each[0].lower() not in paths.get(each[1], {})] == []


def test_every_command_of_bookme_exists() -> None:
    commands = get_group(app).commands
    for page in PAGES:
        for command, _, sub in re.findall(COMMAND, page.read_text(), re.MULTILINE):
            found = commands.get(command)
            assert found is not None, f"{page.name}: bookme {command}"
            if sub and hasattr(found, "commands"):
                assert sub in found.commands, f"{page.name}: bookme {command} {sub}"


def test_every_block_is_of_a_known_kind() -> None:
    kinds = {kind for page in PAGES for kind in re.findall(r"^```(\w+)$", page.read_text(), re.MULTILINE)}
    assert kinds == {"console", "promql", "sh", "sql"}
