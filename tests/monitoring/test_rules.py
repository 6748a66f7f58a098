"""Prometheus accepts the rules, they do what their own tests say, and each alert has a page."""

import re
import shutil
import subprocess
from typing import Any

import pytest

from tests.monitoring.names import ROOT, RULES, alerts

RUNBOOKS = ROOT / "docs/runbooks"
ALERTS = pytest.mark.parametrize("alert", alerts(), ids=lambda alert: f"{alert['alert']}-{alert['labels']['severity']}")

promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool comes with Debian's package `prometheus`"
)


@promtool
@pytest.mark.ci
@pytest.mark.parametrize("arguments", [("check", "rules", "rules.yml"), ("test", "rules", "rules.test.yml")])
def test_prometheus_accepts_the_rules(arguments: tuple[str, ...]) -> None:
    run = subprocess.run(["promtool", *arguments], cwd=RULES.parent, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@promtool
@pytest.mark.ci
def test_prometheus_accepts_its_configuration() -> None:
    run = subprocess.run(
        ["promtool", "check", "config", "prometheus.yml"], cwd=RULES.parent, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@ALERTS
def test_every_alert_is_tested(alert: dict[str, Any]) -> None:
    tests = (RULES.parent / "rules.test.yml").read_text()
    assert f'alertname="{alert["alert"]}"' in tests


@ALERTS
def test_every_alert_has_a_page_of_its_name(alert: dict[str, Any]) -> None:
    words = re.sub(r"(?<!^)(?=[A-Z])", "-", alert["alert"].removeprefix("BookMe")).lower()
    assert alert["annotations"]["runbook_url"] == f"docs/runbooks/{words}.md"
    assert (RUNBOOKS / f"{words}.md").is_file()
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
