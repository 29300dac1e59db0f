"""Drift of a dataset against its reference: which one that is, and what counts as drift (specification 2.5)."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.words import percent
from pytest_mlmonitor.datasets.checks.drift import concept_drift, drift, target_drift
from pytest_mlmonitor.datasets.checks.table import rows, schema
from pytest_mlmonitor.links.drift.drift_rules import DriftRules
from tests.acceptance.shared import GOOD, WHY_SKIPPED
from tests.unit.datasets.plain import BUILT, column, judged, newest, odcs, put, table
from tests.unit.support import (
    NOW,
    PARQUET,
    change_json,
    change_lines,
    copy_of_sample,
    messages,
    only,
    platform_at,
    result_of,
)

DRIFT = (drift, target_drift, concept_drift)
ROWS = 1000
EVEN = np.linspace(0.0, 1.0, ROWS)
"""An even distribution: moved by s, its distance D is s."""


def even(shift: float = 0.0, **columns: Any) -> pa.Table:
    return table(ROWS, km=EVEN + shift, **columns)


def pair(root: Path, before: pa.Table, now: pa.Table) -> Path:
    put(root, before, built_at=BUILT - timedelta(days=1))
    put(root, now)
    return root


def severities(result: CheckResult) -> list[tuple[str | None, str]]:
    assert result.status != "error", result.reason
    return [(f.column, f.severity.word) for f in result.findings]


# The shared builds.


@pytest.mark.skipif(not (GOOD / "p2").is_dir(), reason=WHY_SKIPPED)
class TestOfTheSharedBuilds:
    def results(self, name: str) -> dict[str, CheckResult]:
        roots = (GOOD / "p2" / "reference", GOOD / "p2" / name)
        platform = platform_at(*roots, now=datetime(2026, 6, 1, tzinfo=NOW.tzinfo))
        dataset = newest(platform)
        return {check.name: run_check(check, dataset, platform.settings) for check in DRIFT}

    def test_a_stable_build_passes(self) -> None:
        results = self.results("current_stable")
        assert {name: r.status for name, r in results.items()} == {
            "drift": "pass",
            "target_drift": "pass",
            "concept_drift": "pass",
        }, [m for r in results.values() for m in messages(r)]

    def test_a_shifted_build_fails(self) -> None:
        results = self.results("current_shifted")
        assert results["drift"].status == "fail" and results["drift"].severity == Severity.ERROR
        first = results["drift"].findings[0].message
        assert "the previous version" in first and "PSI" in first and "expected PSI < 0.1" in first


# Which reference.


def reason(check: Check, *roots: Path, **settings: Any) -> str:
    result = judged(check, *roots, **settings)
    assert result.status == "not_checked"
    return str(result.reason)


@pytest.mark.parametrize("check", DRIFT, ids=lambda check: check.name)
def test_without_a_reference_nothing_passes(tmp_path: Path, check: Check) -> None:
    put(tmp_path, even())
    assert reason(check, tmp_path).startswith("no reference: ")


@pytest.mark.parametrize("check", DRIFT, ids=lambda check: check.name)
def test_a_version_that_is_not_older_is_no_reference(tmp_path: Path, check: Check) -> None:
    put(tmp_path, even(), stem="one")
    put(tmp_path, even(), stem="two")
    assert reason(check, tmp_path).startswith("no reference: ")


def terms(root: Path, implementation: str) -> None:
    odcs(
        root,
        "{name: km, logicalType: number}\n{name: late, logicalType: integer}\n{name: bike, logicalType: string}",
        quality=f"{{type: custom, engine: mlmonitor, implementation: {{drift: {{{implementation}}}}}}}",
    )


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """Three versions of trips, each further from the last one, and one dataset apart that is like the last."""
    put(tmp_path, even(0.9), built_at=BUILT - timedelta(days=2))
    put(tmp_path, even(0.5), built_at=BUILT - timedelta(days=1))
    put(tmp_path, even(0.0))
    put(tmp_path, even(0.01), name="baseline", built_at=BUILT - timedelta(days=9))
    return tmp_path


def test_the_previous_version_is_the_last_resort(versions: Path) -> None:
    finding = judged(drift, versions).findings[0]
    assert f"trips@{(BUILT - timedelta(days=1)):%Y-%m-%d}" in finding.message
    assert "(the previous version)" in finding.message and "D 0.500" in finding.message


def test_a_contract_names_a_dataset(versions: Path) -> None:
    terms(versions, "reference: baseline")
    assert judged(drift, versions).status == "pass"


def test_a_contract_names_a_version(versions: Path) -> None:
    terms(versions, f"reference: 'trips@{(BUILT - timedelta(days=2)).isoformat()}'")
    finding = judged(drift, versions).findings[0]
    assert "D 0.900" in finding.message and "named by the contract trips" in finding.message


def test_a_contract_names_a_file_beside_it(versions: Path) -> None:
    shutil.copy(next(versions.glob("baseline*.parquet")), versions / "kept.parquet")
    terms(versions, "reference: kept.parquet")
    assert judged(drift, versions).status == "pass"


@pytest.mark.parametrize("reference", ["elsewhere", "trips@1999-01-01T00:00:00Z", "../outside.parquet", "/etc/passwd"])
def test_a_reference_that_is_not_there_is_not_replaced_by_another(versions: Path, reference: str) -> None:
    terms(versions, f"reference: '{reference}'")
    for check in DRIFT:
        assert f"the contract trips names {reference}" in reason(check, versions)


def test_a_dataset_is_not_its_own_reference(tmp_path: Path) -> None:
    path = put(tmp_path, even())
    terms(tmp_path, f"reference: {path.name}")
    assert "it is the reference itself" in reason(drift, tmp_path)


def test_what_the_deployed_model_was_trained_on_is_no_reference_of_an_older_dataset(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path, "p4", "p5")
    oldest, middle = BUILT - timedelta(days=2), BUILT - timedelta(days=1)
    put(root / "d", even(0.9), built_at=oldest)
    put(root / "d", even(0.5), built_at=middle)
    put(root / "d", even(0.0))
    trained = {"input_dataset_name": "trips", "input_dataset_version": BUILT.isoformat()}
    for path in root.glob("p4/artifacts/*/metadata.json"):
        change_json(path, **trained)
    change_lines(root.rglob("*.jsonl"), **trained)
    result = result_of(drift, root, name=f"trips@{middle.isoformat()}")
    finding = result.findings[0]
    assert "D 0.400" in finding.message and "(the previous version)" in finding.message


# What is compared.


@pytest.mark.parametrize(("rows", "compared"), [(29, False), (30, True)])
def test_thirty_rows_are_needed(tmp_path: Path, rows: int, compared: bool) -> None:
    pair(tmp_path, even(), table(rows, km=EVEN[:rows] + 5))
    for check in (drift, target_drift):
        result = judged(check, tmp_path)
        assert (result.status != "not_checked") is compared, result.reason
    if not compared:
        assert "could be compared" in str(judged(drift, tmp_path).reason)


@pytest.mark.parametrize(("rows", "compared"), [(36, False), (50, True)])
def test_concept_needs_ten_rows_of_each_class_and_bins_that_both_have(
    tmp_path: Path, rows: int, compared: bool
) -> None:
    def tens(rows: int) -> pa.Table:
        late = [int(i % 4 == 0) for i in range(rows)]
        return table(rows, km=[float(i // 5 % 2) for i in range(rows)], late=column(late, pa.int32()))

    pair(tmp_path, tens(ROWS), tens(rows))
    result = judged(concept_drift, tmp_path)
    assert (result.status == "pass") is compared
    assert compared or "at least 10 rows of each class" in str(result.reason)


def test_a_feature_that_cannot_be_compared_is_named(tmp_path: Path) -> None:
    odd = column([float(i) if i < 29 else None for i in range(ROWS)], pa.float64())
    pair(tmp_path, even(few=odd), even(few=odd))
    result = judged(drift, tmp_path)
    assert result.status == "pass"
    (finding,) = [f for f in result.findings if f.column == "few"]
    assert finding.severity is Severity.INFO and "few is not compared with trips" in finding.message


def test_a_reference_that_cannot_be_read_is_not_passed(tmp_path: Path) -> None:
    pair(tmp_path, even(), even())
    oldest = min(tmp_path.glob("trips_*.parquet"))
    oldest.write_bytes(b"PAR1 nothing PAR1")
    for check in DRIFT:
        said = reason(check, tmp_path)
        assert oldest.name in said and "cannot be read as parquet" in said


@pytest.mark.parametrize("wanted", ["columns: [late]", "excluded: [km]"])
def test_a_contract_says_which_columns_are_compared(tmp_path: Path, wanted: str) -> None:
    pair(tmp_path, even(), even(0.9))
    assert judged(drift, tmp_path).status == "fail"
    terms(tmp_path, wanted)
    assert judged(drift, tmp_path).status in ("pass", "not_checked")


@pytest.mark.parametrize(("logical", "status"), [("date", "pass"), ("timestamp", "pass"), ("string", "fail")])
def test_a_date_that_is_stored_as_text_is_no_feature(tmp_path: Path, logical: str, status: str) -> None:
    """Every build has another day in it: what the contract calls a date is one, however it is stored."""
    pair(tmp_path, even(day=["2026-11-26"] * ROWS), even(day=["2026-11-27"] * ROWS))
    odcs(tmp_path, f"{{name: day, logicalType: {logical}, physicalType: string}}\n{{name: km, logicalType: number}}")
    assert judged(drift, tmp_path).status == status


def test_the_policy_leaves_columns_out(tmp_path: Path) -> None:
    pair(tmp_path, even(other=EVEN), even(0.9, other=EVEN))
    assert judged(drift, tmp_path).status == "fail"
    result = judged(drift, tmp_path, drift={"excluded": ["km", "elsewhere"]})
    assert (result.status, messages(result)) == ("pass", ["drift.excluded leaves out km"])
    assert result.figures and {figure.column for figure in result.figures} == {"other", "table"}
    terms(tmp_path, "excluded: [other]")
    result = judged(drift, tmp_path, drift={"excluded": "km,other"})
    assert (result.status, result.reason) == ("not_checked", "the table has no feature that can be compared")


@pytest.mark.parametrize("described", ["", "    properties: [{name: ft_capacity, logicalType: number}]\n"])
def test_whoever_leaves_a_column_out_of_drift_keeps_the_built_in_contract(tmp_path: Path, described: str) -> None:
    """A contract that only has terms of drift replaces nothing: the rest of the family's own contract is in force."""
    root = copy_of_sample(tmp_path / "root")
    data = pq.read_table(root / PARQUET)
    broken = data.set_column(
        data.column_names.index("ft_hour_of_day"), "ft_hour_of_day", pa.array([25] * data.num_rows, pa.int32())
    )
    pq.write_table(broken.replace_schema_metadata(data.schema.metadata), root / PARQUET)
    own = tmp_path / "own.odcs.yaml"
    own.write_text(
        "kind: DataContract\napiVersion: v3.1.0\nid: own\nversion: 1.0.0\nstatus: active\nschema:\n"
        f"  - name: training_dataset\n{described}    quality:\n"
        "      - {type: custom, engine: mlmonitor, implementation: {drift: {excluded: [ft_capacity]}}}\n"
    )
    for contracts in ({"bound": {"training_dataset": str(own)}}, {"files": [str(own)]}):
        platform = platform_at(root, contracts=contracts)
        dataset = newest(platform)
        result = run_check(rows, dataset, platform.settings)
        assert result.status == "fail" and "ft_hour_of_day" in messages(result)[0]
        assert run_check(schema, dataset, platform.settings).status == "pass"
        features = platform.view(DriftRules).features(dataset, platform.settings)
        assert len(features) == 21 and "ft_capacity" not in dict(features)


