"""Whatever JSON a report holds, reading it raises nothing, and what is said of it is safe to print."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.external_reports.adapters import audit_rows, drift, evaluation, quality
from pytest_mlmonitor.external_reports.model import ExternalReport
from tests.unit.external_reports.samples import AUDIT, DRIFT, QUALITY, changed

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "drift": (
        DRIFT,
        [(key,) for key in DRIFT]
        + [
            ("feature_results", 0, key)
            for key in ("feature", "drifted", "psi", "p_value", "statistic", "method", "severity")
        ]
        + [
            ("feature_results", 0),
            ("summary", "drifted_count"),
            ("prediction_drift", "drifted"),
            ("drifted_features",),
        ],
    ),
    "quality": (
        QUALITY,
        [(key,) for key in QUALITY]
        + [("checks", 0, key) for key in ("check_name", "passed", "severity", "message")]
        + [("feature_quality", 0, key) for key in ("feature", "missing_pct", "quality_ok")]
        + [("summary", "hard_failures")],
    ),
    "audit": (AUDIT, [(key,) for key in AUDIT]),
    "evaluation": (
        {"version_tag": "1", "promote": True, "evaluated_at": "2026-04-18T22:30:00Z", "metrics": {"f1": 0.7}},
        [("version_tag",), ("promote",), ("evaluated_at",), ("metrics",), ("metrics", "f1")],
    ),
}
READERS = {"drift": drift.read, "quality": quality.read, "audit": audit_rows.read, "evaluation": evaluation.read}
NAMES = {"drift": "drift_report_1.json", "quality": "quality_report_1.json", "audit": "monitoring_audit.jsonl"}


def said(found: ExternalReport | list[ExternalReport] | None) -> list[str]:
    reports = found if isinstance(found, list) else [found] if found is not None else []
    findings = [f for one in reports for f in (*one.unreadable, *one.violations, *one.said, *one.contradictions)]
    return [text for f in findings for text in (f.message, f.column or "", f.actual or "")]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_value_anywhere_breaks_the_reading(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(sorted(PLACES)))
    report, places = PLACES[form]
    made = changed(report, *data.draw(st.sampled_from(places)), data.draw(ANY))
    try:
        text = json.dumps(made)
    except (ValueError, UnicodeError):
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, NAMES.get(form, "eval_report_v1.json"))
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        words = said(READERS[form](ArtifactRef("external_report", path, path.stem, Path(directory))))
    assert [one for one in words if safe(one) != one] == []
