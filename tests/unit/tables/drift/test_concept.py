"""What columns say of a target, in two files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.drift import column, concept
from pytest_mlmonitor.tables.drift.concept import compare_concepts
from pytest_mlmonitor.tables.drift.feature_drift import ConceptDrift
from pytest_mlmonitor.tables.drift.verdict import judged_concepts
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests.unit.tables.drift.simulated import breast_cancer, halves

ROWS = 5_000
FEATURES = 30


def write(path: Path, features: np.ndarray, target: Any) -> Path:
    table = {f"f{i}": features[:, i] for i in range(features.shape[1])} | {"y": target}
    pq.write_table(pa.table(table), path)
    return path


def found_in(place: Path, now: tuple[Any, Any], before: tuple[Any, Any]) -> list[ConceptDrift]:
    files = write(place / "now.parquet", *now), write(place / "before.parquet", *before)
    return compare_concepts(*files, "y", [f"f{i}" for i in range(now[0].shape[1])])


def errors(found: list[ConceptDrift]) -> set[str]:
    return {one.drift.feature for one in judged_concepts(found, 0.15) if one.severity is Severity.ERROR}


def population(
    rng: np.random.Generator,
    *,
    mean: float = 0.0,
    spread: float = 1.0,
    base: float = 0.0,
    load: float = 1.0,
    rows: int = ROWS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return features of several laws, and a target that the first of them says: by ``load``, shifted by ``base``."""
    normal = rng.normal(mean, spread, (rows, FEATURES))
    features = np.where(np.arange(FEATURES) % 3 == 1, np.exp(normal), normal)
    features[:, 2::3] = np.round(2 * features[:, 2::3])  # a third of them in steps
    chance = 1 / (1 + np.exp(-(load * normal[:, 0] + base)))
    return features, (rng.random(rows) < chance).astype(np.int32)


def test_a_number_of_another_type_is_the_same_number(tmp_path: Path) -> None:
    """A decimal was compared by its whole steps, an unsigned integer by its distance from the middle of its range."""
    rng = np.random.default_rng(0)
    steps = rng.integers(0, 60, 600)
    target = pa.array((steps + rng.integers(0, 60, 600) > 60).astype(np.int32))
    text = pa.array([str(value / 2) for value in steps])
    features = [text.cast(type_) for type_ in (pa.float64(), pa.decimal128(9, 1), pa.decimal128(30, 4))]
    whole = pa.array([str(value) for value in steps])
    wholes = [whole.cast(type_) for type_ in (pa.int64(), pa.uint64(), pa.decimal128(5, 0))]
    for columns in (features, wholes):
        for before in columns:
            for now in columns:
                for name, feature in (("before", before), ("now", now)):
                    pq.write_table(pa.table({"f0": feature, "y": target}), tmp_path / f"{name}.parquet")
                (found,) = compare_concepts(tmp_path / "now.parquet", tmp_path / "before.parquet", "y", ["f0"])
                assert found.change == 0.0 and abs(found.now) > 0.3, (now.type, before.type)


@pytest.mark.parametrize(
    "shift",
    [{"spread": 0.5}, {"spread": 2.0}, {"mean": 1.0}, {"base": -2.5}],
    ids=["half the spread", "twice the spread", "one deviation up", "few positives"],
)
def test_where_only_features_or_only_shares_of_the_target_move_no_concept_does(tmp_path: Path, shift: Any) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        assert errors(found_in(tmp_path, population(rng, **shift), population(rng))) == set()


def test_a_feature_that_says_less_of_the_target_is_found(tmp_path: Path) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        found = found_in(tmp_path, population(rng, load=0.2), population(rng))
        assert errors(found) == {"f0"}
        assert len(found) == FEATURES


@pytest.mark.parametrize(
    "made", [lambda y: y, lambda y: y.astype(bool), lambda y: 7.5 - 3 * y, lambda y: y + 1], ids=range(4)
)
def test_a_target_of_two_values_is_a_class_however_it_is_written(tmp_path: Path, made: Any) -> None:
    rng = np.random.default_rng(1)
    (features, target), (before, labels) = population(rng, load=0.2), population(rng)
    assert errors(found_in(tmp_path, (features, made(target)), (before, made(labels)))) == {"f0"}