def test_a_column_that_is_not_there_cannot_be_left_out_and_that_is_said(tmp_path: Path) -> None:
    pair(tmp_path, even(), even())
    own = tmp_path / "own.odcs.yaml"
    own.write_text(
        "kind: DataContract\napiVersion: v3.1.0\nid: own\nversion: 1.0.0\nstatus: active\nschema:\n"
        "  - name: trips\n    quality:\n"
        "      - {type: custom, engine: mlmonitor, implementation: {drift: {excluded: [kmm]}}}\n"
    )
    result = judged(drift, tmp_path, contracts=str(own))
    assert messages(result) == ["drift.excluded names columns that the table lacks: kmm"]


# What is drift.


@pytest.mark.parametrize(("shift", "severity"), [(0.0, None), (0.02, None), (0.15, "error"), (0.5, "error")])
def test_a_feature_that_moved_drifted(tmp_path: Path, shift: float, severity: str | None) -> None:
    pair(tmp_path, even(), even(shift, still=EVEN))
    found = [s for name, s in severities(judged(drift, tmp_path)) if name == "km"]
    assert found == ([severity] if severity else [])


def test_a_reference_of_mostly_one_value_has_three_bins(tmp_path: Path) -> None:
    """Its deciles make one bin; below, equal and above its commonest value are three."""
    before = [0.0] * 950 + [1.0] * 50
    pair(tmp_path / "a", even(mostly=before), even(mostly=[0.0] * 840 + [1.0] * 160))
    (finding,) = [f for f in judged(drift, tmp_path / "a").findings if f.column == "mostly"]
    assert (finding.severity, str(finding.actual)[:9]) == (Severity.WARNING, "psi=0.141")
    pair(tmp_path / "b", even(mostly=before), even(mostly=[0.0] * 800 + [1.0] * 200))
    assert only_about("mostly", judged(drift, tmp_path / "b")) is Severity.ERROR


