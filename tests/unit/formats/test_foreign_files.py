"""Files of other tools that are not read are called by what they are."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from pytest_mlmonitor.formats.foreign_files import (
    DATA_CONTRACT_SPECIFICATION,
    DBT,
    EVIDENTLY,
    GREAT_EXPECTATIONS,
    MODEL,
    OTHER_TABLE,
    PICKLE,
    TFRECORD,
    WHYLOGS,
    ForeignFiles,
    ForeignFormat,
)

EVIDENTLY_NEW = {
    "metrics": [{"id": "c0", "metric_id": "DriftedColumnsCount(drift_share=0.5)", "value": {"count": 1.0}}],
    "tests": [],
}
EVIDENTLY_OLD = {"metrics": [{"metric": "DatasetDriftMetric", "result": {"dataset_drift": True}}]}
EXPECTATIONS = {"expectation_suite_name": "orders", "expectations": [{"expectation_type": "expect_column_to_exist"}]}


@pytest.mark.parametrize(
    ("name", "content", "known"),
    [
        ("model.pkl", b"\x80\x04K\x01.", PICKLE),
        ("models/pipe.joblib", b"", PICKLE),
        ("model.onnx", b"", MODEL),
        ("weights.safetensors", b"", MODEL),
        ("saved_model.pb", b"", MODEL),
        ("train.tfrecord", b"", TFRECORD),
        ("data_tfrecord-00000-of-00002.gz", b"", TFRECORD),
        ("train.tfrecords-00000-of-00002", b"", TFRECORD),
        ("profile_2026-11-27.bin", b"WHY1\x02\x00", WHYLOGS),
        ("weights.bin", b"\x00\x01", None),
        ("report.html", b"<html><script>var evidently_data = 1</script>", EVIDENTLY),
        ("index.html", b"<html><title>Data documentation compiled by Great Expectations</title>", GREAT_EXPECTATIONS),
        ("page.html", b"<html></html>", None),
        ("drift_report.json", json.dumps(EVIDENTLY_NEW).encode(), EVIDENTLY),
        ("drift.json", json.dumps(EVIDENTLY_OLD).encode(), EVIDENTLY),
        ("orders.json", json.dumps(EXPECTATIONS).encode(), GREAT_EXPECTATIONS),
        ("target/run_results.json", b"{}", DBT),
        ("artifacts/run_results.json", b'{"metadata": {"dbt_schema_version": "https://x/v6.json"}}', DBT),
        ("run_results.json", b"{}", None),
        ("orders.yaml", b"# ours\ndataContractSpecification: 1.1.0\nid: orders\n", DATA_CONTRACT_SPECIFICATION),
        ("params.yaml", b"note: |\n  dataContractSpecification: no\n", None),
        ("orders.csv", b"a,b\n", OTHER_TABLE),
        ("orders.parquet", b"PAR1", None),
        ("notes.txt", b"evidently", None),
    ],
)
def test_what_a_file_is(name: str, content: bytes, known: ForeignFormat | None, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert ForeignFiles().format_of(path) is known


def test_no_pickle_is_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "sprung",)  # type: ignore[return-value]

    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Trap()))
    assert list(ForeignFiles().counted([path])) == ["1 pickle"]
    assert not (tmp_path / "sprung").exists()


def test_links_and_what_is_not_there_are_no_format(tmp_path: Path) -> None:
    (tmp_path / "report.html").symlink_to(tmp_path / "gone")
    assert ForeignFiles().format_of(tmp_path / "report.html") is None


def test_only_so_many_files_are_looked_into(tmp_path: Path) -> None:
    for i in range(4):
        (tmp_path / f"{i}.bin").write_bytes(b"WHY1")
    paths = sorted(tmp_path.iterdir())
    assert list(ForeignFiles(glances=3).counted(paths)) == ["3 whylogs profiles"]


def test_they_are_counted_by_what_they_are() -> None:
    names = ["a.pkl", "b.onnx", "c.pkl", "d.txt", "e.csv"]
    assert list(ForeignFiles().counted(map(Path, names))) == ["2 pickles", "1 model file", "1 table that is no parquet"]
