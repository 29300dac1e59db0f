"""Every board, as the files that Grafana reads."""

from __future__ import annotations

import json

from pytest_mlmonitor.outputs.generated.boards.deployment_board import deployment_board
from pytest_mlmonitor.outputs.generated.boards.drift_board import drift_board
from pytest_mlmonitor.outputs.generated.boards.model_board import model_board
from pytest_mlmonitor.outputs.generated.boards.overview_board import overview_board
from pytest_mlmonitor.outputs.generated.boards.panels import document
from pytest_mlmonitor.outputs.generated.boards.pipeline_board import pipeline_board
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

BOARDS = (overview_board, model_board, drift_board, deployment_board, pipeline_board)


def board_files(context: RuleContext) -> dict[str, bytes]:
    """Return the boards by the names of their files."""
    made = [make(context) for make in BOARDS]
    return {f"{board.uid}.json": (json.dumps(document(board), indent=1) + "\n").encode() for board in made}
