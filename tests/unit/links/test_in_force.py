"""A contract that lies beside the data is written by whoever wrote the data: it adds rules and excuses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.data_contracts.checks.contract import bound
from pytest_mlmonitor.datasets.checks.drift import drift
from pytest_mlmonitor.datasets.checks.quality import null_rates
from pytest_mlmonitor.datasets.checks.reconcile import feature_count
from pytest_mlmonitor.datasets.checks.service_levels import service_levels
from pytest_mlmonitor.datasets.model import names_of
from pytest_mlmonitor.links.in_force import Contracts
from tests.unit.datasets.plain import BUILT, judged, odcs, put, table
from tests.unit.support import dataset, platform_at

EXCUSES = (
    "drift: {psiWarning: 1000000, psiError: 1000000, ks: 1}",
    "drift: {excluded: [km]}",
    "drift: {columns: [late]}",
    "drift: {reference: trips_20260426_120000.parquet}",
)


def moved(root: Path) -> Path:
    """Write two versions of which the second is far away in km."""
    from datetime import timedelta

    put(root, table(200), built_at=BUILT - timedelta(hours=2))
    put(root, table(200, km=[float(i % 10) + 500 for i in range(200)]))
    return root


def quality(terms: str) -> str:
    return f"{{name: excuse, type: custom, engine: mlmonitor, implementation: {{{terms}}}}}"


def declared(root: Path) -> Path:
    """Write the project's own contract, which says nothing of drift."""
    place = root / "declared"
    place.mkdir(parents=True)
    odcs(place, "{name: km, logicalType: number}", id_="own")
    return place


@pytest.mark.parametrize("terms", EXCUSES[:3])
def test_it_does_not_excuse_drift_from_a_trusted_contract(tmp_path: Path, terms: str) -> None:
    root = moved(tmp_path / "root")
    odcs(root, "{name: km, logicalType: number}", quality=quality(terms))
    result = judged(drift, root, contracts=str(declared(tmp_path)))
    assert result.severity is Severity.ERROR
    assert any(finding.column == "km" for finding in result.findings)


def test_its_key_does_not_take_a_feature_out(tmp_path: Path) -> None:
    root = moved(tmp_path / "root")
    odcs(root, "{name: km, logicalType: number, primaryKey: true}")
    assert judged(drift, root, contracts=str(declared(tmp_path))).severity is Severity.ERROR


def test_it_may_tighten(tmp_path: Path) -> None:
    from datetime import timedelta

    root = tmp_path / "root"
    put(root, table(400), built_at=BUILT - timedelta(hours=2))
    put(root, table(400, km=[float(i % 10) * (1.2 if i % 3 else 1) for i in range(400)]))
    own = str(declared(tmp_path))
    before = judged(drift, root, contracts=own, drift={"psi_warning": 9.0, "psi_error": 9.0, "ks": 1.0})
    assert before.status == "pass"
    odcs(
        root, "{name: km, logicalType: number}", quality=quality("drift: {psiWarning: 0.05, psiError: 0.06, ks: 0.05}")
    )
    after = judged(drift, root, contracts=own, drift={"psi_warning": 9.0, "psi_error": 9.0, "ks": 1.0})
    assert after.status == "fail"


def test_features_are_counted_by_upstreams_rule_under_upstreams_contract_only(tmp_path: Path) -> None:
    put(tmp_path, table(), feature_count=1)
    odcs(tmp_path, "{name: km, logicalType: number}")
    assert judged(feature_count, tmp_path).status == "pass"


@pytest.mark.parametrize("latency_first", [True, False])
def test_a_promise_that_cannot_be_judged_hides_no_other(tmp_path: Path, latency_first: bool) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table(), tmp_path / "trips.parquet")  # nothing says when it was built
    levels = [
        "{property: latency, value: 1, unit: h, element: trips.at}",
        "{property: freshness, value: 1, unit: h, element: trips.at}",
    ]
    if not latency_first:
        levels.reverse()
    odcs(tmp_path, "{name: at, logicalType: timestamp}", levels="\n".join(levels))
    result = judged(service_levels, tmp_path)
    assert result.status == "fail"
    assert result.findings[0].message.startswith("freshness: the newest at is")


def test_a_trusted_contract_that_says_nothing_of_columns_leaves_them_to_the_default_rates(tmp_path: Path) -> None:
    """Only a contract that speaks of a table may leave a column out on purpose."""
    root = tmp_path / "root"
    put(root, table(100, km=[None] * 30 + [1.0] * 70))
    place = tmp_path / "declared"
    place.mkdir()
    (place / "own.odcs.yaml").write_text(
        "kind: DataContract\napiVersion: v3.1.0\nid: own\nversion: 1.0.0\nstatus: active\nschema:\n  - name: trips\n",
        encoding="utf-8",
    )
    result = judged(null_rates, root, contracts=str(place))
    assert [(f.column, f.severity) for f in result.findings] == [("km", Severity.ERROR)]


def test_a_contract_may_call_a_dataset_by_its_file() -> None:
    path = Path("/data/trips_20260426_120000.parquet")
    assert names_of(dataset(dataset_name="trips", data_path=path)) == ("trips", path.name, path.stem)
    assert names_of(dataset(dataset_name=None, data_path=path)) == (path.name, path.stem)
    assert names_of(dataset(dataset_name="trips", data_path=None)) == ("trips",)


@pytest.mark.parametrize(
    ("version", "status", "first", "second", "in_force"),
    [
        ("2.0.0", "active", "", "", ["2.0.0"]),
        ("1.10.0", "active", "", "", ["1.10.0"]),
        ("1.2.0", "active", "", "", ["1.2.0", "1.2.0"]),
        ("2.0.0", "draft", "", "", ["1.2.0"]),
        ("2.0.0", "active", "v1", "v2", ["2.0.0"]),
        ("2.0.0", "active", "dev", "prod", ["1.2.0", "2.0.0"]),
        ("next", "active", "", "", ["1.2.0", "next"]),
    ],
)
def test_of_several_versions_of_one_contract_the_newest_is_in_force(
    version: str, status: str, first: str, second: str, in_force: list[str], tmp_path: Path
) -> None:
    put(tmp_path, table())
    odcs(tmp_path / first, "{name: km, logicalType: number}", version="1.2.0", name="one")
    path = odcs(tmp_path / second, "{name: km, logicalType: number}", version=version, name="two")
    path.write_text(path.read_text().replace("status: active", f"status: {status}"))
    platform = platform_at(tmp_path)
    (dataset,) = platform.of_kind("dataset")
    files = platform.view(Contracts).files_of(dataset)
    assert sorted(file.contract.version for file in files) == in_force
    said = {finding.message for ref, one in platform.artifacts if ref.kind == "data_contract" for finding in of(one)}
    assert any("is not in force: version" in message for message in said) == (len(in_force) == 1)


def of(file: object) -> list[Finding]:
    return list(run_check(bound, file).findings)
