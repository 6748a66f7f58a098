"""Names of metrics in the dashboards and in the rules, and those that a process exports."""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
RULES: Final = ROOT / "deploy/prometheus/rules.yml"
DASHBOARDS: Final = sorted((ROOT / "deploy/grafana").glob("*.json"))

NAMED: Final = re.compile(r"\b(?:bookme|temporal)_\w+")
RECORDED: Final = re.compile(r"\bbookme:[\w:]+")
EXPORTED: Final = re.compile(r"^(\w+)(?:\{.*\})? \S+$", re.MULTILINE)

Json = dict[str, Any]


def rules() -> list[Json]:
    """All recording rules and alerts."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def alerts() -> list[Json]:
    return [rule for rule in rules() if "alert" in rule]


def panels(dashboard: Path) -> list[Json]:
    """The panels of a dashboard, without its rows."""
    return [panel for panel in json.loads(dashboard.read_text())["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    """All queries of the rules and of the dashboards."""
    shown = [target["expr"] for each in DASHBOARDS for panel in panels(each) for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules()), *shown]


def named_metrics() -> set[str]:
    """Metrics that rules and dashboards take from BookMe and from the SDK."""
    return {name for query in queries() for name in NAMED.findall(query)}


def exported_metrics(exposition: str) -> set[str]:
    """Metrics that have at least one sample in the text format of Prometheus."""
    return set(EXPORTED.findall(exposition))
