"""The dashboards are those of tests/monitoring/dashboards.py, in the schema of Grafana, and complete."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.monitoring.dashboards import DASHBOARDS
from tests.monitoring.names import DASHBOARDS as FILES
from tests.monitoring.names import RECORDED, panels, queries, rules
from tests.monitoring.panels import as_json

dashboards = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def test_the_files_are_as_they_are_written() -> None:
    """`python -m tests.monitoring.dashboards` writes them."""
    assert {file.name: file.read_text() for file in FILES} == DASHBOARDS


@dashboards
def test_grafanas_schema_has_every_member(file: Path) -> None:
    """Grafana's own types, made of its schema, would drop what they do not know."""
    register_default_plugins()
    content = json.loads(file.read_text())
    assert list(dropped(content, as_json(Dashboard.from_json(content)))) == []
    assert content["schemaVersion"] >= 39


def dropped(content: Any, kept: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """The places of JSON that are not the same in `kept`, which may have more members."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from dropped(value, kept.get(name), f"{place}/{name}")
    elif isinstance(content, list):
        for number, (value, other) in enumerate(zip(content, kept, strict=True)):
            yield from dropped(value, other, f"{place}/{number}")
    elif content != kept:
        yield place


@dashboards
def test_every_panel_says_what_it_shows(file: Path) -> None:
    for panel in panels(file):
        assert panel["title"], panel
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"], panel["title"]
        assert all(target["expr"] for target in panel["targets"]), panel["title"]


@dashboards
def test_no_two_panels_share_an_id_a_title_or_a_place(file: Path) -> None:
    content = json.loads(file.read_text())
    numbers = [panel["id"] for panel in content["panels"]]
    assert len(set(numbers)) == len(numbers)
    titles = [panel["title"] for panel in content["panels"]]
    assert len(set(titles)) == len(titles)
    places = [
        (x, y)
        for place in (panel["gridPos"] for panel in content["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) < 24


def test_no_two_dashboards_share_an_id() -> None:
    uids = [json.loads(file.read_text())["uid"] for file in FILES]
    assert len(uids) == len(set(uids)) == 4


def test_every_recorded_series_is_recorded_by_a_rule() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked_for = {name for query in queries() for name in RECORDED.findall(query)}
    assert asked_for == recorded