def test_a_continuous_target_is_compared_by_ranks(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    before, now = rng.lognormal(size=(2, ROWS, 3))
    noise = rng.lognormal(size=(2, ROWS))
    assert errors(found_in(tmp_path, (now, now[:, 0] + noise[0]), (before, before[:, 0] + noise[1]))) == set()
    found = found_in(tmp_path, (now, now[:, 1] + noise[0]), (before, before[:, 0] + noise[1]))
    assert errors(found) == {"f0", "f1"}
    assert all(-1 <= one.before <= 1 and -1 <= one.now <= 1 for one in found)


def test_random_halves_of_a_real_table_seldom_raise_a_finding(tmp_path: Path) -> None:
    """The table of 30 skewed features of which 47 of 200 pairs of halves failed."""
    features, target = breast_cancer()
    flagged = 0
    for one, other in halves(len(features), 200):
        flagged += bool(errors(found_in(tmp_path, (features[other], target[other]), (features[one], target[one]))))
    assert flagged <= 10


def test_of_many_rows_some_are_taken_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    now, before = population(rng, load=0.2, rows=20_000), population(rng, rows=20_000)
    whole = {one.feature: one for one in found_in(tmp_path, now, before)}
    monkeypatch.setattr(concept, "AT_MOST", 7_000)
    monkeypatch.setattr(column, "PASS_BYTES", 8 * 7_000 * 4)
    part = {one.feature: one for one in found_in(tmp_path, now, before)}
    assert part.keys() == whole.keys() and part != whole
    step = 3
    taken = found_in(tmp_path, *((side[0][::step], side[1][::step]) for side in (now, before)))
    assert {one.feature: one for one in taken} == part


def test_rows_without_both_values_do_not_count(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    (features, target), before = population(rng), population(rng)
    holes = features.copy()
    holes[::2, 0], holes[1::4, 1] = np.nan, np.inf
    found = {one.feature: one for one in found_in(tmp_path, (holes, target), before)}
    (alone,) = compare_concepts(
        write(tmp_path / "now.parquet", features[1::2, :1], target[1::2]), tmp_path / "before.parquet", "y", ["f0"]
    )
    assert found["f0"] == alone
    gone = pa.array([None] * ROWS, pa.int32())
    assert found_in(tmp_path, (features, gone), before) == []


@pytest.mark.parametrize(
    ("features", "target"),
    [
        (np.zeros((200, 1)), np.arange(200) % 2),  # says nothing of anything
        (np.arange(200.0)[:, None], np.zeros(200)),
        (np.arange(200.0)[:, None], ["a", "b"] * 100),
        (np.arange(20.0)[:, None], np.arange(20) % 2),
        (np.zeros((0, 1)), np.zeros(0)),
    ],
    ids=["constant feature", "constant target", "text", "few rows", "no rows"],
)
def test_what_cannot_be_compared_is_left_out(tmp_path: Path, features: Any, target: Any) -> None:
    assert found_in(tmp_path, (features, target), (features, target)) == []


def test_columns_that_a_side_lacks_are_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    (now, target), (before, labels) = population(rng), population(rng)
    files = write(tmp_path / "n.parquet", now[:, :2], target), write(tmp_path / "b.parquet", before[:, :1], labels)
    assert [one.feature for one in compare_concepts(*files, "y", ["f1", "f0", "zz", "y", "f0"])] == ["f0"]
    assert compare_concepts(*files, "zz", ["f0"]) == []


def test_whose_fault_it_is(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "good.parquet", np.zeros((40, 1)), np.zeros(40)), tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no")
    with pytest.raises(Unreadable, match=r"^cannot be read as parquet"):
        compare_concepts(bad, good, "y", ["f0"])
    with pytest.raises(Unreadable, match=r"^has a reference, bad.parquet, that cannot be read as parquet"):
        compare_concepts(good, bad, "y", ["f0"])


def test_small_tables_are_opened_and_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Concept drift was most of what a small build costs: the target was read apart, and the reference opened twice."""
    from pytest_mlmonitor.tables.source import parquet

    random = np.random.default_rng(1)
    files = []
    for name in ("c", "r"):
        table = pa.table({"y": random.integers(0, 2, 200), **{f"f{i}": random.normal(size=200) for i in range(9)}})
        pq.write_table(table, tmp_path / f"{name}.parquet")
        files.append(tmp_path / f"{name}.parquet")
    opened: list[str] = []
    read: list[object] = []
    real, batches = parquet._parquet_file, parquet.batches
    monkeypatch.setattr(parquet, "_parquet_file", lambda file, *rest: opened.append(str(file)) or real(file, *rest))
    monkeypatch.setattr(parquet, "batches", lambda file, *rest: read.append(rest) or batches(file, *rest))
    assert len(compare_concepts(files[0], files[1], "y", [f"f{i}" for i in range(9)])) == 9
    assert (len(opened), len(read)) == (2, 2)
