"""The common rules of every JSON record, and how a broken one is put into words (specification 1)."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.times import NaiveTimestamp, parse_timestamp
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.datasets.record import DatasetMetadata
from pytest_mlmonitor.records.contract import INT64_MAX, Record, dotted, kind_of, validate
from pytest_mlmonitor.serving.record import DeploymentEventRecord, ServingWindowRecord
from pytest_mlmonitor.training.record import BundleMetadata, BundleMetrics, TrainingMetadata
from pytest_mlmonitor.training.report_record import TrainingReportRecord
from tests.unit.support import BUNDLE, EVENTS, FLAT, METRICS, REPORT, SAMPLE, SIDECAR, load_json


def sample(name: str) -> dict[str, Any]:
    text = (SAMPLE / name).read_text(encoding="utf-8")
    return json.loads(text.split("\n")[0]) if name.endswith(".jsonl") else load_json(SAMPLE / name)


SOUND: dict[type[Record], dict[str, Any]] = {
    DatasetMetadata: sample(SIDECAR),
    TrainingMetadata: sample(FLAT),
    BundleMetadata: sample(f"{BUNDLE}/metadata.json"),
    BundleMetrics: sample(f"{BUNDLE}/metrics.json"),
    ServingWindowRecord: sample(f"{METRICS}/metrics_50.jsonl"),
    DeploymentEventRecord: sample(EVENTS),
    TrainingReportRecord: sample(REPORT),
}
REQUIRED = [(m, f) for m in SOUND for f, info in m.model_fields.items() if info.is_required()]
OPTIONAL = [(m, f) for m in SOUND for f, info in m.model_fields.items() if not info.is_required()]
TEXTS = {"a non-blank string", "YYYYMMDD_HHMMSS"}
WORDS = {(m, f): str(m.model_fields[f].description) for m in SOUND for f in m.model_fields}
STRINGS = [(m, f) for m, f in REQUIRED + OPTIONAL if WORDS[m, f] == "a non-blank string"]
COUNTS = [(m, f) for m, f in REQUIRED + OPTIONAL if WORDS[m, f] == "an integer ≥ 0"]
FLOATS = [(m, f) for m, f in REQUIRED + OPTIONAL if WORDS[m, f] == "a finite number ≥ 0"]
TIMES = [(m, f) for m, f in REQUIRED if WORDS[m, f].startswith("an ISO-8601")]


def name_of(value: object) -> str | None:
    return value.__name__ if isinstance(value, type) else None


def broken(model: type[Record], data: dict[str, Any]) -> list[Finding]:
    _, findings = validate(model, data, lambda path: f"f.json:{len(path)}")
    return findings


def only(model: type[Record], data: dict[str, Any]) -> Finding:
    findings = broken(model, data)
    assert len(findings) == 1, [f.message for f in findings]
    return findings[0]


@pytest.mark.parametrize("model", SOUND, ids=name_of)
def test_the_sample_keeps_its_contract(model: type[Record]) -> None:
    record, findings = validate(model, SOUND[model], lambda path: "f")
    assert record is not None
    assert findings == []


@pytest.mark.parametrize(("model", "field"), REQUIRED, ids=name_of)
def test_a_required_field_that_is_missing_or_null_is_one_error(model: type[Record], field: str) -> None:
    missing = only(model, {key: value for key, value in SOUND[model].items() if key != field})
    assert (missing.severity, missing.column, missing.actual) == (Severity.ERROR, field, "absent")
    assert missing.message.startswith(f"{field} is missing: expected ")
    assert missing.expected
    assert missing.location == "f.json:1"
    null = only(model, SOUND[model] | {field: None})
    assert (null.severity, null.column) == (Severity.ERROR, field)
    assert null.message.startswith(f"{field} is null: expected ")


@pytest.mark.parametrize(("model", "field"), OPTIONAL, ids=name_of)
def test_an_optional_field_may_be_absent_or_null(model: type[Record], field: str) -> None:
    without = {key: value for key, value in SOUND[model].items() if key != field}
    assert broken(model, without) == []
    assert broken(model, without | {field: None}) == []
    assert only(model, without | {field: [1]}).column == field


@pytest.mark.parametrize(("model", "field"), STRINGS, ids=name_of)
@pytest.mark.parametrize(
    ("value", "words"), [("", "is empty"), (" \t\n", "is blank"), (5, "is an integer (5)"), (True, "is a boolean")]
)
def test_strings(model: type[Record], field: str, value: object, words: str) -> None:
    finding = only(model, SOUND[model] | {field: value})
    assert finding.column == field
    assert finding.message.startswith(f"{field} {words}")
    assert finding.expected == "a non-blank string"


@pytest.mark.parametrize(("model", "field"), COUNTS, ids=name_of)
def test_counts(model: type[Record], field: str) -> None:
    for value in ("5", 5.0, True, -1, INT64_MAX + 1, 10**30, [], {}):
        finding = only(model, SOUND[model] | {field: value})
        words = "an integer within 64 bits" if type(value) is int and value > 0 else "an integer ≥ 0"
        assert (finding.column, finding.expected) == (field, words)
        assert finding.actual
    for value in (0, INT64_MAX):
        assert broken(model, SOUND[model] | {field: value}) == []


@pytest.mark.parametrize(("model", "field"), FLOATS, ids=name_of)
def test_floats(model: type[Record], field: str) -> None:
    for value in ("5", True, -0.1, math.nan, math.inf, -math.inf, []):
        finding = only(model, SOUND[model] | {field: value})
        assert (finding.column, finding.expected) == (field, "a finite number ≥ 0")
    for value in (0, 0.0, 1.5, 10**15):
        assert broken(model, SOUND[model] | {field: value}) == []


@pytest.mark.parametrize(("model", "field"), TIMES, ids=name_of)
def test_timestamps_are_strings_with_a_zone(model: type[Record], field: str) -> None:
    for value in (1767225600, 1767225600.5, "yesterday", "2026-04-26", "2026-13-01T00:00:00Z", "2026-04-26T25:00:00Z"):
        finding = only(model, SOUND[model] | {field: value})
        assert finding.column == field
        assert (finding.expected or "").startswith("an ISO-8601 timestamp with a zone")
    naive = broken(model, SOUND[model] | {field: "2026-04-26T13:00:00"})
    assert len(naive) == (0 if model is DatasetMetadata else 1)  # the reader warns of a naive built_at
    record, findings = validate(model, SOUND[model] | {field: "2026-04-26T13:00:00+02:00"}, lambda path: "f")
    assert findings == []
    assert getattr(record, field) == datetime(2026, 4, 26, 11, tzinfo=UTC)


@pytest.mark.parametrize("model", [m for m in SOUND if not m.open_ended], ids=name_of)
def test_an_unknown_field_is_one_warning(model: type[Record]) -> None:
    finding = only(model, SOUND[model] | {"gpu_count": 2})
    assert finding.severity == Severity.WARNING
    assert (finding.column, finding.actual) == ("gpu_count", "2")
    assert finding.message == "gpu_count is not in the contract"


def test_metrics_are_open_ended() -> None:
    assert broken(BundleMetrics, SOUND[BundleMetrics] | {"test_r2": 0.7}) == []
    flat = SOUND[TrainingMetadata]
    assert broken(TrainingMetadata, flat | {"metrics": flat["metrics"] | {"r2": -0.4}}) == []


@pytest.mark.parametrize("model", [DatasetMetadata, ServingWindowRecord, DeploymentEventRecord], ids=name_of)
@pytest.mark.parametrize("value", ["v2", "V1", "", 1, None])
def test_schema_versions(model: type[Record], value: object) -> None:
    finding = only(model, SOUND[model] | {"schema_version": value})
    assert (finding.severity, finding.column) == (Severity.ERROR, "schema_version")
    assert (finding.expected or "").strip("'\"") == "v1"


def test_the_event_type_is_fixed() -> None:
    finding = only(DeploymentEventRecord, SOUND[DeploymentEventRecord] | {"event_type": "serving_deployment_removed"})
    assert (finding.column, (finding.expected or "").strip("'\"")) == ("event_type", "serving_deployment_activated")
    assert finding.actual == "'serving_deployment_removed'"


def test_every_broken_field_has_its_own_finding() -> None:
    data = SOUND[ServingWindowRecord] | {"request_count": "1", "model_name": "", "latency_p50_ms": -1, "extra": 1}
    assert [f.column for f in broken(ServingWindowRecord, data)] == [
        "model_name",
        "request_count",
        "latency_p50_ms",
        "extra",
    ]


def set_at(data: Any, path: list[str | int], value: object) -> Any:
    made = json.loads(json.dumps(data))
    place = made
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "column"),
    [
        (["split", "test", "rows"], -1, "split.test.rows"),
        (["split", "test"], None, "split.test"),
        (["lightgbm", "metrics", "roc_auc"], 1.5, "lightgbm.metrics.roc_auc"),
        (["lightgbm", "metrics", "confusion_matrix", "tp"], "1", "lightgbm.metrics.confusion_matrix.tp"),
        (["lightgbm", "feature_importance_gain", 0, "gain"], math.nan, "lightgbm.feature_importance_gain[0].gain"),
        (["lightgbm", "early_stopped"], 1, "lightgbm.early_stopped"),
        (["run_timestamp"], "2026-04-26T13:12:36Z", "run_timestamp"),
        (["run_timestamp"], "20260230_000000", "run_timestamp"),
        (["feature_null_rates", "ft_bikes_available"], 1.01, "feature_null_rates.ft_bikes_available"),
        (["baselines"], [], "baselines"),
        (["split", "val", "start"], "soon", "split.val.start"),
    ],
)
def test_nested_fields_are_named_by_their_path(path: list[str | int], value: object, column: str) -> None:
    finding = only(TrainingReportRecord, set_at(SOUND[TrainingReportRecord], path, value))
    assert finding.column == column
    assert finding.message.startswith(column)
    assert finding.expected
    assert finding.location == f"f.json:{len(path)}"


def test_the_two_areas_are_null_for_a_constant_scorer() -> None:
    for name in ("roc_auc", "pr_auc"):
        data = set_at(SOUND[TrainingReportRecord], ["lightgbm", "metrics", name], None)
        assert broken(TrainingReportRecord, data) == []


def test_an_unknown_nested_field_is_a_warning() -> None:
    finding = only(TrainingReportRecord, set_at(SOUND[TrainingReportRecord], ["split", "test", "extra"], 1))
    assert (finding.severity, finding.column) == (Severity.WARNING, "split.test.extra")


def test_a_prefix_names_the_document() -> None:
    _, findings = validate(BundleMetrics, {"test_rmse": "x"}, lambda path: "f", prefix="metrics.json")
    assert findings[0].column == "metrics.json test_rmse"
    assert findings[0].message.startswith("metrics.json test_rmse is a string ('x')")


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)


@given(MOMENTS)
def test_any_iso_text_is_the_same_moment_in_utc(moment: datetime) -> None:
    parsed = parse_timestamp(moment.isoformat())
    assert parsed == moment
    assert parsed.utcoffset() == timedelta(0)
    assert parse_timestamp(instant(parsed)) == parsed


@given(MOMENTS, st.sampled_from([" ", "t", "T"]), st.sampled_from([".", ","]))
def test_spellings_that_iso_allows(moment: datetime, separator: str, point: str) -> None:
    text = moment.astimezone(UTC).isoformat().replace("T", separator).replace(".", point)
    assert parse_timestamp(text.replace("+00:00", "z")) == moment
    assert parse_timestamp(text.replace("+00:00", "+00")) == moment
    assert parse_timestamp(text.replace("+00:00", "+0000")) == moment
    basic = moment.astimezone(UTC).strftime("%m%dT%H%M%S.%fZ")
    assert parse_timestamp(f"{moment.astimezone(UTC).year:04}{basic}") == moment


@given(st.datetimes())
def test_a_time_without_a_zone_is_told_apart(moment: datetime) -> None:
    with pytest.raises(NaiveTimestamp, match="without a time zone"):
        parse_timestamp(moment.isoformat())
    assert parse_timestamp(moment.isoformat(), naive_is_utc=True) == moment.replace(tzinfo=UTC)


@given(st.text(max_size=30))
def test_other_text_is_a_value_error(text: str) -> None:
    try:
        moment = parse_timestamp(text)
    except ValueError as error:
        made = str(error)
    else:
        made = moment.isoformat()
    assert made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-04-26",
        "2026-04-26T13",
        "20260426 130000Z",
        "20260426T13Z",
        "2026-W17-7T13:00:00Z",
        "2026-02-30T13:00:00Z",
        "2026-04-26T23:59:60Z",
        "2026-04-26T13:00:00+24:00",
        "2026-04-26T13:00:00Z\n",
        "٢٠٢٦-04-26T13:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "-0001-01-01T00:00:00Z",
    ],
)
def test_texts_that_are_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError, match=r"no timestamp|no possible date"):
        parse_timestamp(text)


def test_nanoseconds_are_cut() -> None:
    assert parse_timestamp("2026-04-26T13:00:00.123456789Z").microsecond == 123456


def test_words_for_values_and_paths() -> None:
    assert [kind_of(v) for v in (None, True, 1, 1.0, "", [], {})] == [
        "null",
        "a boolean",
        "an integer",
        "a number",
        "a string",
        "a list",
        "an object",
    ]
    assert dotted(("a", 0, "b")) == "a[0].b"
    assert dotted(()) == ""
