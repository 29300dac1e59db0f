"""Runs in lists and lines, whoever wrote them: ids that do not tell them apart, and runs without figures, are said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sources.judging import verdict, write_json

NOW = "2026-11-28T10:30:00Z"
POLICY = """
[source.trials]
kind = "training_run"
path = "optuna/*.json"
fields.run_id = "number"
fields.started_at = "datetime_start"
metrics = "values"
constants.model_name = "churn"
"""


def trials(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"number": i, "datetime_start": f"2026-11-28T0{i}:00:00Z", "values": {"f1": 0.8 + i / 100}} | change
        for i, change in enumerate(changes)
    ]


def messages(root: Path) -> list[str]:
    return [message for _, message in verdict(root, POLICY, NOW).found()]


def test_runs_that_ids_tell_apart_are_sound(tmp_path: Path) -> None:
    write_json(tmp_path / "lake/optuna/study.json", trials({}, {}, {}))
    assert messages(tmp_path / "lake") == []


def test_one_id_of_two_runs_is_said(tmp_path: Path) -> None:
    write_json(tmp_path / "lake/optuna/study.json", trials({}, {}, {"number": 1}))
    assert any(
        "run_id '1' is that of another run of source.trials too" in message for message in messages(tmp_path / "lake")
    )


def test_a_run_that_is_written_down_again_is_one(tmp_path: Path) -> None:
    begun, ended = trials({}, {"number": 0, "datetime_start": None})
    write_json(tmp_path / "lake/optuna/study.json", [{**begun, "values": {}}, ended, *trials({}, {}, {})[2:]])
    assert not any("another run" in message for message in messages(tmp_path / "lake"))


@pytest.mark.parametrize(
    ("alone", "severity"), [(True, "holds no number"), (False, "other runs of source.trials have it")]
)
def test_figures_that_are_gone_are_said(tmp_path: Path, severity: str, *, alone: bool) -> None:
    runs = trials({"values": {}}) if alone else trials({}, {}, {"values": {}})
    write_json(tmp_path / "lake/optuna/study.json", runs)
    assert any(severity in message for message in messages(tmp_path / "lake"))


@pytest.mark.parametrize(("team", "kept"), [("risk", True), ("ads", False)])
def test_where_asks_documents_beside_a_run(tmp_path: Path, team: str, *, kept: bool) -> None:
    write_json(tmp_path / "lake/optuna/study.json", trials({}, {}))
    write_json(tmp_path / "lake/optuna/meta/about.json", {"team": "risk"})
    policy = f"""{POLICY}
metadata = "meta/about.json"
where = {{ "meta/about.json:team" = "{team}" }}
"""
    found = [message for _, message in verdict(tmp_path / "lake", policy, NOW).found()]
    assert (not found) if kept else any("keeps no" in message for message in found)
