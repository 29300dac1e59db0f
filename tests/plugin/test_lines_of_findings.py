"""A finding about a field of a JSON document names its line, whichever check found it."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, FLAT_RUN, REPORT, SIDECAR, Project


@pytest.mark.parametrize(
    ("name", "fields", "check"),
    [
        (SIDECAR, {"row_count": 7}, "row_count"),
        (SIDECAR, {"built_at": "2026-04-26T10:00:00Z"}, "build_timestamp"),
        (SIDECAR, {"built_at": "2027-04-26T10:00:00Z"}, "freshness"),
        (SIDECAR, {"entity": "obs_ts"}, "named_columns"),
        (BUNDLE, {"run_id": "another"}, "identity"),
        (BUNDLE, {"input_dataset_name": "another"}, "one_account"),
        (BUNDLE, {"candidate_name": "another"}, "one_account"),
        (BUNDLE.replace("metadata.json", "metrics.json"), {"test_rmse": 900.0}, "one_account"),
        (FLAT_RUN, {"started_at": "2026-04-26T13:30:00Z"}, "chronology"),
        (FLAT_RUN, {"input_dataset_name": "nowhere"}, "dataset_link"),
        (REPORT, {"input_parquet": "nowhere.parquet"}, "contract"),
    ],
)
def test_a_finding_names_the_line(project: Project, name: str, fields: dict[str, object], check: str) -> None:
    project.edit(name, **fields)
    (field,) = fields
    line = 1 + next(i for i, text in enumerate((project.root / name).read_text().splitlines()) if f'"{field}"' in text)
    found = [f for r in project.results()["results"] if r["check"] == check for f in r["findings"]]
    assert f"artifacts/{name}:{line}" in {f["location"] for f in found}, [(f["location"], f["message"]) for f in found]
