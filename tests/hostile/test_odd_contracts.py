"""Contract files as people leave them beside their data: each is refused by name, or in force; none passes silently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.data_contracts.adapters.odcs_file import declared_files
from pytest_mlmonitor.kinds import built_in
from tests.unit.support import platform_at

GOOD = """\
kind: DataContract
apiVersion: v3.2.0
id: t
version: 1.0.0
schema:
  - name: t
    properties:
      - {name: x, logicalType: integer, logicalTypeOptions: {minimum: 0}}
"""
NEGATIVE = "x is below 0 in 1 of 2 rows: expected at least 0; first row 2: -1"


def found(directory: Path) -> list[str]:
    """Return the message of every finding of every artifact; a check that could not run fails the test."""
    platform = platform_at(directory)
    results = [
        run_check(check, artifact, platform.settings, ref)
        for ref, artifact in platform.artifacts
        for check in built_in()
        if check.kind == ref.kind
        and (check.reads_broken or artifact.legible)
        and check.concerns(artifact, context_of(artifact))
    ]
    assert [r for r in results if r.status == "error"] == []
    return [finding.message for r in results for finding in r.findings]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    pq.write_table(pa.table({"x": [1, -1]}), tmp_path / "t.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (GOOD, NEGATIVE),
        (GOOD.replace("\n", "\r\n"), NEGATIVE),
        ("\ufeff" + GOOD, NEGATIVE),
        (GOOD + "id: u\n", "has the key 'id' twice, the first time in line 3: keep one of the two"),
        (
            GOOD.replace("id: t", "id: !!str t"),
            "has the tag 'tag:yaml.org,2002:str': leave it out; text stands in quotes",
        ),
        ("kind: [\n", "is not YAML: while parsing a flow node"),
        ("", "is empty; expected a YAML mapping"),
        (GOOD.replace("v3.2.0", "v9.0.0"), "apiVersion is 'v9.0.0': expected v3.0.0"),
        ("#" + "x" * 4_300_000 + "\n" + GOOD, "is larger than 4,194,304 bytes"),
        (
            GOOD.replace("name: t\n", "name: other\n"),
            "no dataset is called 'other'; under the root lies t.parquet that nothing judged",
        ),
        (GOOD.replace("name: x", "name: gone"), "column 'gone' is missing; unexpected: 'x'"),
    ],
    ids=["good", "CRLF", "BOM", "twice", "tag", "broken", "empty", "version", "large", "of nothing", "absent column"],
)
def test_a_contract_beside_data_is_in_force_or_named(data: Path, written: str, message: str) -> None:
    (data / "t.odcs.yaml").write_bytes(written.encode())
    assert any(m.startswith(message) for m in found(data)), found(data)


def test_a_link_out_of_the_root_is_not_followed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "t.odcs.yaml"
    outside.write_text(GOOD)
    (data / "t.odcs.yaml").symlink_to(outside)
    assert found(data) == ["t.odcs.yaml is a link, which is not followed: put the file itself there"]


def test_contracts_that_contradict_each_other_are_both_in_force(data: Path) -> None:
    (data / "a.odcs.yaml").write_text(GOOD)
    (data / "b.odcs.yaml").write_text(GOOD.replace("minimum: 0", "maximum: 0"))
    messages = found(data)
    assert NEGATIVE in messages
    assert "x is above 0 in 1 of 2 rows: expected at most 0; first row 1: 1" in messages


def test_rules_on_columns_that_the_contract_lacks_are_refused(data: Path) -> None:
    rule = "{type: custom, engine: mlmonitor, implementation: {%s}}"
    rules = [
        "{metric: nullValues, mustBe: 0}",
        "{metric: duplicateValues, arguments: {properties: [x, nope]}, mustBe: 0}",
        rule % "drift: {reference: t.parquet, columns: [nope]}",
        rule % "grid: {column: nope, minutes: 5}",
    ]
    (data / "t.odcs.yaml").write_text(GOOD + f"    quality: [{', '.join(rules)}]\n")
    messages = found(data)
    assert len([m for m in messages if "expected" in m and "schema.t.quality" in m]) == 4
    assert NEGATIVE in messages  # and they hide no other rule


DRIFT = "    quality:\n      - {type: custom, engine: mlmonitor, implementation: {drift: {reference: ref.parquet}}}\n"


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        (lambda path: pq.write_table(pa.table({"x": pa.array([], pa.int64())}), path), "no values in the reference"),
        (lambda path: pq.write_table(pa.table({"x": ["a"] * 50}), path), "text (string) in the reference, not numbers"),
        (lambda path: pq.write_table(pa.table({"y": [1] * 50}), path), "no such column in the reference"),
        (lambda path: path.write_bytes(b"PAR1"), "cannot be read as parquet"),
        (lambda path: None, "names a file that does not exist"),
    ],
    ids=["no rows", "other type", "other columns", "broken", "absent"],
)
def test_a_useless_reference_is_not_checked_and_says_why(
    tmp_path: Path, reference: Callable[[Path], object], why: str
) -> None:
    pq.write_table(pa.table({"x": list(range(50))}), tmp_path / "t.parquet")
    (tmp_path / "t.odcs.yaml").write_text(GOOD + DRIFT)
    reference(tmp_path / "ref.parquet")
    platform = platform_at(tmp_path)
    (dataset,) = [d for d in platform.of_kind("dataset") if d.dataset_name == "t"]
    (drift,) = [c for c in built_in() if c.kind == "dataset" and c.name == "drift"]
    result = run_check(drift, dataset, platform.settings)
    assert result.status == "not_checked" and why in str(result.reason)


def test_a_declared_contract_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="does not exist"):
        declared_files((tmp_path / "nowhere.yaml",))
    with pytest.raises(PolicyError, match=r"holds no \*\.odcs\.yaml"):
        declared_files((tmp_path,))
