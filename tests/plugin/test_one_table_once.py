"""One table is judged once, however many things describe it: a source that takes it, a sidecar, its own schema."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from .sample import DATASET, SIDECAR, Project, read_json

POLICY = """
artifacts = ["artifacts"]

[tool.mlmonitor.source.bikes]
path = "p2/**/training_dataset_{version:%Y%m%d_%H%M%S}.parquet"
"""


def judged(project: Project) -> dict[str, Any]:
    project.policy(POLICY)
    project.run("--mlmonitor-out", "out")
    return read_json(project.path / "out" / "results.json")


def failed(found: dict[str, Any]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for one in found["results"]:
        if one["kind"] == "dataset" and one["status"] == "fail":
            named.setdefault(one["check"], []).extend(finding["message"] for finding in one["findings"])
    return named


def test_it_is_one_dataset_of_the_source(project: Project) -> None:
    found = judged(project)
    assert [one["name"] for one in found["artifacts"] if one["kind"] == "dataset"] == ["bikes@20260426_130148"]
    assert (found["exit_status"], found["unclaimed"]) == (0, [])
    links = [one for one in found["results"] if one["check"] == "dataset_link"]
    assert {one["status"] for one in links} == {"pass"}, "runs call it by the name in its sidecar"


@pytest.mark.parametrize(
    ("field", "value", "check", "words"),
    [
        ("row_count", 1077, "row_count", "row_count says 1,077, but the file holds 1,076 rows"),
        ("feature_count", 21, "feature_count", "feature_count says 21"),
        ("dataset_version", "2026-04-26T13:00:00Z", "build_timestamp", "differs from the file's build_timestamp"),
        ("dataset_name", "training_dataset_20260425_130148", "build_timestamp", "names another build than its file"),
        ("built_at", "2026-04-26T10:00:00Z", "build_timestamp", "lies 3 h 1 min from the file's build_timestamp"),
        ("target", "x", "named_columns", "target is 'x'"),
        ("schema_version", "v9", "contract", "schema_version is 'v9'"),
    ],
)
def test_what_its_sidecar_says_is_held_against_it(
    project: Project, field: str, value: object, check: str, words: str
) -> None:
    sidecar = project.root / SIDECAR
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), field: value}))
    found = failed(judged(project))
    assert any(words in message for message in found[check]), found


def test_what_its_schema_says_is_held_against_it_without_a_sidecar(project: Project) -> None:
    (project.root / SIDECAR).unlink()
    assert failed(judged(project)) == {}
    data = next(project.root.rglob(f"{DATASET}.parquet"))
    table = pq.read_table(data)
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"row_count": b"9"}), data)
    assert "row_count says 9, but the file holds 1,076 rows" in failed(judged(project))["row_count"][0]


def test_the_sidecar_says_otherwise_than_a_document_of_the_source(project: Project) -> None:
    data = next(project.root.rglob(f"{DATASET}.parquet"))
    (data.parent / "_MANIFEST.json").write_text('{"rows": 1076}')
    sidecar = project.root / SIDECAR
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "row_count": 1077}))
    project.policy(POLICY + 'metadata = "_MANIFEST.json"\nfields.row_count = "rows"\n')
    project.run("--mlmonitor-out", "out")
    found = failed(read_json(project.path / "out" / "results.json"))
    assert found["contract"] == ["row_count is 1077 in the sidecar and 1076 by source.bikes"]
