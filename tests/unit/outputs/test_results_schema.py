"""docs/results.schema.json: what readers in other languages rely on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor import ArtifactRef, CheckResult, Figure, Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.outputs.results_document import results_document
from tests.unit.outputs.results_schema import FILE, keys, problems, rendered
from tests.unit.support import NOW


def document() -> dict[str, Any]:
    ref = ArtifactRef("dataset", Path("/data/a.json"), "a", Path("/data"))
    finding, figure = Finding(Severity.ERROR, "wrong"), Figure("null_rate", "c", 0.5)
    result = CheckResult("rows", "quality", ref, "fail", (finding,), "why", 0.25, (figure,), NOW)
    return dict(results_document(RunRecord(NOW, results=[("a.json::rows", result)]), complete=True))


def test_it_is_that_of_what_is_written() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(), (
        "meant? then run: python -m tests.unit.outputs.results_schema"
    )


def test_what_is_written_keeps_it() -> None:
    assert list(problems(document())) == []
    assert list(problems(results_document(RunRecord(NOW), complete=False))) == []


def test_it_allows_further_keys() -> None:
    made = document()
    made["later"] = made["results"][0]["later"] = 1
    assert list(problems(made)) == []
    assert '"additionalProperties": false' not in FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "value"),
    [("complete", 1), ("exit_status", True), ("schema_version", 1), ("results", {}), ("trace_id", 7), ("counts", {})],
)
def test_it_refuses_what_is_wrong(key: str, value: object) -> None:
    assert list(problems(document() | {key: value}))


def test_it_refuses_what_is_missing() -> None:
    for key in document().keys() - {
        "remembered",
        "left_out",
        "store",
        "foreign",
        "older",
        "exports",
        "edges",
        "models",
        "run",
    }:  # which came later
        assert list(problems({name: value for name, value in document().items() if name != key})) == [
            f"$: {key} is missing"
        ]


def test_every_key_is_documented_and_no_other() -> None:
    text = (FILE.parent / "outputs.md").read_text(encoding="utf-8")
    section = text.split("\n## results.json\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in row.replace("`", " ").replace(",", " ").split()} == keys()
