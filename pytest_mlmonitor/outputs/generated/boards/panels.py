"""Panels of Grafana's dashboards, as plain dicts in the order in which they are written.

The form is that of Grafana 11 (schemaVersion 41), which newer versions read. A query aggregates before anything else, as rules
do: one series may be there twice, by a text file and by a Pushgateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA_VERSION = 41
TAG = "mlmonitor"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
HERE = 'environment=~"$environment"'
"""The part of every selector by which a board shows the chosen environments."""

WIDTH = 24
HEIGHT = {"stat": 4, "timeseries": 8, "table": 8, "bargauge": 8}

PanelType = Literal["stat", "timeseries", "table", "bargauge"]


@dataclass(frozen=True)
class Query:
    """A query of a panel.

    Attributes:
        expr: PromQL.
        legend: what its series are called, ``{{label}}`` for the value of a label.
    """

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class ColourLimit:
    """From where on a value has another colour."""

    value: float
    colour: Literal["green", "yellow", "orange", "red"]


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: of it.
        queries: what it shows.
        type: how.
        unit: of the values, as Grafana calls it.
        width: in columns of 24.
        limits: lines or colours, in rising order.
        below: the colour of values below all limits.
        description: what the figure means, and what to do.
        words: texts that stand in the place of values.
        highest: upper end of the axis.
    """

    title: str
    queries: tuple[Query, ...]
    type: PanelType = "timeseries"
    unit: str = "short"
    width: int = 12
    limits: tuple[ColourLimit, ...] = ()
    below: str = "green"
    description: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    highest: float | None = None


@dataclass(frozen=True)
class BoardRow:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Board:
    """A dashboard.

    Attributes:
        uid: by which links find it; never changed.
        title: of it.
        description: for whom it is.
        rows: from top to bottom.
    """

    uid: str
    title: str
    description: str
    rows: tuple[BoardRow, ...]


def one(expr: str, legend: str = "") -> tuple[Query, ...]:
    """Return the queries of a panel that has one."""
    return (Query(expr, legend),)


def stat(title: str, expr: str, **more: Any) -> Panel:
    """Return a panel that shows one number, as it is now."""
    return Panel(title, one(expr), "stat", width=more.pop("width", 4), **more)


def copies(by: Iterable[str], expression: str) -> str:
    """Return each series once, however many copies of it there are."""
    return f"max by ({', '.join(by)}) ({expression})"


def at_most(limit: float) -> tuple[ColourLimit, ...]:
    """Return the limit above which a value is red."""
    return (ColourLimit(limit, "red"),)


def document(board: Board) -> dict[str, Any]:
    """Return a board as Grafana reads it."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": [TAG],
        "timezone": "utc",
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-24h", "to": "now"},
        "refresh": "1m",
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "fiscalYearStartMonth": 0,
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "links": [
            {
                "title": "mlmonitor",
                "type": "dashboards",
                "icon": "external link",
                "tooltip": "",
                "url": "",
                "tags": [TAG],
                "asDropdown": True,
                "targetBlank": False,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "panels": list(_laid_out(board.rows)),
    }


def _variables() -> list[dict[str, Any]]:
    return [
        {
            "type": "datasource",
            "name": "datasource",
            "label": "Prometheus",
            "query": "prometheus",
            "regex": "",
            "refresh": 1,
        },
        {
            "type": "query",
            "name": "environment",
            "label": "environment",
            "datasource": SOURCE,
            "query": 'label_values({__name__=~"ml_.+|mlmonitor_.+"}, environment)',
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        },
    ]


def _laid_out(rows: Sequence[BoardRow]) -> Iterable[dict[str, Any]]:
    number, y = 1, 0
    for row in rows:
        place = {"h": 1, "w": WIDTH, "x": 0, "y": y}
        yield {"type": "row", "id": number, "title": row.title, "collapsed": False, "gridPos": place, "panels": []}
        number, y = number + 1, y + 1
        x = height = 0
        for panel in row.panels:
            if x + panel.width > WIDTH:
                x, y, height = 0, y + height, 0
            place = {"h": HEIGHT[panel.type], "w": panel.width, "x": x, "y": y}
            yield _panel(panel, number, place)
            number, x, height = number + 1, x + panel.width, max(height, HEIGHT[panel.type])
        y += height


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    now = panel.type != "timeseries"
    targets = []
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        target = {"refId": letter, "datasource": SOURCE, "expr": query.expr, "legendFormat": query.legend or "__auto"}
        targets.append(
            {**target, "instant": now, "range": not now, **({"format": "table"} if panel.type == "table" else {})}
        )
    steps: list[dict[str, Any]] = [{"value": None, "color": panel.below}]
    steps += [{"value": limit.value, "color": limit.colour} for limit in panel.limits]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}, "noValue": "–"}
    if panel.words:
        shown = {value: {"text": text, "index": index} for index, (value, text) in enumerate(panel.words.items())}
        defaults["mappings"] = [{"type": "value", "options": shown}]
    if panel.highest is not None:
        defaults |= {"min": 0, "max": panel.highest}
    if panel.type == "timeseries":
        defaults["color"] = {"mode": "palette-classic"}
        # A run every hour is a point every hour: without its line across the gap nothing would be seen.
        defaults["custom"] = {"drawStyle": "line", "fillOpacity": 5, "showPoints": "auto", "spanNulls": True}
        if panel.limits:
            defaults["custom"]["thresholdsStyle"] = {"mode": "dashed"}
    else:
        defaults["color"] = {"mode": "thresholds"}
    made: dict[str, Any] = {
        "type": panel.type,
        "id": number,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": place,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _OPTIONS[panel.type],
    }
    if panel.type == "table":
        hidden = {"Time": True, "__name__": True, "job": True, "instance": True}
        made["transformations"] = [{"id": "organize", "options": {"excludeByName": hidden}}]
    return made


_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: Mapping[str, dict[str, Any]] = {
    "stat": {"reduceOptions": _LAST, "colorMode": "background", "graphMode": "none", "textMode": "auto"},
    "bargauge": {"reduceOptions": _LAST, "displayMode": "gradient", "orientation": "horizontal"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}
