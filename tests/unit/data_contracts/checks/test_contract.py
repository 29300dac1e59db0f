"""Data contracts as artifacts: none is unreadable, bound to nothing, or silently unchecked; and what they add."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.versions import version_order
from pytest_mlmonitor.data_contracts.checks.contract import bound, compatible, coverage, readable
from pytest_mlmonitor.datasets.checks.table import rows, schema
from pytest_mlmonitor.links.in_force import Contracts
from tests.unit.datasets.plain import BUILT, all_of, newest, odcs, put, table
from tests.unit.support import DATASET, PARQUET, copy_of_sample, messages, only, platform_at

KM = "{name: km, logicalType: number, logicalTypeOptions: {maximum: 9}}"


def of_contract(
    check: Check, *roots: Path, name: str = "trips", version: str = "1.0.0", **settings: Any
) -> CheckResult:
    """Judge the contract file of that name (and version, where several are called so)."""
    platform = platform_at(*roots, **settings)
    found = [a for ref, a in platform.artifacts if ref.kind == "data_contract" and ref.name == name]
    if len(found) > 1:
        found = [a for a in found if a.contract.version == version]
    (file,) = found
    return run_check(check, file, platform.settings)


def of_dataset(check: Check, *roots: Path, **settings: Any) -> CheckResult:
    platform = platform_at(*roots, **settings)
    return run_check(check, newest(platform), platform.settings)


# Readable.


def test_a_sound_contract_passes(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path, KM)
    for check in (readable, bound, coverage):
        assert (of_contract(check, tmp_path).status, of_contract(check, tmp_path).findings) == ("pass", ())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("apiVersion: v3.1.0", "apiVersion: v9.0.0", "v9.0.0"),
        ("kind: DataContract", "kind: Datacontract", "Datacontract"),
        ("logicalType: number", "logicalType: numbre", "numbre"),
        ("maximum: 9", "maximum: nine", "nine"),
        ("version: 1.0.0\n", "version: 1.0.0\nversion: 2.0.0\n", "twice"),
    ],
)
def test_what_is_wrong_with_a_contract_has_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    put(tmp_path, table())
    path = odcs(tmp_path, KM)
    text = path.read_text().replace(old, new)
    path.write_text(text)
    line = next(i for i, one in enumerate(text.splitlines(), 1) if new.splitlines()[-1] in one)
    finding = only(of_contract(readable, tmp_path))
    assert finding.severity is Severity.ERROR
    assert finding.location == f"{path}:{line}"
    assert words in f"{finding.message} {finding.actual}"


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"a: [", b"just text\n", b"a: !!python/object:x {}\n"])
def test_what_is_no_contract_is_said(tmp_path: Path, data: bytes) -> None:
    put(tmp_path, table())
    odcs(tmp_path, KM).write_bytes(data)
    finding = only(of_contract(readable, tmp_path))
    assert finding.severity is Severity.ERROR and "trips.odcs.yaml" in str(finding.location)


def test_a_broken_contract_stops_no_other_check(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path, KM).write_text("a: [")
    results = {r.check: r for r in all_of(platform_at(tmp_path))}
    assert results["enough_rows"].status == "pass"  # no contract is in force
    assert results["bound"].status == results["coverage"].status == results["compatible"].status == "not_checked"


# Bound.


def test_a_contract_of_no_dataset_is_an_error_that_names_those_there_are(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path, KM, table="travels")
    finding = only(of_contract(bound, tmp_path))
    assert finding.severity is Severity.ERROR
    assert finding.message == "no dataset is called 'travels'; datasets there: trips"
    assert "'travels'" in str(finding.expected)


def test_a_contract_binds_by_dataset_family_or_file(tmp_path: Path) -> None:
    for number, name in enumerate(("trips", "trips_20260426_134037", "trips_20260426_134037.parquet")):
        root = tmp_path / str(number)
        put(root, table())
        odcs(root, KM, table=name)
        assert of_contract(bound, root).status == "pass", name
        assert of_dataset(rows, root).status == "pass", name


def test_a_contract_of_another_root_does_not_bind(tmp_path: Path) -> None:
    put(tmp_path / "a", table(km=[99.0] * 100))
    odcs(tmp_path / "b", KM)
    roots = (tmp_path / "a", tmp_path / "b")
    assert of_contract(bound, *roots).status == "fail"
    result = of_dataset(rows, *roots)
    assert result.status == "not_checked" and "no table contract is bound to trips" in str(result.reason)
    declared = of_dataset(rows, *roots, contracts=str(tmp_path / "b"))
    assert "km is above 9 in 100 of 100 rows" in only(declared).message


# Coverage.


def test_what_is_not_checked_is_listed(tmp_path: Path) -> None:
    put(tmp_path, table())
    quality = "{type: text, description: rides are nice}\n{type: custom, engine: soda, implementation: x}"
    levels = "{property: availability, value: 99, unit: percent}"
    odcs(tmp_path, KM, quality=quality, levels=levels)
    result = of_contract(coverage, tmp_path)
    assert (result.status, {f.severity for f in result.findings}) == ("pass", {Severity.INFO})
    said = messages(result)
    assert all(message.startswith("not checked: ") for message in said)
    for words in ("rides are nice", "'soda'", "'availability'"):
        assert sum(words in message for message in said) == 1


# Compatible with the version before.


def test_without_an_earlier_version_it_is_not_checked(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path, KM)
    odcs(tmp_path, KM, name="other", id_="other", version="0.9.0")
    result = of_contract(compatible, tmp_path)
    assert result.status == "not_checked" and "no earlier version" in str(result.reason)


@pytest.mark.parametrize(
    ("before", "now", "severity"), [("1.0.0", "1.1.0", Severity.ERROR), ("1.9.0", "2.0.0", Severity.WARNING)]
)
def test_a_removed_column_breaks_consumers(tmp_path: Path, before: str, now: str, severity: Severity) -> None:
    put(tmp_path, table())
    odcs(tmp_path / "old", f"{KM}\n{{name: bike, logicalType: string}}", version=before)
    odcs(tmp_path / "new", KM, version=now)
    finding = only(of_contract(compatible, tmp_path, version=now))
    assert finding.severity is severity
    assert "bike" in finding.message and f"since version {before}" in finding.message


def test_the_last_version_before_is_the_one_that_counts(tmp_path: Path) -> None:
    put(tmp_path, table())
    both = f"{KM}\n{{name: bike, logicalType: string}}"
    for version, columns in (("1.9.0", both), ("1.10.0", KM), ("1.11.0", KM)):
        odcs(tmp_path / version, columns, version=version)
    assert of_contract(compatible, tmp_path, version="1.11.0").status == "pass"
    assert of_contract(compatible, tmp_path, version="1.10.0").status == "fail"


VERSIONS = (
    (
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.2",
        "1.0.0-alpha.10",
        "1.0.0-alpha.x",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
    ),
    ("v1.9", "1.10-rc", "v1.10", "1.10.0"),
    ("1.0.9", "1.0.\u00b2"),  # a digit for str.isdigit, none for int
    ("1." + "9" * 18, "1." + "9" * 5_000),
    ("2026-04-07", "2026-04-26", "2026-10-01"),
)


@pytest.mark.parametrize("versions", VERSIONS, ids=lambda versions: versions[0])
def test_versions_have_an_order(versions: tuple[str, ...]) -> None:
    assert all(version_order(one) < version_order(other) for one, other in pairwise(versions))


def test_a_pre_release_comes_before_its_release(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path / "old", f"{KM}\n{{name: bike, logicalType: string}}", version="1.0.0-rc.1")
    odcs(tmp_path / "new", KM, version="1.0.0")
    assert "since version 1.0.0-rc.1" in only(of_contract(compatible, tmp_path, version="1.0.0")).message
    assert of_contract(compatible, tmp_path, version="1.0.0-rc.1").status == "not_checked"


# What lies beside the data adds to what is asked, and takes nothing away.


def test_a_contract_beside_the_data_does_not_excuse_it(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path, "p2")
    data = pq.read_table(root / PARQUET)
    hours = data["ft_hour_of_day"].to_pylist()
    hours[3] = 99
    place = data.schema.get_field_index("ft_hour_of_day")
    broken = data.set_column(place, data.schema.field(place), pa.array(hours, pa.int32()))
    pq.write_table(broken.replace_schema_metadata(data.schema.metadata), root / PARQUET)
    odcs(root, "{name: ft_hour_of_day, logicalType: integer}", table=DATASET)
    assert "ft_hour_of_day" in only(of_dataset(rows, root)).message


def test_a_contract_beside_the_data_adds_to_the_built_in_one(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path, "p2")
    odcs(root, "{name: ft_capacity, logicalType: number, logicalTypeOptions: {maximum: 1}}", table="training_dataset")
    platform = platform_at(root)
    assert [c.name for c in platform.view(Contracts).tables(newest(platform))] == [
        "training_dataset",
        "training_dataset",
    ]
    finding = only(of_dataset(rows, root))
    assert finding.column == "ft_capacity" and "above 1" in finding.message
    extra = of_dataset(schema, root)
    assert {f.severity for f in extra.findings} <= {Severity.WARNING}  # columns that the added contract does not name


def test_two_contracts_beside_the_data_are_both_kept(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path, "{name: km, logicalTypeOptions: {maximum: 8}}", name="a", id_="a")
    odcs(tmp_path, "{name: late, logicalTypeOptions: {maximum: 0}}", name="b", id_="b")
    assert sorted(f.column or "" for f in of_dataset(rows, tmp_path).findings) == ["km", "late"]


# A parquet file that only a contract speaks of.


def test_a_bare_file_that_a_contract_speaks_of_is_a_dataset(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "trips.parquet")
    platform = platform_at(tmp_path)
    assert [ref.kind for ref, _ in platform.artifacts] == []
    assert [path.name for path in platform.unclaimed] == ["trips.parquet"]

    odcs(tmp_path, KM)
    platform = platform_at(tmp_path)
    assert [(ref.kind, ref.name) for ref, _ in platform.artifacts] == [("dataset", "trips"), ("data_contract", "trips")]
    assert platform.unclaimed == []
    results = {r.check: r for r in all_of(platform)}
    assert [r.check for r in results.values() if r.status in ("fail", "error")] == ["schema"]
    assert {f.severity for f in results["schema"].findings} == {Severity.WARNING}  # three columns nobody speaks of


def test_a_bare_file_is_judged_like_any_other(tmp_path: Path) -> None:
    pq.write_table(table(km=[10.0] * 100), tmp_path / "trips.parquet")
    odcs(tmp_path, KM)
    assert "km is above 9 in 100 of 100 rows" in only(of_dataset(rows, tmp_path)).message


def test_a_bare_file_that_is_not_sound_fails(tmp_path: Path) -> None:
    (tmp_path / "trips.parquet").write_bytes(b"PAR1 not at all PAR1")
    odcs(tmp_path, KM)
    results = all_of(platform_at(tmp_path))
    assert any(r.status == "fail" and r.ref.kind == "dataset" for r in results)


def test_a_bare_file_of_another_root_is_not_spoken_of(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    pq.write_table(table(), tmp_path / "a" / "trips.parquet")
    odcs(tmp_path / "b", KM)
    assert [ref.kind for ref, _ in platform_at(tmp_path / "a", tmp_path / "b").artifacts] == ["data_contract"]


def test_builds_of_one_family_share_its_contract(tmp_path: Path) -> None:
    put(tmp_path, table(km=[10.0] * 100), built_at=BUILT - timedelta(days=1))
    put(tmp_path, table(km=[10.0] * 100))
    odcs(tmp_path, KM)
    failed = [r for r in all_of(platform_at(tmp_path)) if r.check == "rows"]
    assert [r.status for r in failed] == ["fail", "fail"]