@pytest.mark.parametrize(
    ("others", "severity"), [(0, None), (99, None), (100, "warning"), (199, "warning"), (200, "error")]
)
def test_off_a_constant_the_share_of_other_values_counts(tmp_path: Path, others: int, severity: str | None) -> None:
    """To both sides: D is half of it."""
    now = (
        [5.0] * (ROWS - others)
        + [float(i) for i in range(others // 2)]
        + [float(-i) for i in range(others - others // 2)]
    )
    now = [value if value != 5.0 or i < ROWS - others else 4.5 for i, value in enumerate(now)]
    pair(tmp_path, even(still=[5.0] * ROWS), even(still=now))
    found = [f for f in judged(drift, tmp_path).findings if f.column == "still"]
    assert [f.severity.word for f in found] == ([severity] if severity else [])
    if found:
        assert f"{percent(others / ROWS)} of the values differ from the only one there (p " in found[0].message
        assert "expected less than 10 % other values" in found[0].message


@pytest.mark.parametrize("type_", [pa.int32(), pa.int64(), pa.float64(), pa.bool_()], ids=str)
def test_flags_drift_alike_as_whatever_they_are_written(tmp_path: Path, type_: pa.DataType) -> None:
    def flags(ones: int) -> pa.Table:
        values = [i < ones for i in range(ROWS)]
        return even(flag=column([bool(v) if type_ == pa.bool_() else int(v) for v in values], type_))

    pair(tmp_path, flags(500), flags(990))
    (finding,) = [f for f in judged(drift, tmp_path).findings if f.column == "flag"]
    assert finding.severity is Severity.ERROR
    assert "PSI 2.252 (p " in finding.message


def test_a_category_that_moved_drifted(tmp_path: Path) -> None:
    before, now = ["a", "b"] * 500, ["a"] * 800 + ["b"] * 200
    pair(tmp_path, even(kind=before), even(kind=now))
    (finding,) = judged(drift, tmp_path).findings
    assert (finding.column, finding.severity) == ("kind", Severity.ERROR)
    assert "χ²" in finding.message and "p_adjusted=" in str(finding.actual)


@pytest.mark.parametrize(("nulls", "severity"), [(49, None), (50, "warning"), (149, "warning"), (150, "error")])
def test_more_nulls_than_in_the_reference(tmp_path: Path, nulls: int, severity: str | None) -> None:
    step = ROWS // nulls
    gaps = set(list(range(0, ROWS, step))[:nulls])
    values = column([None if i in gaps else float(v) for i, v in enumerate(EVEN)], pa.float64())
    pair(tmp_path, even(), table(ROWS, km=values))
    found = [s for name, s in severities(judged(drift, tmp_path)) if name == "km"]
    assert found == ([severity] if severity else [])


def test_the_increase_of_nulls_counts_not_their_number(tmp_path: Path) -> None:
    def holey(nulls: int) -> pa.Table:
        return even(other=column([None if i < nulls else 1.0 for i in range(ROWS)], pa.float64()))

    assert judged(drift, pair(tmp_path / "same", holey(400), holey(440))).status == "pass"
    finding = only(judged(drift, pair(tmp_path / "more", holey(100), holey(150))))
    assert finding.severity is Severity.WARNING and finding.message.startswith(
        "other is null in 15 % of the rows, in 10 % of trips"
    )


@pytest.mark.parametrize(("rows", "warned"), [(50, False), (51, True)])
def test_categories_that_the_reference_never_had(tmp_path: Path, rows: int, warned: bool) -> None:
    before = ["a"] * 500 + ["b"] * 500
    now = ["new"] * rows + before[rows // 2 : rows // 2 + ROWS - rows]
    pair(tmp_path, even(kind=before), even(kind=now))
    limits = {"psi_warning": 10, "psi_error": 10, "share": 1}
    found = judged(drift, tmp_path, drift=limits).findings
    assert [f.severity for f in found] == ([Severity.WARNING] if warned else [])
    if warned:
        assert "5.1 % of the rows hold categories that trips" in found[0].message and "'new'" in found[0].message


@pytest.mark.parametrize(("drifted", "told"), [(2, False), (3, True)])
def test_more_than_half_of_the_features_is_a_finding_of_its_own(tmp_path: Path, drifted: int, told: bool) -> None:
    more = {f"f{i}": EVEN for i in range(4)}
    now = {f"f{i}": EVEN + (0.3 if i < drifted else 0) for i in range(4)}
    pair(tmp_path, table(ROWS, km=None, **more), table(ROWS, km=None, **now))
    result = judged(drift, tmp_path)
    share = [f for f in result.findings if f.column == "table"]
    assert len(share) == told
    assert [f.value for f in result.figures if f.name == "drift_share"] == [drifted / 4]
    if told:
        assert "3 of 4 features drifted" in share[0].message and share[0].severity is Severity.ERROR


# Target and concept.


def labelled(rng: np.random.Generator, follows: float, positives: float = 0.5) -> pa.Table:
    """Return a table whose label follows km so closely, 0 to 1."""
    km = rng.permutation(EVEN)
    label = np.where(rng.random(ROWS) < follows, km > 1 - positives, rng.random(ROWS) < positives)
    return table(ROWS, km=km, late=column([int(v) for v in label], pa.int32()))


def test_a_target_that_moved_drifted(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    pair(tmp_path, labelled(rng, 0), labelled(rng, 0, positives=0.8))
    finding = only(judged(target_drift, tmp_path))
    assert (finding.column, finding.severity) == ("late", Severity.ERROR)
    assert judged(drift, tmp_path).status == judged(concept_drift, tmp_path).status == "pass"


def test_a_relation_that_changed_is_concept_drift(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    pair(tmp_path, labelled(rng, 0.9), labelled(rng, 0.1))
    finding = only(judged(concept_drift, tmp_path))
    assert (finding.column, finding.severity) == ("km", Severity.ERROR)
    assert finding.message.startswith("km: its rank correlation with late is +0.")
    assert judged(drift, tmp_path).status == judged(target_drift, tmp_path).status == "pass"


def test_a_continuous_target_is_compared_by_decile(tmp_path: Path) -> None:
    pair(tmp_path, table(ROWS, late=EVEN), table(ROWS, late=EVEN + 0.5))
    assert "D 0.500" in only(judged(target_drift, tmp_path)).message


def test_a_target_that_is_not_there_is_not_checked(tmp_path: Path) -> None:
    pair(tmp_path, even(), even(late=None))
    assert "column 'late' is missing" in reason(target_drift, tmp_path)
    assert "there is no target" in reason(concept_drift, tmp_path)


# Policy.


def moved_a_little(root: Path) -> Path:
    """Return versions between which km moved by D = 0.08 and PSI = 0.1 to 0.2, km's correlation by 0.4 or so."""
    rng = np.random.default_rng(3)
    before, now = labelled(rng, 0.9), labelled(rng, 0.5)
    return pair(root, before, now.set_column(3, "km", pa.array(np.asarray(now["km"]) * 0.92)))


@pytest.mark.parametrize(
    ("check", "policy", "status", "worst"),
    [
        (drift, {"psi_warning": 0.0001, "psi_error": 5}, "fail", Severity.WARNING),
        (drift, {"psi_warning": 0.0001, "psi_error": 0.0001}, "fail", Severity.ERROR),
        (drift, {"psi_warning": 5, "psi_error": 5, "ks": 0.5}, "pass", None),
        (drift, {"psi_warning": 5, "psi_error": 5, "ks": 0.02}, "fail", Severity.WARNING),
        (concept_drift, {"correlation": 0.01}, "fail", Severity.ERROR),
        (concept_drift, {"correlation": 2}, "pass", None),
    ],
)
def test_every_threshold_is_policy(
    tmp_path: Path, check: Check, policy: dict[str, float], status: str, worst: Severity | None
) -> None:
    moved_a_little(tmp_path)
    result = judged(check, tmp_path, drift={"share": 1, **policy})
    assert (result.status, result.severity) == (status, worst), messages(result)


def test_the_share_is_policy(tmp_path: Path) -> None:
    pair(tmp_path, even(), even(0.3))
    assert [name for name, _ in severities(judged(drift, tmp_path, drift={"share": 1}))] == ["km"]
    assert ("table", "error") in severities(judged(drift, tmp_path, drift={"share": 0.99}))


def test_a_contract_has_thresholds_of_its_own(tmp_path: Path) -> None:
    pair(tmp_path, even(), even(0.3, still=EVEN))
    terms(tmp_path, "psiWarning: 9, psiError: 9, ks: 1")
    assert "km" not in [name for name, _ in severities(judged(drift, tmp_path))]
    terms(tmp_path, "psiWarning: 0.00001, psiError: 9, ks: 1")
    assert ("km", "warning") in severities(judged(drift, tmp_path, drift={"share": 1}))


def test_the_severity_of_drift_is_policy(tmp_path: Path) -> None:
    pair(tmp_path, even(), even(0.5))
    assert judged(drift, tmp_path, severity={"drift": "critical"}).severity is Severity.CRITICAL


@pytest.mark.parametrize("both", [False, True])
def test_an_explosion_of_categories_is_drift_and_an_identifier_is_not(tmp_path: Path, both: bool) -> None:
    """A feature of three categories that suddenly has thousands drifted, whether or not they can be compared."""
    many = [f"w{i}" for i in range(1500)]
    few = [f"w{i % 3}" for i in range(1500)]
    put(tmp_path, table(1500, word=many if both else few), built_at=BUILT - timedelta(hours=2))
    put(tmp_path, table(1500, word=many))
    result = judged(drift, tmp_path)
    words = [finding for finding in result.findings if finding.column == "word"]
    assert [finding.severity for finding in words] == [Severity.INFO if both else Severity.ERROR]
    assert f"more than 1,000 categories in the {'reference' if both else 'current table'}" in words[0].message


def test_a_warning_threshold_above_the_error_threshold_hides_no_error(tmp_path: Path) -> None:
    put(tmp_path, table(400), built_at=BUILT - timedelta(hours=2))
    put(tmp_path, table(400, km=[float(i % 10) + 500 for i in range(400)]))
    # one policy that says so is refused, and so is one override; of two overrides each may be right by itself
    overrides = [
        {"artifact": "*", "drift": {"psi_warning": 1000.0, "psi_error": 2000.0, "ks": 1.0}},
        {"artifact": "trips*", "drift": {"psi_error": 0.2}},
    ]
    result = judged(drift, tmp_path, overrides=overrides)
    assert only_about("km", result) is Severity.ERROR


def only_about(column: str, result: CheckResult) -> Severity:
    """Return the severity of the one finding about a column."""
    (finding,) = [finding for finding in result.findings if finding.column == column]
    return finding.severity
