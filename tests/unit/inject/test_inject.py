"""A drifted copy drifts in the one way that was asked for, and in no other."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from pytest_mlmonitor.commands.inject import inject_drift as command
from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject import KINDS, DriftKind, Injection, drifted, inject_drift
from pytest_mlmonitor.kinds import built_in
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from tests.unit.support import (
    DATASET,
    NOW,
    PARQUET,
    READER,
    SAMPLE,
    change_json,
    copy_of_sample,
    load_json,
    platform_at,
    platform_of,
)

SOURCE = SAMPLE / PARQUET
LATER = "training_dataset_20260426_131500.parquet"
TARGET = "target_empty_next_hour"


def inject(tmp_path: Path, kind: DriftKind, **options: Any) -> tuple[Injection, pa.Table, pa.Table]:
    """Return what was done, the table before and the table after."""
    source = options.pop("source", SOURCE)
    target = tmp_path / LATER
    done = inject_drift(source, target, kind, force=True, **options)
    return done, read(source), read(target)


def read(path: Path) -> pa.Table:
    return pq.ParquetFile(path, page_checksum_verification=True).read()


def changed(before: pa.Table, after: pa.Table) -> set[str]:
    return {name for name in before.column_names if not before.column(name).equals(after.column(name))}


def small(path: Path, **columns: Any) -> Path:
    columns = columns or {"x": [1.0, 2.0, 3.0, 4.0], "y": [0, 1, 0, 1]}
    pq.write_table(pa.table(columns), path)
    return path


def red(dataset: Dataset) -> set[str]:
    """Return the names of the checks that find an error, but for those that look for drift."""
    context = context_of(dataset)
    checks = [c for c in built_in() if c.kind == "dataset" and c.concerns(dataset, context) and c.category != "drift"]
    results = [run_check(c, dataset, context) for c in checks]
    assert [r for r in results if r.status == "error"] == []
    return {r.check for r in results if any(f.severity >= Severity.ERROR for f in r.findings)}


@pytest.fixture(scope="session")
def sample() -> Dataset:
    return next(d for ref, d in platform_at(SAMPLE / "p2").artifacts if ref.kind == "dataset")


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_the_same_for_a_seed_and_another_for_another(kind: DriftKind, tmp_path: Path) -> None:
    copies = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        done = inject_drift(SOURCE, tmp_path / name / LATER, kind, seed=seed)
        copies.append((tmp_path / name / LATER).read_bytes())
        assert done.rows == pq.ParquetFile(tmp_path / name / LATER).metadata.num_rows
        assert (done.kind, done.intensity) == (kind, 0.3)
        assert done.columns
        assert done.what
    assert copies[0] == copies[1]
    assert (copies[0] == copies[2]) == (kind == "covariate")  # a shift has nothing random


@pytest.mark.parametrize(
    ("kind", "noticed"),
    [
        ("covariate", set()),  # what the contract allows: only a drift check can see these three
        ("label", set()),
        ("concept", set()),
        ("missing_values", {"rows"}),
        ("schema", {"schema", "schema_version"}),
        ("categorical", set()),
        ("temporal", {"rows", "point_in_time"}),
    ],
)
def test_nothing_but_the_drift_is_wrong(kind: DriftKind, noticed: set[str], sample: Dataset, tmp_path: Path) -> None:
    made = drifted(sample, tmp_path / "pair", kind, reader=READER)
    found = red(made)
    assert found >= noticed
    assert found == set() or kind not in ("covariate", "label", "concept")


@pytest.mark.parametrize("kind", KINDS)
def test_rows_stay_unless_a_gap_is_the_drift(kind: DriftKind, tmp_path: Path) -> None:
    done, before, after = inject(tmp_path, kind)
    if kind == "temporal":
        assert 0 < after.num_rows < before.num_rows
    else:
        assert after.num_rows == before.num_rows
        assert kind == "schema" or changed(before, after) == set(done.columns)


def test_covariate_moves_by_deviations_within_the_bounds(tmp_path: Path) -> None:
    done, before, after = inject(tmp_path, "covariate", intensity=0.5)
    moved = pc.subtract(after.column("ft_bikes_available"), before.column("ft_bikes_available")).to_numpy()
    assert moved == pytest.approx(np.std(before.column("ft_bikes_available").to_numpy()))
    assert pc.max(after.column("ft_availability_ratio")).as_py() == 1.0
    assert after.column("ft_bikes_available_lag_24h").null_count == before["ft_bikes_available_lag_24h"].null_count
    assert not {"ft_is_weekend", "ft_hour_of_day", TARGET, "station_id", "obs_ts"} & set(done.columns)


def test_covariate_keeps_integers_and_the_bounds_of_a_contract(tmp_path: Path) -> None:
    numbers = pa.array([1, None, 3, 200], pa.uint8())
    source = small(tmp_path / "s.parquet", n=numbers, x=[0.0, 4.0, float("nan"), 9.0], share=[0.0, 0.5, 1.0, 0.9])
    contract = TableContract("c", (Column("x", minimum=0, below=10),))
    _, _, after = inject(
        tmp_path, "covariate", source=source, intensity=1, columns=["n", "x", "share"], contract=contract
    )
    assert after.schema.field("n").type == pa.uint8()
    assert after.column("n").to_pylist() == [188, None, 190, 255]  # 2 × 93.3 more
    values = after.column("x").to_pylist()
    assert 9 < values[3] < 10
    assert np.isnan(values[2])
    assert max(after.column("share").to_pylist()) == 1.0  # a share stays one, also without a contract


def test_label_flips_negatives(tmp_path: Path) -> None:
    done, before, after = inject(tmp_path, "label", intensity=0.25)
    old, new = before.column(TARGET).to_numpy(), after.column(TARGET).to_numpy()
    assert done.columns == (TARGET,)
    assert (new[old == 1] == 1).all()
    assert new[old == 0].mean() == pytest.approx(0.25, abs=0.001)
    assert after.schema.field(TARGET).type == pa.int32()
    assert float(after.schema.metadata[b"positive_rate"]) == pytest.approx(new.mean(), abs=0.00005)


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        (["a", "a", "a", "b"], ["a", "b", "b"]),
        ([True, False, False, False], [True, True, False, False]),
        ([0.5 * i for i in range(40)], None),
    ],
)
def test_label_of_other_types(labels: list[Any], wanted: list[Any] | None, tmp_path: Path) -> None:
    source = small(tmp_path / "s.parquet", x=list(range(len(labels))), y=labels)
    _, _, after = inject(tmp_path, "label", source=source, label="y")
    new = after.column("y").to_pylist()
    if wanted is None:
        assert np.subtract(new, labels) == pytest.approx(0.6 * np.std(labels))
    else:
        assert sorted(new, key=str) != sorted(labels, key=str)
        assert set(new) == set(labels)


def test_concept_keeps_every_distribution_and_turns_the_relation(tmp_path: Path) -> None:
    done, before, after = inject(tmp_path, "concept")
    assert done.columns == (TARGET,)
    assert sorted(before.column(TARGET).to_pylist()) == sorted(after.column(TARGET).to_pylist())
    assert after.schema.metadata[b"positive_rate"] == before.schema.metadata[b"positive_rate"]
    feature = done.what.split(" against ")[1].split(" ")[0]
    x = before.column(feature).to_pandas()
    shift = x.corr(before.column(TARGET).to_pandas()) - x.corr(after.column(TARGET).to_pandas())
    assert abs(shift) >= 0.1


def test_concept_follows_the_feature_that_is_named_and_takes_any_label(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=500)
    y = ["high" if v > 1 else "low" for v in x]
    source = small(tmp_path / "s.parquet", z=rng.normal(size=500), x=x, y=y)
    done, _, after = inject(tmp_path, "concept", source=source, label="y", columns=["x"], intensity=1)
    assert "turned against x" in done.what
    high = np.array(after.column("y").to_pylist()) == "high"
    assert x[high].max() < x[~high].min()  # turned round altogether
    assert high.sum() == y.count("high")


def test_missing_values_blank_a_share_of_what_is_there(tmp_path: Path) -> None:
    source = small(tmp_path / "s.parquet", x=[1.0, None, 3.0, 4.0, 5.0], s=["a", "b", "c", "d", None])
    _, _, after = inject(tmp_path, "missing_values", source=source, intensity=0.5)
    assert (after.column("x").null_count, after.column("s").null_count) == (3, 3)
    schema = pa.schema([pa.field("x", pa.int64(), nullable=False)])
    pq.write_table(pa.table({"x": [1, 2]}, schema), source)
    _, _, after = inject(tmp_path, "missing_values", source=source)
    assert after.column("x").null_count == 1


def test_schema_renames_one_column_and_retypes_another(tmp_path: Path) -> None:
    done, before, after = inject(tmp_path, "schema", columns=["ft_capacity", "ft_bikes_available"])
    assert done.columns == ("ft_capacity", "ft_bikes_available")
    assert after.column_names.index("ft_capacity_v2") == before.column_names.index("ft_capacity")
    assert after.schema.field("ft_bikes_available").type == pa.string()
    assert "string" in inject(tmp_path, "schema")[0].what


def test_categorical_brings_values_never_seen(tmp_path: Path) -> None:
    done, before, after = inject(tmp_path, "categorical")
    assert done.columns == ("ft_hour_of_day", "ft_day_of_week", "ft_is_weekend")
    new = {n: set(after.column(n).to_pylist()) - set(before.column(n).to_pylist()) for n in done.columns}
    assert new["ft_is_weekend"] == {0}
    assert len(new["ft_day_of_week"]) == 1  # one that the contract allows
    assert new["ft_day_of_week"] <= set(range(7))
    _, _, after = inject(tmp_path, "categorical", columns=["station_id"])
    names = set(after.column("station_id").to_pylist())
    assert any(name.startswith("drift_") for name in names)
    assert after.schema.metadata[b"station_count"] == str(len(names)).encode()


def test_categorical_takes_dictionaries_and_flags(tmp_path: Path) -> None:
    words = pa.array(["a", "b", None, "a"]).dictionary_encode()
    source = small(tmp_path / "s.parquet", word=words, flag=[True] * 4, code=[7, 7, 8, 7])
    _, before, after = inject(tmp_path, "categorical", source=source, intensity=1)
    assert after.schema.equals(before.schema)
    assert after.column("word").to_pylist() == ["drift_a", "drift_b", None, "drift_a"]
    assert (after.column("flag").to_pylist(), after.column("code").to_pylist()) == ([False] * 4, [9] * 4)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_categorical_takes_text_of_any_length(tmp_path: Path, kind: pa.DataType) -> None:
    source = small(tmp_path / "s.parquet", word=pa.array(["a", "b", None, "a"], kind))
    _, before, after = inject(tmp_path, "categorical", source=source, intensity=1)
    assert after.schema.equals(before.schema)
    assert after.column("word").to_pylist() == ["drift_a", "drift_b", None, "drift_a"]


def test_temporal_moves_the_event_time_and_leaves_a_gap(tmp_path: Path) -> None:
    done, before, after = inject(tmp_path, "temporal")
    assert done.columns == ("obs_ts",)
    old, new = (sorted(set(t.column("obs_ts").to_pylist())) for t in (before, after))
    assert new[0] - old[0] == new[-1] - old[-1] >= 0.3 * (old[-1] - old[0])
    assert max(b - a for a, b in pairwise(new)) >= 0.14 * (old[-1] - old[0])
    metadata = after.schema.metadata
    assert metadata[b"row_count"] == str(after.num_rows).encode()
    assert (metadata[b"obs_ts_min"], metadata[b"obs_ts_max"]) == (str(new[0]).encode(), str(new[-1]).encode())


def test_build_metadata_are_kept_and_the_stamp_is_that_of_the_name(tmp_path: Path) -> None:
    _, before, after = inject(tmp_path, "covariate")
    was, is_now = before.schema.metadata, after.schema.metadata
    assert is_now.pop(b"build_timestamp") == b"20260426_131500"
    assert was.pop(b"build_timestamp") == DATASET.removeprefix("training_dataset_").encode()
    assert was == is_now
    for name in ("copy.parquet", "training_dataset_20261399_000000.parquet"):
        inject_drift(SOURCE, tmp_path / name, "covariate")
        assert read(tmp_path / name).schema.metadata[b"build_timestamp"] == b"20260426_130148"


@pytest.mark.parametrize("kind", KINDS)
def test_row_groups_are_changed_one_by_one(kind: DriftKind, tmp_path: Path) -> None:
    source = tmp_path / SOURCE.name
    pq.write_table(read(SOURCE), source, row_group_size=100)
    done, _, after = inject(tmp_path, kind, source=source)
    file = pq.ParquetFile(tmp_path / LATER)
    assert file.metadata.num_row_groups == 11
    if kind in ("label", "temporal"):
        mean = pc.mean(after.column(TARGET)).as_py()
        assert float(after.schema.metadata[b"positive_rate"]) == pytest.approx(mean, abs=0.00005)
    assert done.rows == after.num_rows


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("covariance", {}, "kind 'covariance' is unknown"),
        ("covariate", {"intensity": 0}, "intensity is 0"),
        ("covariate", {"intensity": 1.01}, "intensity is 1.01"),
        ("covariate", {"intensity": float("nan")}, "intensity is nan"),
        ("covariate", {"seed": -1}, "seed is -1"),
        ("covariate", {"columns": ["nope"]}, "no column is called 'nope'"),
        ("covariate", {"columns": ["s"]}, "column 's' is string: expected a number"),
        ("covariate", {"columns": ["one"]}, "every value is the same"),
        ("label", {}, "which column is the label is not known"),
        ("label", {"label": "nope"}, "no column is called 'nope'"),
        ("label", {"label": "y", "columns": ["x"]}, "a label drift changes the label y"),
        ("label", {"label": "one"}, "every label is 1 already"),
        ("concept", {"label": "one"}, "follows no feature"),
        ("temporal", {}, "which column is the event_ts is not known"),
        ("temporal", {"event_ts": "x"}, "column 'x' is double: expected a timestamp"),
        ("schema", {"columns": ["x", "s"]}, "column 's' is string: expected a number"),
        ("categorical", {"columns": ["x"]}, "column 'x' is double: expected a category"),
    ],
)
def test_what_cannot_drift_is_refused(kind: Any, options: dict[str, Any], says: str, tmp_path: Path) -> None:
    source = small(tmp_path / "s.parquet", x=[1.0, 2.0, 3.0], y=[0, 1, 0], s=["a", "b", "c"], one=[1, 1, 1])
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        inject_drift(source, tmp_path / "out.parquet", kind, **options)
    assert says in str(caught.value)
    assert not list(tmp_path.glob("*out.parquet*"))


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("hello")
    (tmp_path / "empty.parquet").touch()
    (tmp_path / "link.parquet").symlink_to(SOURCE)
    (tmp_path / "directory.parquet").mkdir()
    small(tmp_path / "no_rows.parquet", x=pa.array([], pa.float64()))
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]), tmp_path / "twice.parquet")
    small(tmp_path / "words.parquet", s=["a", "b"])
    for name in ("text", "empty", "link", "directory", "no_rows", "twice", "words", "absent"):
        with pytest.raises(ValueError, match=rf"{name}\.parquet: "):
            inject_drift(tmp_path / f"{name}.parquet", tmp_path / "out.parquet", "covariate")
    assert not list(tmp_path.glob("*out.parquet*"))


def test_a_damaged_page_leaves_nothing_behind(tmp_path: Path) -> None:
    source = small(tmp_path / "s.parquet", x=np.arange(5000.0))
    pq.write_table(pa.table({"x": np.arange(5000.0)}), source, write_page_checksum=True, compression="none")
    data = bytearray(source.read_bytes())
    data[2000] ^= 0xFF
    source.write_bytes(data)
    with pytest.raises(ValueError, match="cannot be read as parquet"):
        inject_drift(source, tmp_path / "out.parquet", "covariate")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.parquet"]


def test_nothing_is_overwritten_unless_forced_and_the_source_never(tmp_path: Path) -> None:
    source = small(tmp_path / "s.parquet")
    (tmp_path / "out.parquet").write_text("mine")
    with pytest.raises(ValueError, match=r"out\.parquet: exists"):
        inject_drift(source, tmp_path / "out.parquet", "schema", columns=["x"])
    assert (tmp_path / "out.parquet").read_text() == "mine"
    inject_drift(source, tmp_path / "out.parquet", "schema", columns=["x"], force=True)
    assert read(tmp_path / "out.parquet").column_names == ["x_v2", "y"]
    (tmp_path / "dangling.parquet").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="exists"):
        inject_drift(source, tmp_path / "dangling.parquet", "schema", columns=["x"])
    (tmp_path / "directory").mkdir()
    with pytest.raises(ValueError, match="exists"):
        inject_drift(source, tmp_path / "directory", "schema", columns=["x"], force=True)
    with pytest.raises(ValueError, match="is the source"):
        inject_drift(source, tmp_path / "." / "s.parquet", "schema", force=True)
    with pytest.raises(ValueError, match=r"x\.parquet: cannot be written"):
        inject_drift(source, source / "x.parquet", "schema", columns=["x"])
    assert read(source).column_names == ["x", "y"]


def test_a_copy_that_cannot_be_finished_leaves_nothing_and_one_message(tmp_path: Path) -> None:
    """The disk is full after 50 kB, which the kernel says of a limit just as it says it of a disk."""
    source = small(tmp_path / "s.parquet", x=np.random.default_rng(0).random(20_000), y=np.arange(20_000))
    code = (
        "import resource, sys; from pathlib import Path; from pytest_mlmonitor.inject import inject_drift\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try: inject_drift(Path(sys.argv[1]), Path(sys.argv[2]), 'schema', columns=['x'])\n"
        "except ValueError as error: print(error)\n"
    )
    target = tmp_path / "out" / "x.parquet"
    made = subprocess.run(
        [sys.executable, "-c", code, str(source), str(target)], capture_output=True, text=True, check=True
    )
    assert (made.stdout, made.stderr) == (f"{target}: cannot be written (File too large)\n", "")
    assert list(target.parent.iterdir()) == []


def test_a_source_that_breaks_half_way_leaves_nothing_and_one_message(tmp_path: Path) -> None:
    """``filterwarnings = error`` sees what a writer that was given up says of its file."""
    source = tmp_path / "s.parquet"
    table = pa.table({"x": np.random.default_rng(0).random(20_000), "y": np.arange(20_000)})
    pq.write_table(table, source, row_group_size=5000, write_page_checksum=True)
    data = source.read_bytes()
    middle = len(data) // 2
    source.write_bytes(data[:middle] + bytes(50) + data[middle + 50 :])
    target = tmp_path / "out" / "x.parquet"
    with pytest.raises(ValueError, match=r"s\.parquet: cannot be read"):
        inject_drift(source, target, "schema", columns=["x"])
    gc.collect()
    assert list(target.parent.iterdir()) == []


def test_the_umask_of_the_process_holds_for_a_copy(tmp_path: Path) -> None:
    source = small(tmp_path / "s.parquet")
    before = os.umask(0o027)
    try:
        inject_drift(source, tmp_path / "x.parquet", "schema", columns=["x"])
    finally:
        os.umask(before)
    assert (tmp_path / "x.parquet").stat().st_mode & 0o777 == 0o640


def test_a_drifted_dataset_has_the_original_as_its_previous_version(sample: Dataset, tmp_path: Path) -> None:
    made = drifted(sample, tmp_path / "pair", "covariate", reader=READER)
    platform: Any = platform_of(made)
    assert [ref.kind for ref, _ in platform.artifacts] == ["dataset", "dataset"]
    other = next(d for _, d in platform.artifacts if d is not made)
    assert other.dataset_name == sample.dataset_name
    assert read(other.data_path).equals(read(sample.data_path or Path()))
    versions = platform.view(Datasets).family("training_dataset")
    assert versions in ([other, made], [made, other])
    assert other.built_at < made.built_at <= platform.now == platform_of(sample).now
    assert platform.settings is platform_of(sample).settings
    assert platform.view(Superseded).of(other) is made
    assert red(made) == set()


def test_a_dataset_with_embedded_metadata_can_drift_too(tmp_path: Path) -> None:
    root = tmp_path / "artifacts"
    root.mkdir()
    (root / SOURCE.name).write_bytes(SOURCE.read_bytes())
    (dataset,) = (d for _, d in platform_at(root).artifacts)
    made = drifted(dataset, tmp_path / "pair", "label", reader=READER)
    assert made.sidecar is None
    assert (made.violations, red(made)) == ((), set())


def test_a_dataset_of_another_family_can_drift_too(tmp_path: Path) -> None:
    root = tmp_path / "artifacts"
    root.mkdir()
    start = datetime(2026, 4, 26)
    moments = [start + timedelta(minutes=i) for i in range(60)]
    small(root / "rides.parquet", user=["u"] * 60, at=moments, fare=np.arange(60.0), tip=[i % 2 for i in range(60)])
    (root / "dataset_metadata.json").write_text((SAMPLE / "p2" / "dataset_metadata.json").read_text())
    names = {"dataset_name": "rides", "target": "tip", "entity": "user", "event_ts": "at", "path": "rides.parquet"}
    change_json(root / "dataset_metadata.json", row_count=60, feature_count=1, dataset_version="2026-04-26", **names)
    (dataset,) = (d for _, d in platform_at(root).artifacts)
    for kind in ("covariate", "label", "temporal"):
        made = drifted(dataset, tmp_path / kind, kind, reader=READER)
        assert (made.violations, made.target, made.dataset_name) == ((), "tip", "rides")
        assert made.row_count == read(made.data_path or Path()).num_rows
        assert red(made) <= {"point_in_time", "value_ranges"}


def test_a_dataset_that_no_copy_can_follow_is_refused(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path / "artifacts", "p2")
    change_json(root / "p2" / "dataset_metadata.json", "built_at")
    dataset = next(d for ref, d in platform_at(root).artifacts if ref.kind == "dataset")
    with pytest.raises(ValueError, match="built_at is missing"):
        drifted(dataset, tmp_path / "pair", "covariate", reader=READER)
    change_json(root / "p2" / "dataset_metadata.json", built_at=NOW.isoformat(), path="gone.parquet")
    dataset = next(d for ref, d in platform_at(root).artifacts if ref.kind == "dataset" and d.sidecar)
    with pytest.raises(ValueError, match="has no data"):
        drifted(dataset, tmp_path / "pair", "covariate", reader=READER)
    assert load_json(root / "p2" / "dataset_metadata.json")["path"] == "gone.parquet"


def test_the_command(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command("inject-drift")(command)
    out = tmp_path / "new" / LATER

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(a) for a in arguments])

    result = run(SOURCE, "--kind", "covariate", "--columns", "ft_capacity, ft_avg_bikes_60m", "-o", out)
    assert (result.exit_code, result.stderr) == (0, "")
    shown = json.loads(result.stdout)
    assert shown["columns"] == ["ft_capacity", "ft_avg_bikes_60m"]
    assert changed(read(SOURCE), read(out)) == set(shown["columns"])

    for bad in (
        (SOURCE, "--kind", "covariate", "-o", out),
        (SOURCE, "--kind", "covariate", "--columns", "nope", "-o", out, "--force"),
        (tmp_path / "absent.parquet", "--kind", "label", "-o", out, "--force"),
    ):
        result = run(*bad)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert result.stderr.startswith(f"mlmonitor: {out if len(bad) == 5 else bad[0]}: ")
    assert run(SOURCE, "--kind", "label", "-o", out, "--force", "--seed", "3", "--intensity", "1").exit_code == 0

    for usage in (
        (SOURCE, "--kind", "sideways", "-o", out),
        (SOURCE, "--kind", "label", "--intensity", "0", "-o", out),
        (SOURCE, "--kind", "label", "--intensity", "1.5", "-o", out),
        (SOURCE, "--kind", "label", "--seed", "-1", "-o", out),
        (SOURCE, "--kind", "label", "--columns", ",", "-o", out),
        (SOURCE, "--kind", "label"),
    ):
        assert run(*usage).exit_code == 2


def test_the_command_offers_every_kind() -> None:
    from pytest_mlmonitor.commands.inject import _DriftKind

    assert tuple(kind.value for kind in _DriftKind) == KINDS
