"""What documents of a declared source say of a table is true of its changed rows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.columns.missing import nulls_20
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.tables.rows_there import half_lost
from pytest_mlmonitor.kinds import Platform
from tests.unit.inject.mutants.plain import put, verdicts
from tests.unit.support import NOW, READER

SOURCE: dict[str, Any] = {
    "kind": "dataset",
    "path": "{table}/data.parquet",
    "name": "{table}",
    "metadata": ["about.json"],
    "fields": {"row_count": "stats.rows", "digest": "files[0].sha256"},
}


def lake(root: Path, *, records: int = 1, **source: Any) -> tuple[Dataset, Material, dict[str, Any]]:
    """Return the one table of a lake, what mutants of it are made of, and the policy."""
    path = root / "orders/data.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"x": list(range(300))}), path)
    said = {"stats": {"rows": 300}, "files": [{"sha256": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"}]}
    text = json.dumps(said) if records == 1 else json.dumps([said] * records)
    (path.parent / "about.json").write_text(text)
    policy = {"source": {"lake": {**SOURCE, **source}}}
    platform = Platform([root], Settings(**policy), NOW, reader=READER)
    (dataset,) = platform.of_kind("dataset")
    return dataset, Material(platform), policy


def test_counts_and_digests_follow(tmp_path: Path) -> None:
    dataset, material, policy = lake(tmp_path)
    sound = verdicts(tmp_path, **policy)
    (mutant,) = half_lost.mutants(dataset, material)
    changes = mutant.make()
    assert {path.name for path in changes} == {"data.parquet", "about.json"}
    put(changes)
    said = json.loads((tmp_path / "orders/about.json").read_text())
    assert said["stats"]["rows"] == 150
    assert (
        said["files"][0]["sha256"]
        == f"sha256:{hashlib.sha256((tmp_path / 'orders/data.parquet').read_bytes()).hexdigest()}"
    )
    assert verdicts(tmp_path, **policy) == sound


def test_without_a_digest_the_same_rows_need_no_other_document(tmp_path: Path) -> None:
    dataset, material, _ = lake(tmp_path, fields={"row_count": "stats.rows"})
    (mutant,) = nulls_20.mutants(dataset, material)
    assert {path.name for path in mutant.make()} == {"data.parquet"}


def test_a_document_of_several_tables_is_not_guessed_at(tmp_path: Path) -> None:
    dataset, material, _ = lake(tmp_path, records=2, fields={"row_count": "[0].stats.rows"})
    if dataset.row_count is None:
        pytest.skip("such a document says nothing of one table")
    (mutant,) = half_lost.mutants(dataset, material)
    with pytest.raises(NotChecked):
        mutant.make()
