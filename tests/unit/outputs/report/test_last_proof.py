"""The last proof beside a run: the newest that can be read, shortened for the page."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.outputs.report.last_proof import last_proof


def a_proof(
    artifact: str = "trips", text: str = "mustBe: 0", written_at: str = "2026-11-27T03:31:19Z"
) -> dict[str, Any]:
    """Return the document of a proof with three faults that were noticed and two columns with one that was not."""
    survivor = {"kind": "dataset", "artifact": artifact, "fault": "nulls_20", "what": "20 % null", "fate": "survived"}
    proposal = {"into": "contract", "place": "trips.odcs.yaml", "text": text}
    return {
        "proof_version": 1,
        "score": 0.75,
        "counts": {"killed": 3, "survived": 1, "equivalent": 0, "not_judged": 0},
        "evaluated_at": "2026-11-27T03:00:00Z",
        "written_at": written_at,
        "policy": None,
        "ended_early": False,
        "red": [],
        "scores": {"faults": [{"fault": "nulls_20", "words": artifact, "score": 0.75, "killed": 3, "survived": 1}]},
        "mutants": [
            survivor | {"column": "fare", "proposals": []},
            survivor | {"column": "tip", "proposals": [proposal]},
            survivor | {"column": "trip", "proposals": [], "fate": "killed"},
        ],
    }


def shown_proof(**words: str) -> dict[str, Any]:
    """Return what the page gets of it."""
    from pytest_mlmonitor.outputs.report.last_proof import _shown

    return _shown(a_proof(**words))


def written(directory: Path, document: object) -> Path:
    directory.mkdir()
    (directory / "proof.json").write_text(json.dumps(document), encoding="utf-8")
    return directory


def test_a_fault_is_shown_once_with_its_columns_and_its_line(tmp_path: Path) -> None:
    found = last_proof([written(tmp_path / "out", a_proof())])
    assert found is not None and found["faults"] == [["nulls_20", "trips", 0.75, 3, 1]]
    assert found["survivors"] == [
        {
            "kind": "dataset",
            "artifact": "trips",
            "fault": "nulls_20",
            "what": "20 % null",
            "columns": ["fare", "tip"],
            "place": "trips.odcs.yaml",
            "text": "mustBe: 0",
        }
    ]


def test_the_newest_is_shown(tmp_path: Path) -> None:
    older = written(tmp_path / "a", a_proof())
    newer = written(tmp_path / "b", a_proof(written_at="2026-11-28T00:00:00Z"))
    found = last_proof([newer, older])
    assert found is not None and found["written_at"] == "2026-11-28T00:00:00Z"


@pytest.mark.parametrize("content", [[], {"proof_version": 2}, {"proof_version": 1}, a_proof() | {"counts": "many"}])
def test_what_is_no_proof_is_none(tmp_path: Path, content: object) -> None:
    assert last_proof([written(tmp_path / "out", content)]) is None


def test_neither_a_pipe_nor_nothing_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "proof.json")
    assert last_proof([tmp_path, tmp_path / "nowhere"]) is None
