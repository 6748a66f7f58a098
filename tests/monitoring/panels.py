"""Panels and dashboards of Grafana, made of the types that Grafana publishes for its schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The data source that the reader of a dashboard has chosen."""

FULL_WIDTH: Final = 24
"""Columns of a dashboard."""


@dataclass(frozen=True)
class Panel:
    """A panel: its title, what it shows, the unit of Grafana, and the queries by the names of their lines.

    A panel `as_number` shows the last value of its query, and no line.
    """

    title: str
    description: str
    unit: str
    queries: Mapping[str, str]
    as_number: bool = False

    def built(self, number: int, width: int) -> stat.Panel | timeseries.Panel:
        """Return the panel of Grafana. `number` is its id in the dashboard, `width` is in columns."""
        panel = stat.Panel().height(4) if self.as_number else timeseries.Panel().height(8).min(0)
        panel.id(number).title(self.title).description(self.description).unit(self.unit)
        panel.datasource(PROMETHEUS).span(width)
        for letter, (legend, query) in zip("ABCDEFGH", self.queries.items(), strict=False):
            target = Dataquery().ref_id(letter).expr(query).legend_format(legend).datasource(PROMETHEUS)
            panel.with_target(target.instant() if self.as_number else target.range())
        return panel


def number(title: str, description: str, unit: str, query: str) -> Panel:
    """Return a panel that shows one number."""
    return Panel(title, description, unit, {"": query}, as_number=True)


def dashboard(uid: str, title: str, description: str, rows: Mapping[str, list[Panel]]) -> str:
    """Return the JSON of a dashboard with these rows of panels."""
    source = DatasourceVariable("datasource").label("Data source").type("prometheus")
    board = Dashboard(title).uid(uid).description(description).tags(["bookme"]).timezone("browser")
    board.readonly().refresh("1m").time("now-6h", "now").with_variable(source)
    numbers = iter(range(1, 1000))
    for heading, panels in rows.items():
        board.with_row(Row(heading).id(next(numbers)))
        # Numbers stand side by side, and two other panels in each line.
        width = FULL_WIDTH // max(2, sum(each.as_number for each in panels))
        for panel in panels:
            board.with_panel(panel.built(next(numbers), width))
    return f"{json.dumps(as_json(board.build()), indent=2)}\n"


def as_json(model: object) -> Any:  # noqa: ANN401 - JSON
    """Return a model of Grafana as plain JSON."""
    return json.loads(JSONEncoder(sort_keys=True).encode(model))
