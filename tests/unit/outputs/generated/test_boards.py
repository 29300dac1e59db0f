"""Dashboards are in the form of Grafana's schema, and ask only for what we emit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.outputs.generated.policies import generated
from tests.unit.outputs.generated.prometheus_rules.test_rule_file import emitted, families

SCHEMA = Path("/work/shared/schemas/grafana/dashboard.json")


@pytest.fixture
def boards(tmp_path: Path) -> dict[str, Any]:
    files = generated(tmp_path).files
    return {name: json.loads(text) for name, text in files.items() if name.startswith("grafana/dashboards/")}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_there_are_the_boards_that_were_promised(boards: dict[str, Any]) -> None:
    titles = {board["title"].removeprefix("ML monitoring: ") for board in boards.values()}
    assert titles == {"overview", "model performance", "drift", "training and deployment", "pipelines"}


def test_the_pipelines_have_their_rows(boards: dict[str, Any]) -> None:
    rows = [
        one["title"] for one in boards["grafana/dashboards/mlmonitor-pipelines.json"]["panels"] if one["type"] == "row"
    ]
    assert rows == ["Health", "Data quality", "Freshness", "Throughput", "Drift"]


def test_every_board_is_valid_by_grafanas_schema(boards: dict[str, Any]) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA} is not there: Grafana's schema is not part of this repository")
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for name, board in boards.items():
        errors = [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in validator.iter_errors(board)
        ]
        assert errors == [], name


def test_ids_differ_and_places_do_not_overlap(boards: dict[str, Any]) -> None:
    assert len({board["uid"] for board in boards.values()}) == len(boards)
    for board in boards.values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            taken |= cells


def test_panels_ask_only_for_metrics_that_we_emit(boards: dict[str, Any]) -> None:
    asked = {
        name
        for board in boards.values()
        for panel in panels(board)
        for target in panel["targets"]
        for name in families(target["expr"])
    }
    assert "ml_drift_score" in asked
    assert asked - emitted() == set()


def test_every_query_keeps_to_the_chosen_environment_and_joins_copies(boards: dict[str, Any]) -> None:
    for board in boards.values():
        for panel in panels(board):
            for target in panel["targets"]:
                assert 'environment=~"$environment"' in target["expr"], panel["title"]
                assert "max by (" in target["expr"], panel["title"]


def test_limits_of_panels_are_those_of_the_policy(tmp_path: Path) -> None:
    files = generated(tmp_path, "drift.psi_error = 0.33\n").files
    board = json.loads(files["grafana/dashboards/mlmonitor-drift.json"])
    panel = next(one for one in panels(board) if one["title"].startswith("Population stability index"))
    assert [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 0.1, 0.33]
